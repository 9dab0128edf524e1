-- Return how large shared_buffers should be for an HNSW index and its table, in bytes. A search
-- reads pages all over the HNSW index, and few pages of the table.
create or replace function pgvectorize_private._shared_buffers_bytes(
    hnsw_bytes   double precision,
    table_bytes  double precision
)
returns bigint
language sql
immutable
parallel safe
as $$
    select greatest(ceil((hnsw_bytes + 0.2 * table_bytes) / 134217728), 1)::bigint * 134217728  -- 128MB
$$;

comment on function pgvectorize_private._shared_buffers_bytes
    is 'How large shared_buffers should be.';
