-- Return what each index stores and how often it was queried, by month, newest first, and what
-- Vectorize would charge for that. The price follows Vectorize's formula, without what its
-- plans include for each account; see prices().
--
-- Queries are counted after `update_index(count_queries => true)`. If they are not, the queried
-- columns are null, and the index has one row, for this month. Stored vectors are counted now,
-- for earlier months too; above 100,000 they are an estimate. Pending vectors, which have no values,
-- do not count.
create or replace function pgvectorize.usage(index text default null)
returns setof pgvectorize.index_usage
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    this_month date := date_trunc('month', now() at time zone 'UTC');
    target     pgvectorize_private.indexes;
begin
    if index is not null then
        perform pgvectorize_private._find_index(index);
    end if;
    for target in
        select indexes.* from pgvectorize_private.indexes
        where index is null or indexes.name = index
        order by indexes.name collate "C"
    loop
        begin
            perform pgvectorize_private._lock_table(target, 'access share');
        exception when sqlstate 'PV001' then
            if index is not null then
                raise;
            end if;
            continue;  -- deleted just now
        end;
        return query
        with months as (
            select counted.month, sum(counted.queries)::bigint as queries
            from pgvectorize_private.queries as counted
            where counted.index_id = target.id
            group by counted.month
            union
            select this_month, case when target.is_counted then 0 end
            where not exists (
                select from pgvectorize_private.queries as counted
                where counted.index_id = target.id and counted.month = this_month
            )
        ),
        amounts as (
            select months.month, months.queries, counted.stored,
                counted.stored * target.dimensions as stored_dimensions,
                months.queries * target.dimensions as queried_dimensions
            from months
            cross join (
                select greatest(found.vector_count - pgvectorize_private._pending_count(target), 0) as stored
                from pgvectorize_private._count_or_estimate(target, exact => false) as found
            ) as counted
        )
        select target.name, amounts.month, target.dimensions, amounts.stored, amounts.stored_dimensions,
            amounts.queries, amounts.queried_dimensions,
            round(
                pgvectorize_private._vectorize_dollars(
                    amounts.stored_dimensions, amounts.queried_dimensions
                ),
                4
            )
        from amounts
        order by amounts.month desc;
    end loop;
end;
$$;

comment on function pgvectorize.usage
    is 'What each index stores and how often it was queried, by month.';
