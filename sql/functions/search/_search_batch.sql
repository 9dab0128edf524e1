-- Answer the queries of a batch that one statement can answer: those without a filter,
-- through the HNSW index, or through that of the one namespace that they are in. It is
-- planned once, and Postgres goes from one vector to the next without coming back here.
-- Every query is in the result, by its number; one that was not asked, or under-filled,
-- is not whole and is left to `_search`.
create or replace function pgvectorize_private._search_batch(
    target           pgvectorize_private.indexes,
    vectors          @vector@.vector[],
    top_k            integer,
    predicate        text,
    return_values    boolean,
    return_metadata  text,
    ef_search        integer,
    exact            boolean,
    skip             integer,
    max_distance     double precision,
    recall           double precision,
    filters          jsonb[]
)
returns table (number integer, answer pgvectorize.match[], is_whole boolean)
language plpgsql
stable
parallel unsafe
set search_path = pg_catalog, pg_temp
set hnsw.ef_search = 100
set hnsw.iterative_scan = off
set hnsw.max_scan_tuples = 20000
set hnsw.scan_mem_multiplier = 1
set enable_seqscan = on
as $$
declare
    depth   integer := top_k + skip;
    breadth integer := pgvectorize_private._effective_ef_search(target, ef_search, depth);
    set     text;
begin
    if exact or recall is not null or filters is not null or depth > breadth
        or predicate <> 'true'
            and not (target.has_other_hnsw and (pgvectorize_private._namespace_hnsw_of_predicate(target, predicate)).is_alone)
        or target.is_strict or target.is_counted or pgvectorize_private._hnsw_index(target) is null
        or (
            top_k >= 1 and skip >= 0 and coalesce(ef_search, 1) between 1 and pgvectorize_private._limit('ef_search', false)
        ) is not true
        or exists (
            select from unnest(vectors) as asked (vector)
            where pgvectorize_private._values_problem(target, asked.vector) is not null
        )
    then
        return query select asked.number, null::pgvectorize.match[], false
        from generate_series(1, cardinality(vectors)) as asked (number);
        return;
    end if;

    set := pgvectorize_private._set_search_settings(breadth, 'off', 20000, true);
    return query execute format(
        $sql$
        select asked.number::integer, found.matches[$3 + 1 : $4], found.count >= $4
        from unnest($1) with ordinality as asked (vector, number)
        cross join lateral (%s) as found (matches, count)
        order by asked.number
        $sql$,
        pgvectorize_private._search_sql(
            target, 'asked.vector', predicate, 'off', pgvectorize_private._scan_limit(target, breadth, depth),
            case when return_values then 'nearest.embedding' else 'null' end,
            case return_metadata when 'none' then 'null' else pgvectorize_private._returned_metadata_sql(target, return_metadata) end,
            case when max_distance is not null then 'nearest.distance <= $2' end
        )
    ) using vectors, max_distance, skip, depth;
end;
$$;

comment on function pgvectorize_private._search_batch
    is 'Those queries of a batch that one statement can answer.';
