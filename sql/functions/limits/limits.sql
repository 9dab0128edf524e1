-- Return every limit: the value here, the value in strict mode, which is Vectorize's own, and the
-- source. Null means no limit. Every check reads its number from this table.
--
-- Sources: D is Cloudflare's documentation (platform/limits, reference/client-api,
-- reference/metadata-filtering); E an error message of the service; P PostgreSQL or pgvector; O
-- our own choice.
create or replace function pgvectorize.limits()
returns setof pgvectorize.limit_info
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    values
        ('dimensions_least',       1::bigint,     32::bigint, 'E; P'),
        ('dimensions',                 16000,           1536, 'D, E; P: the type vector'),
        ('hnsw_dimensions_float32',     2000,           2000, 'P: pgvector''s HNSW, index_precision float32'),
        ('hnsw_dimensions_float16',     4000,           4000, 'P: pgvector''s HNSW, index_precision float16'),
        ('hnsw_dimensions_binary',     16000,          16000, 'P: the type vector; HNSW could hold 64,000'),
        ('m_least',                        2,             16, 'P; not in Vectorize'),
        ('m',                            100,             16, 'P; not in Vectorize'),
        ('ef_construction_least',          4,             64, 'P: and at least 2 m; not in Vectorize'),
        ('ef_construction',             1000,             64, 'P; not in Vectorize'),
        ('name_bytes',                    63,             63, 'D: 64; P: a table''s name has 63'),
        ('vector_length', 9000000000000000000, 9000000000000000000, 'P: float32 distances; not under cosine'),
        ('id_bytes',                    1024,             64, 'D, E 40008; O: fits a btree row'),
        ('namespace_bytes',             1024,             64, 'D; O: fits a btree row'),
        ('metadata_bytes',              null,          10240, 'D, E 40016: as compact JSON'),
        ('content_bytes',            1048576,              0, 'O: a tsvector holds as much; not in Vectorize'),
        ('metadata_depth',               100,            100, 'O: Python reads at most about 1,000 levels'),
        ('metadata_digits',             4300,           4300, 'O: Python reads no integer of more digits'),
        ('top_k',                       1000,            100, 'D, E 40025; O: pgvector''s ef_search'),
        ('top_k_whole',                 1000,             50, 'D, E 40025: with values or all metadata'),
        ('offset',                     10000,              0, 'O; not in Vectorize'),
        ('ef_search',                   1000,           1000, 'P'),
        ('queries_to_measure',         10000,          10000, 'O; not in Vectorize'),
        ('ids_to_get',                  null,             20, 'E 40007'),
        ('ids_to_delete',               null,            100, 'E 40007'),
        ('vectors_to_write',            null,           5000, 'D: by HTTP; 1,000 by a Worker'),
        ('vectors_to_list',             1000,           1000, 'D'),
        ('page_bytes',              67108864,       67108864, 'O: metadata as text; an array has at most 1 GB'),
        ('facets',                      1000,           1000, 'O; not in Vectorize'),
        ('metadata_indexes',            null,             10, 'D'),
        ('namespace_indexes',              8,              0, 'O: writes update it, statements lock it'),
        ('filter_bytes',                null,           2047, 'D: as compact JSON'),
        ('property_name_characters',     512,            512, 'D'),
        ('filter_depth',                  32,              1, 'O; not in Vectorize'),
        ('string_bytes_compared',       null,             64, 'D: of a string index')
$$;

comment on function pgvectorize.limits
    is 'Every limit, here and in strict mode, with its source.';
