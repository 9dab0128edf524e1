-- Return the configuration of an index, and whether it has an HNSW index.
create or replace function pgvectorize.get_index(name text)
returns pgvectorize.index_info
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select pgvectorize_private._index_info(pgvectorize_private._find_index(name))
$$;

comment on function pgvectorize.get_index
    is 'Configuration of one index.';
