-- Insert vectors, or replace those whose id exists with their values, metadata and namespace. Of
-- equal ids in one call the last counts. One call is one all-or-nothing change, visible when it is
-- committed.
--
-- Give arrays, or Vectorize's JSON:
--
--     pgvectorize.upsert(index => 'docs', vectors => '[{"id": "1", "values": [1, 2]}]')
create or replace function pgvectorize.upsert(
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
        pgvectorize_private._lock_index(index, 'row exclusive'), 'upsert',
        ids, embeddings, namespaces, metadata, vectors, content
    );
end;
$$;

comment on function pgvectorize.upsert
    is 'Insert vectors, replacing those whose id exists.';
