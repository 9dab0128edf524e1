-- Store in the catalog how the HNSW index of an index is built, and that it has one. The recalls that were
-- measured with the old one still hold if it was built with the same options.
create or replace function pgvectorize_private._store_hnsw_options(target pgvectorize_private.indexes)
returns void
language sql
volatile
as $$
    update pgvectorize_private.recalls
    set build = case
        when recalls.build <> 'changed'
            and (known.index_precision, known.m, known.ef_construction)
                = (target.index_precision, target.m, target.ef_construction)
            then 'former'
        else 'changed'
    end
    from pgvectorize_private.indexes as known
    where known.id = target.id and recalls.index_id = target.id;
    update pgvectorize_private.indexes
    set index_precision = target.index_precision,
        m = target.m,
        ef_construction = target.ef_construction,
        wants_hnsw = true,
        modified_on = clock_timestamp()
    where indexes.id = target.id;
$$;

comment on function pgvectorize_private._store_hnsw_options
    is 'Store how an HNSW index is built.';
