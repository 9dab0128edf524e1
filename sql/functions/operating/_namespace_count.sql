-- Return how many namespaces an index has, where vectors without one count as one. The
-- estimate comes from the statistics of Postgres and is null if there are none.
create or replace function pgvectorize_private._namespace_count(
    target        pgvectorize_private.indexes,
    vector_count  bigint,
    is_estimate   boolean
)
returns bigint
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    namespaces bigint;
begin
    if is_estimate then
        select case when stats.n_distinct < 0 then -stats.n_distinct * vector_count else stats.n_distinct end
        into namespaces
        from pg_stats as stats
        join pg_class as class on class.oid = target.relation and class.relname = stats.tablename
        where stats.schemaname = 'pgvectorize_data' and stats.attname = 'namespace';
    else
        execute format('select count(distinct stored.namespace) from %s as stored', target.relation)
        into namespaces;
    end if;
    return namespaces;
end;
$$;

comment on function pgvectorize_private._namespace_count
    is 'How many namespaces an index has, or about how many.';
