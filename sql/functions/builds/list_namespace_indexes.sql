-- Return the HNSW indexes of namespaces, ordered by namespace: about how many vectors each holds,
-- as last analyzed, and its size on disk. is_built is false after `drop_hnsw`, until `build`.
create or replace function pgvectorize.list_namespace_indexes(index text)
returns setof pgvectorize.namespace_index
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize_private.indexes := pgvectorize_private._find_index(index);
begin
    return query
    select
        indexes.namespace,
        coalesce(hnsw.indisvalid, false),
        class.reltuples::bigint,
        pg_relation_size(class.oid)
    from pgvectorize_private.namespace_indexes as indexes
    left join pg_index as hnsw on hnsw.indexrelid = to_regclass(
        format('pgvectorize_data.%I', pgvectorize_private._namespace_hnsw_name(target.id, indexes.namespace))
    )
    left join pg_class as class on class.oid = hnsw.indexrelid and hnsw.indisvalid
    where indexes.index_id = target.id
    order by indexes.namespace collate "C";
end;
$$;

comment on function pgvectorize.list_namespace_indexes
    is 'The HNSW indexes of single namespaces.';
