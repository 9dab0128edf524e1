-- Return how much disk space and memory an index of so many vectors will need. Give dimensions
-- or a preset.
--
-- storage, index_precision, m  as for create_index
-- metadata_bytes  average size of a vector's metadata, as JSON
-- id_bytes        average size of an id
-- content_bytes   average size of a vector's content, as text; Postgres compresses what is longer
--                 than 2 kB, so a table needs less
--
-- The answer:
--
-- hnsw_precision  what the HNSW index stores
-- table_bytes     the table, with its indexes on ids and namespaces
-- hnsw_bytes      the HNSW index
-- total_bytes     both; a metadata index adds 25 to 50 bytes for each vector
-- build_memory    the memory in which a build of the HNSW index fits; with less it takes many
--                 times as long
-- shared_memory   the part of /dev/shm that a build with workers uses
-- shared_buffers  the setting that holds the HNSW index and a fifth of the table
--
-- These are the sizes after a load and a build. Updates and deletes leave free space, which
-- later writes use. (In 55 tables with 64 to 3,072 dimensions, each storage and precision and
-- m 8, 16 and 32, the HNSW index was 0 to 4 % larger than this, the total 0 to 6 %.)
create or replace function pgvectorize.size(
    vectors          bigint,
    dimensions       integer default null,
    preset           text default null,
    storage          text default 'float32',
    index_precision  text default null,
    m                integer default 16,
    metadata_bytes   integer default 100,
    id_bytes         integer default 16,
    content_bytes    integer default 0
)
returns table (
    hnsw_precision  text,
    table_bytes     bigint,
    hnsw_bytes      bigint,
    total_bytes     bigint,
    build_memory    bigint,
    shared_memory   bigint,
    shared_buffers  bigint
)
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    megabyte constant bigint := 1024 * 1024;
    chosen   pgvectorize.preset;
begin
    if preset is not null then
        chosen := pgvectorize_private._find_preset(preset);
        if dimensions <> chosen.dimensions then
            perform pgvectorize_private._refuse_request(
                format(
                    'preset "%s" means %s dimensions, but %s were given',
                    preset, chosen.dimensions, dimensions
                ),
                'Give a preset, or dimensions.'
            );
        end if;
        dimensions := chosen.dimensions;
    end if;
    perform pgvectorize_private._check_between(
        'vectors', vectors, 1, 10000000000, 'It is how many the index is to hold.'
    );
    perform pgvectorize_private._check_between(
        'dimensions', dimensions,
        pgvectorize_private._limit('dimensions_least', false),
        pgvectorize_private._limit('dimensions', false),
        'Give dimensions, or a preset.'
    );
    perform pgvectorize_private._check_between(
        'metadata_bytes', metadata_bytes, 0, 1000000, 'It is the average of a vector.'
    );
    perform pgvectorize_private._check_between(
        'id_bytes', id_bytes, 1, pgvectorize_private._limit('id_bytes', false), 'It is the average of an id.'
    );
    perform pgvectorize_private._check_between(
        'content_bytes', content_bytes, 0, pgvectorize_private._limit('content_bytes', false),
        'It is the average of a vector.'
    );
    hnsw_precision := coalesce(index_precision, pgvectorize_private._default_precision(dimensions, storage));
    perform pgvectorize_private._check_hnsw_options(
        dimensions, storage, hnsw_precision, m, pgvectorize_private._default_ef_construction(m)
    );

    table_bytes := pgvectorize_private._table_bytes(
        vectors, dimensions, storage, metadata_bytes, id_bytes, 0, content_bytes
    );
    hnsw_bytes := pgvectorize_private._hnsw_bytes(vectors, dimensions, hnsw_precision, m);
    total_bytes := table_bytes + hnsw_bytes;
    build_memory := greatest(
        pgvectorize_private._build_memory(vectors, dimensions, hnsw_precision, m), 64 * megabyte
    );
    shared_memory := build_memory + 8 * megabyte;
    shared_buffers := pgvectorize_private._shared_buffers_bytes(hnsw_bytes, table_bytes);
    return next;
end;
$$;

comment on function pgvectorize.size
    is 'How much disk space and memory an index needs.';
