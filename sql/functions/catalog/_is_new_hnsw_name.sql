-- Whether a Postgres index has a name that `_new_hnsw_name` makes: an HNSW index that was built,
-- or is being built, and is not in its place yet.
create or replace function pgvectorize_private._is_new_hnsw_name(index_id bigint, name text)
returns boolean
language sql
immutable
parallel safe
as $$
    select starts_with(name, pgvectorize_private._relation_name(index_id, ''))
        and name ~ '_hnsw_new_[0-9a-f]{8}$'
$$;

comment on function pgvectorize_private._is_new_hnsw_name
    is 'Whether this is the name of an HNSW index that is not in its place yet.';
