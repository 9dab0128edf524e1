-- Return what an operator wants to know about an index: its rows, sizes, use and builds. It
-- needs only the right to read.
--
-- vector_count, namespace_count  above 100,000 vectors these are estimates, as is_estimate
--                 says; `exact` counts them with a scan. namespace_count is null until the
--                 table was analyzed
-- table_bytes     the table without its TOAST table, where vectors of more than 2 kB lie
-- other_index_bytes  the indexes on ids and namespaces, and those that somebody else created
-- bytes_per_vector  total_bytes for each vector
-- live_rows, dead_rows, modified_rows  as Postgres counts them; modified since the last analyze
-- last_vacuum, last_analyze  is_autovacuum and is_autoanalyze say whether autovacuum did it
-- table_hit_ratio, hnsw_hit_ratio  the share of the requested pages that was in the shared
--                 buffers; null if none was requested
-- indexes         an object for each Postgres index, see below
-- running_builds  see build_progress; only members of pg_read_all_stats see those of other roles
-- counted_since   when Postgres last reset its counters; null if never
--
-- Each object has relation, kind (hnsw; namespace or metadata, with the `subject`; ids;
-- namespaces; new for an HNSW index that is not swapped in; other), is_valid, bytes, scans and
-- last_scan.
create or replace function pgvectorize.stats(index text, exact boolean default false)
returns table (
    name                  text,
    vector_count          bigint,
    namespace_count       bigint,
    is_estimate           boolean,
    has_hnsw              boolean,
    index_precision       text,
    m                     integer,
    ef_construction       integer,
    ef_search             integer,
    table_bytes           bigint,
    toast_bytes           bigint,
    hnsw_bytes            bigint,
    namespace_hnsw_bytes  bigint,
    metadata_index_bytes  bigint,
    other_index_bytes     bigint,
    total_bytes           bigint,
    bytes_per_vector      bigint,
    live_rows             bigint,
    dead_rows             bigint,
    modified_rows         bigint,
    last_vacuum           timestamptz,
    is_autovacuum         boolean,
    last_analyze          timestamptz,
    is_autoanalyze        boolean,
    table_scans           bigint,
    table_hit_ratio       double precision,
    hnsw_hit_ratio        double precision,
    indexes               jsonb,
    running_builds        integer,
    counted_since         timestamptz
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    target pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    known  pg_stat_all_tables;
begin
    name := target.name;
    has_hnsw := pgvectorize_private._is_valid_index(
        pgvectorize_private._hnsw_name(target.id)
    );
    index_precision := target.index_precision;
    m := target.m;
    ef_construction := target.ef_construction;
    ef_search := target.ef_search;
    select counted.vector_count, counted.is_estimate into vector_count, is_estimate
    from pgvectorize_private._count_or_estimate(target, exact) as counted;
    namespace_count := pgvectorize_private._namespace_count(target, vector_count, is_estimate);

    table_bytes := pg_table_size(target.relation);
    select coalesce(pg_total_relation_size(nullif(class.reltoastrelid, 0)), 0) into toast_bytes
    from pg_class as class where class.oid = target.relation;
    table_bytes := table_bytes - toast_bytes;
    select
        coalesce(sum(each.bytes) filter (where each.kind = 'hnsw'), 0),
        coalesce(sum(each.bytes) filter (where each.kind = 'namespace'), 0),
        coalesce(sum(each.bytes) filter (where each.kind = 'metadata'), 0),
        coalesce(sum(each.bytes) filter (where each.kind not in ('hnsw', 'namespace', 'metadata')), 0),
        sum(each.hits) filter (where each.kind = 'hnsw')
            / nullif(sum(each.hits + each.reads) filter (where each.kind = 'hnsw'), 0)::double precision,
        coalesce(jsonb_agg(jsonb_build_object(
            'relation', each.relation::text, 'kind', each.kind, 'subject', each.subject,
            'is_valid', each.is_valid, 'bytes', each.bytes, 'scans', each.scans,
            'last_scan', to_char(each.last_scan at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')
        )), '[]')
    into hnsw_bytes, namespace_hnsw_bytes, metadata_index_bytes, other_index_bytes, hnsw_hit_ratio, indexes
    from pgvectorize_private._postgres_indexes(target) as each;
    total_bytes := pg_total_relation_size(target.relation);
    bytes_per_vector := total_bytes / nullif(vector_count, 0);

    select tables.* into known from pg_stat_all_tables as tables where tables.relid = target.relation;
    live_rows := known.n_live_tup;
    dead_rows := known.n_dead_tup;
    modified_rows := known.n_mod_since_analyze;
    last_vacuum := greatest(known.last_vacuum, known.last_autovacuum);
    is_autovacuum := last_vacuum = coalesce(known.last_autovacuum, '-infinity');
    last_analyze := greatest(known.last_analyze, known.last_autoanalyze);
    is_autoanalyze := last_analyze = coalesce(known.last_autoanalyze, '-infinity');
    table_scans := known.seq_scan;
    select
        (pages.heap_blks_hit + coalesce(pages.toast_blks_hit, 0))::double precision
            / nullif(pages.heap_blks_hit + pages.heap_blks_read
                + coalesce(pages.toast_blks_hit + pages.toast_blks_read, 0), 0)
    into table_hit_ratio
    from pg_statio_all_tables as pages where pages.relid = target.relation;
    select count(*) into running_builds from pgvectorize.build_progress(index);
    select databases.stats_reset into counted_since
    from pg_stat_database as databases where databases.datname = current_database();
    return next;
end;
$$;

comment on function pgvectorize.stats
    is 'Rows, sizes, use and builds of an index.';
