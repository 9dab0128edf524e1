-- Count the vectors of an index, or estimate the number if it is above 100,000 and a count would
-- take long. The estimate is the planner's: rows per page when the table was last analyzed, times
-- the pages now. Before the first analyze it is rows per page in the first hundred pages. Under
-- row-level security the rows that the caller may see are counted, as an estimate is of all rows.
create or replace function pgvectorize_private._count_or_estimate(
    target            pgvectorize_private.indexes,
    exact             boolean,
    out vector_count  bigint,
    out is_estimate   boolean
)
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    pages   bigint := pg_relation_size(target.relation) / current_setting('block_size')::bigint;
    density double precision;  -- rows per page
begin
    if not exact and pages > 100 and not row_security_active(target.relation) then
        select class.reltuples / class.relpages into density
        from pg_class as class
        where class.oid = target.relation and class.reltuples > 0 and class.relpages > 0;
        if density is null then
            execute format(
                $sql$select count(*) / 100.0 from %s where ctid < '(100,0)'$sql$, target.relation
            ) into density;
        end if;
        vector_count := round(density * pages);
    end if;

    is_estimate := coalesce(vector_count > 100000, false);
    if not is_estimate then
        execute format('select count(*) from %s', target.relation) into vector_count;
    end if;
end;
$$;

comment on function pgvectorize_private._count_or_estimate
    is 'How many vectors an index holds, or about how many.';
