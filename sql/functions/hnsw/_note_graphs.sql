-- Enter in the catalog whether there are HNSW indexes besides that of all vectors.
create or replace function pgvectorize._note_graphs(target pgvectorize.indexes)
returns void
language sql
volatile
as $$
    update pgvectorize.indexes set has_other_graphs = found.is_there
    from (select pgvectorize._other_graphs(target) is not null) as found (is_there)
    where indexes.id = target.id and indexes.has_other_graphs <> found.is_there
$$;

comment on function pgvectorize._note_graphs(pgvectorize.indexes)
    is 'Enter in the catalog whether there are other HNSW indexes.';
