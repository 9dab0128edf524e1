-- Load pgvector's library: by its default value, which reads a vector when the function is
-- created. Only where that library is loaded may a role that is no superuser create functions
-- that name hnsw.* settings. `pg_dump` orders functions by name, so that when a dump is restored
-- this one comes before those; `migrate` and `_create_search_function` load the library by themselves.
create or replace function pgvectorize._load_pgvector(example @vector@.vector default '[0]')
returns void
language sql
immutable
parallel safe
as $$
    select
$$;

comment on function pgvectorize._load_pgvector
    is 'Loads pgvector''s library when a dump is restored.';
