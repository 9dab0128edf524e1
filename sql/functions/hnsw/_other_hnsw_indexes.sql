-- The HNSW indexes that the planner may take for a search besides that of all vectors:
-- those of namespaces, one that waits to be put in its place, one that an adopted table
-- brought along. Only where the catalog says has_other_hnsw is there any, see
-- `_refresh_has_other_hnsw`; to look for them takes as long as a fortieth of a search.
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
    where index.indrelid = target.relation and index.indexrelid is distinct from pgvectorize_private._hnsw_index(target);
    return found;
end;
$$;

comment on function pgvectorize_private._other_hnsw_indexes
    is 'HNSW indexes that a search may use besides that of all vectors.';
