-- Say with how many bytes of memory a build of an HNSW index stays in memory. A vector
-- takes its values, 32 bytes a neighbour (m) and 200 more, as measured with 128 to 1,024
-- dimensions, each precision and m 16 and 32, within 1 %; and 15 % of allowance.
create or replace function pgvectorize_private._build_memory(
    vectors          bigint,
    dimensions       integer,
    index_precision  text,
    m                integer
)
returns double precision
language sql
immutable
parallel safe
as $$
    select 1.15 * vectors * (200 + 32 * m + pgvectorize_private._value_bytes(dimensions, index_precision))
$$;

comment on function pgvectorize_private._build_memory
    is 'Memory in which a build of an HNSW index fits.';
