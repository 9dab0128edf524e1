-- Return the Postgres indexes of an index's table, each with its purpose and its statistics.
--
-- kind     hnsw, namespace (the HNSW index of one), metadata, ids, namespaces, pending (what has no
--          values yet); new for an HNSW index that is not in its place yet; other for one that somebody
--          else created
-- subject  the namespace or the property
-- hits, reads  pages found in the shared buffers, pages read into them
create or replace function pgvectorize_private._postgres_indexes(target pgvectorize_private.indexes)
returns table (
    relation   regclass,
    name       text,
    kind       text,
    subject    text,
    is_valid   boolean,
    bytes      bigint,
    scans      bigint,
    last_scan  timestamptz,
    hits       bigint,
    reads      bigint
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        class.oid::regclass,
        class.relname,
        case
            when class.relname = pgvectorize_private._hnsw_name(target.id) then 'hnsw'
            when pgvectorize_private._is_new_hnsw_name(target.id, class.relname) then 'new'
            when namespaces.namespace is not null then 'namespace'
            when properties.property_name is not null then 'metadata'
            when class.relname = pgvectorize_private._relation_name(target.id, 'namespace_id_idx')
                then 'namespaces'
            when class.relname = pgvectorize_private._relation_name(target.id, 'pending_idx')
                then 'pending'
            when index.indisunique and index.indnkeyatts = 1 and index.indpred is null
                and index.indkey[0] = ids.attnum
                then 'ids'
            else 'other'
        end,
        coalesce(namespaces.namespace, properties.property_name),
        index.indisvalid,
        pg_relation_size(class.oid),
        pg_stat_get_numscans(class.oid),
        pg_stat_get_lastscan(class.oid),
        pg_stat_get_blocks_hit(class.oid),
        pg_stat_get_blocks_fetched(class.oid) - pg_stat_get_blocks_hit(class.oid)
    from pg_index as index
    join pg_class as class on class.oid = index.indexrelid
    left join pg_attribute as ids on ids.attrelid = index.indrelid and ids.attname = 'id'
    left join pgvectorize_private.namespace_indexes as namespaces
        on namespaces.index_id = target.id
        and pgvectorize_private._namespace_hnsw_name(target.id, namespaces.namespace) = class.relname
    left join pgvectorize_private.metadata_indexes as properties
        on properties.index_id = target.id
        and pgvectorize_private._metadata_index_name(
            target.id, properties.property_name, properties.index_type
        ) = class.relname
    where index.indrelid = target.relation
    order by class.relname
$$;

comment on function pgvectorize_private._postgres_indexes
    is 'The Postgres indexes of an index''s table.';
