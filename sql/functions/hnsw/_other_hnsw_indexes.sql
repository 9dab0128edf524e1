-- The HNSW indexes that the planner may use for a search besides that of all vectors: those of
-- namespaces, one that is not in its place yet, one that an adopted table already had. There is
-- none unless the catalog says has_other_hnsw, see `_refresh_has_other_hnsw`. To look for them
-- takes a fortieth of the time of a search.
create or replace function pgvectorize_private._other_hnsw_indexes(target pgvectorize_private.indexes)
returns regclass[]
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    found regclass[];
begin
    select array_agg(index.indexrelid::regclass) into found
    from pg_index as index
    join pg_class as class on class.oid = index.indexrelid
    join pg_am as method on method.oid = class.relam and method.amname = 'hnsw'
    where index.indrelid = target.relation
        and index.indexrelid is distinct from pgvectorize_private._hnsw_index(target);
    return found;
end;
$$;

comment on function pgvectorize_private._other_hnsw_indexes
    is 'HNSW indexes that a search may use besides that of all vectors.';
