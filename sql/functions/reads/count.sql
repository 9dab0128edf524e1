-- Count the vectors of an index, of namespaces, or those that match a filter, without those of
-- `exclude_ids`.
create or replace function pgvectorize.count(
    index        text,
    namespace    text default null,
    filter       jsonb default null,
    namespaces   text[] default null,
    exclude_ids  text[] default null
)
returns bigint
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    number bigint;
begin
    execute format(
        'select count(*) from %s as stored where %s',
        target.relation,
        pgvectorize_private._predicate_sql(target, namespace, filter, namespaces, exclude_ids)
    ) into number;
    return number;
end;
$$;

comment on function pgvectorize.count
    is 'How many vectors an index has, or how many match.';
