-- Return the known embedding models with their dimensions and metric. The first five are
-- Vectorize's own presets, the next five the short forms in its announcement. The others are
-- common models with all their dimensions.
create or replace function pgvectorize.presets()
returns setof pgvectorize.preset
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    values
        ('@cf/baai/bge-small-en-v1.5',                    384, 'cosine'),
        ('@cf/baai/bge-base-en-v1.5',                     768, 'cosine'),
        ('@cf/baai/bge-large-en-v1.5',                   1024, 'cosine'),
        ('openai/text-embedding-ada-002',                1536, 'cosine'),
        ('cohere/embed-multilingual-v2.0',                768, 'cosine'),

        ('workers-ai/bge-small-en',                       384, 'cosine'),
        ('workers-ai/bge-base-en',                        768, 'cosine'),
        ('workers-ai/bge-large-en',                      1024, 'cosine'),
        ('openai-text-embedding-ada-002',                1536, 'cosine'),
        ('cohere-embed-multilingual-v2.0',                768, 'cosine'),

        ('openai/text-embedding-3-small',                1536, 'cosine'),
        ('openai/text-embedding-3-large',                3072, 'cosine'),
        ('cohere/embed-english-v3.0',                    1024, 'cosine'),
        ('cohere/embed-english-light-v3.0',               384, 'cosine'),
        ('cohere/embed-multilingual-v3.0',               1024, 'cosine'),
        ('cohere/embed-multilingual-light-v3.0',          384, 'cosine'),
        ('cohere/embed-v4.0',                            1536, 'cosine'),
        ('baai/bge-small-en-v1.5',                        384, 'cosine'),
        ('baai/bge-base-en-v1.5',                         768, 'cosine'),
        ('baai/bge-large-en-v1.5',                       1024, 'cosine'),
        ('baai/bge-m3',                                  1024, 'cosine'),
        ('intfloat/e5-small-v2',                          384, 'cosine'),
        ('intfloat/e5-base-v2',                           768, 'cosine'),
        ('intfloat/e5-large-v2',                         1024, 'cosine'),
        ('intfloat/multilingual-e5-small',                384, 'cosine'),
        ('intfloat/multilingual-e5-base',                 768, 'cosine'),
        ('intfloat/multilingual-e5-large',               1024, 'cosine'),
        ('thenlper/gte-small',                            384, 'cosine'),
        ('thenlper/gte-base',                             768, 'cosine'),
        ('thenlper/gte-large',                           1024, 'cosine'),
        ('nomic-ai/nomic-embed-text-v1.5',                768, 'cosine'),
        ('jinaai/jina-embeddings-v2-base-en',             768, 'cosine'),
        ('jinaai/jina-embeddings-v3',                    1024, 'cosine'),
        ('voyage/voyage-3',                              1024, 'cosine'),
        ('voyage/voyage-3-lite',                          512, 'cosine'),
        ('voyage/voyage-3.5',                            1024, 'cosine'),
        ('google/gemini-embedding-001',                  3072, 'cosine'),
        ('google/text-embedding-004',                     768, 'cosine'),
        ('sentence-transformers/all-minilm-l6-v2',        384, 'cosine'),
        ('sentence-transformers/all-mpnet-base-v2',       768, 'cosine')
$$;

comment on function pgvectorize.presets
    is 'Known embedding models with their dimensions and metric.';
