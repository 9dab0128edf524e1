-- The HNSW indexes that the planner may take for a search besides that of all vectors:
-- those of namespaces, one that waits to be put in its place, one that an adopted table
-- brought along. Only where the catalog says has_other_graphs is there any, see
-- `_note_graphs`; to look for them takes as long as a fortieth of a search.
create or replace function pgvectorize._other_graphs(target pgvectorize.indexes)
returns regclass[]
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    graphs regclass[];
begin
    select array_agg(index.indexrelid::regclass) into graphs
    from pg_index as index
    join pg_class as class on class.oid = index.indexrelid
    join pg_am as method on method.oid = class.relam and method.amname = 'hnsw'
    where index.indrelid = target.relation and index.indexrelid is distinct from pgvectorize._hnsw(target);
    return graphs;
end;
$$;

comment on function pgvectorize._other_graphs(pgvectorize.indexes)
    is 'HNSW indexes that a search may use besides that of all vectors.';
