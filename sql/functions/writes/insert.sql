-- Insert vectors. A vector whose id exists is kept as it is; of equal ids in one call the first
-- counts. Return the ids that are new and their count. One call is one all-or-nothing change,
-- visible when it is committed.
--
-- Give arrays, or Vectorize's JSON:
--
--     pgvectorize.insert(index => 'docs', vectors => '[{"id": "1", "values": [1, 2]}]')
create or replace function pgvectorize.insert(
    index       text,
    ids         text[] default null,
    embeddings  @vector@.vector[] default null,
    namespaces  text[] default null,
    metadata    jsonb[] default null,
    vectors     jsonb default null,
    content     text[] default null
)
returns pgvectorize.mutation
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    return pgvectorize_private._write_arrays(
        pgvectorize_private._lock_index(index, 'row exclusive'), 'insert',
        ids, embeddings, namespaces, metadata, vectors, content
    );
end;
$$;

comment on function pgvectorize.insert
    is 'Insert vectors, keeping those whose id exists.';
