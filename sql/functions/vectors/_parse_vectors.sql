-- Read vectors in Vectorize's JSON into arrays: [{"id", "values", "namespace", "metadata", "content"}, …]
-- or one such object. Values may be missing if there is content.
create or replace function pgvectorize_private._parse_vectors(
    vectors         jsonb,
    out ids         text[],
    out embeddings  @vector@.vector[],
    out namespaces  text[],
    out metadata    jsonb[],
    out content     text[]
)
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    most    constant bigint := pgvectorize_private._limit('dimensions', false);
    given   jsonb;
    numbers jsonb;
    row     bigint;
    unknown text;
    problem text;
begin
    if jsonb_typeof(vectors) = 'object' then
        vectors := jsonb_build_array(vectors);
    elsif jsonb_typeof(vectors) <> 'array' then
        perform pgvectorize_private._refuse_request(
            'vectors is not an array but ' || jsonb_typeof(vectors),
            'An example is [{"id": "1", "values": [0.1, 0.2]}].'
        );
    end if;

    for given, row in select * from jsonb_array_elements(vectors) with ordinality loop
        numbers := nullif(given -> 'values', 'null');
        unknown := (
            select string_agg(format('"%s"', key), ', ')
            from jsonb_object_keys(case jsonb_typeof(given) when 'object' then given else '{}' end) as key
            where key not in ('id', 'values', 'namespace', 'metadata', 'content')
        );
        problem := case
            when jsonb_typeof(given) <> 'object' then 'expected an object, got ' || jsonb_typeof(given)
            when unknown is not null
                then 'a vector has id, values, namespace, metadata and content, but this one also has ' || unknown
            when jsonb_typeof(given -> 'id') is distinct from 'string' then 'id is not a string'
            when coalesce(jsonb_typeof(given -> 'namespace'), 'null') not in ('string', 'null')
                then 'namespace is not a string'
            when coalesce(jsonb_typeof(given -> 'content'), 'null') not in ('string', 'null')
                then 'content is not a string'
            when jsonb_typeof(numbers) <> 'array' or numbers @? 'strict $[*] ? (@.type() != "number")'
                then 'values is not an array of numbers'
            when jsonb_array_length(numbers) = 0 then 'values is empty'
            when jsonb_array_length(numbers) > most then format(
                '%s dimensions, at most %s can be stored', jsonb_array_length(numbers), most
            )
            when numbers @? '$[*] ? (@.abs() >= 3.4028235677973366e38)'  -- would be rounded to infinity
                then 'a value is too large for a float32'
        end;
        if problem is not null then
            raise exception 'row %, id "%": %', row, left(given ->> 'id', 64), problem
                using errcode = 'PV004', detail = 'row ' || row, hint = 'Nothing was written.';
        end if;
        ids := ids || (given ->> 'id');
        namespaces := namespaces || (given ->> 'namespace');
        embeddings := embeddings || case
            when numbers is not null then array(
                -- a number that a float4 holds as 0 may be too small for a float8
                select case when abs(number::numeric) < 1e-50 then 0 else number::float8 end
                from jsonb_array_elements_text(numbers) as listed (number)
            )::@vector@.vector
        end;
        metadata := metadata || nullif(given -> 'metadata', 'null');
        content := content || (given ->> 'content');
    end loop;

    ids := coalesce(ids, '{}');
    namespaces := coalesce(namespaces, '{}');
    embeddings := coalesce(embeddings, '{}');
    metadata := coalesce(metadata, '{}');
    content := coalesce(content, '{}');
end;
$$;

comment on function pgvectorize_private._parse_vectors
    is 'Vectors in Vectorize''s JSON as arrays.';
