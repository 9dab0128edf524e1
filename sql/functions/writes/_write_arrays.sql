-- Write a batch that was given as arrays, or as Vectorize's JSON.
create or replace function pgvectorize_private._write_arrays(
    target      pgvectorize_private.indexes,
    operation   text,
    ids         text[],
    embeddings  @vector@.vector[],
    namespaces  text[],
    metadata    jsonb[],
    vectors     jsonb,
    content     text[]
)
returns pgvectorize.mutation
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    parsed record;
begin
    if (vectors is null)
        = (ids is null and embeddings is null and namespaces is null and metadata is null and content is null)
    then
        perform pgvectorize_private._refuse_request(
            'give either arrays or vectors',
            'Arrays are ids, embeddings or content or both, and optionally namespaces and metadata; '
            'vectors is Vectorize''s JSON.'
        );
    elsif vectors is not null then
        parsed := pgvectorize_private._parse_vectors(vectors);
        ids := parsed.ids;
        embeddings := parsed.embeddings;
        namespaces := parsed.namespaces;
        metadata := parsed.metadata;
        content := parsed.content;
        if array_remove(content, null) = '{}' then
            content := null;
        end if;
    elsif cardinality(ids) is distinct from coalesce(cardinality(embeddings), cardinality(content))
        or cardinality(content) <> cardinality(ids)
        or cardinality(namespaces) <> cardinality(ids)
        or cardinality(metadata) <> cardinality(ids)
    then
        perform pgvectorize_private._refuse_request(
            format(
                'the arrays differ in length: %s ids, %s embeddings, %s content, %s namespaces, %s metadata',
                coalesce(cardinality(ids), 0), coalesce(cardinality(embeddings)::text, 'no'),
                coalesce(cardinality(content)::text, 'no'),
                coalesce(cardinality(namespaces)::text, 'no'), coalesce(cardinality(metadata)::text, 'no')
            ),
            'Every array needs one element per vector; use null for a vector without namespace or metadata.'
        );
    end if;

    return pgvectorize_private._write(
        target, operation,
        'select * from unnest($1, $2, $3, $4, $5) with ordinality '
        'as listed (id, namespace, embedding, metadata, content, position)',
        ids, embeddings, namespaces, metadata, content
    );
end;
$$;

comment on function pgvectorize_private._write_arrays
    is 'Write a batch given as arrays or as JSON.';
