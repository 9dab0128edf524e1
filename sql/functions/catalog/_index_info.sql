-- Return the configuration of an index as create_index, get_index and list_indexes return it.
create or replace function pgvectorize_private._index_info(target pgvectorize_private.indexes)
returns pgvectorize.index_info
language sql
stable
parallel safe
as $$
    select row(
        target.name, target.dimensions, target.metric, target.preset, target.description,
        target.relation,
        exists (
            select from pg_catalog.pg_index as hnsw
            where hnsw.indexrelid = pgvectorize_private._hnsw_index(target) and hnsw.indisvalid
        ),
        target.is_strict, target.is_counted, target.created_on, target.modified_on,
        target.storage, target.index_precision, target.m, target.ef_construction, target.ef_search,
        target.model
    )::pgvectorize.index_info
$$;

comment on function pgvectorize_private._index_info
    is 'Configuration of an index.';
