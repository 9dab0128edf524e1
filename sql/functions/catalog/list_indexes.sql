-- Return the configuration of every index, ordered by name.
create or replace function pgvectorize.list_indexes()
returns setof pgvectorize.index_info
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select info.*
    from pgvectorize_private.indexes as target
    cross join lateral pgvectorize_private._index_info(target) as info
    order by target.name collate "C"
$$;

comment on function pgvectorize.list_indexes
    is 'Configuration of every index.';
