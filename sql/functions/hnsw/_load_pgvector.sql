-- Load pgvector's library: the default value reads a vector when the function is created. Without
-- the library only a superuser can create functions that name hnsw.* settings. `pg_dump` orders
-- functions by schema and name, so a restore creates this one before those. `migrate` and
-- `_create_search_function` load the library themselves.
create or replace function pgvectorize._load_pgvector(example @vector@.vector default '[0]')
returns void
language sql
immutable
parallel safe
as $$
    select
$$;

comment on function pgvectorize._load_pgvector
    is 'Loads pgvector''s library while a dump is restored.';
