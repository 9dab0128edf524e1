-- Enter in the catalog how the HNSW index of an index is built, and that it wants one.
create or replace function pgvectorize._enter_hnsw(target pgvectorize.indexes)
returns void
language sql
volatile
as $$
    update pgvectorize.indexes
    set index_precision = target.index_precision,
        m = target.m,
        ef_construction = target.ef_construction,
        wants_hnsw = true,
        modified_on = clock_timestamp()
    where indexes.id = target.id;
    delete from pgvectorize.recalls where recalls.index_id = target.id;
$$;

comment on function pgvectorize._enter_hnsw(pgvectorize.indexes)
    is 'Enter in the catalog how an HNSW index is built.';
