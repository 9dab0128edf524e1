-- Read Vectorize's JSON, [{"id", "values", "namespace", "metadata"}, …] or a
-- single such object, into arrays.
create or replace function pgvectorize_private._parse_vectors(
    vectors         jsonb,
    out ids         text[],
    out embeddings  @vector@.vector[],
    out namespaces  text[],
    out metadata    jsonb[]
)
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    given     jsonb;
    row       bigint;
    problem   text;
begin
    if jsonb_typeof(vectors) = 'object' then
        vectors := jsonb_build_array(vectors);
    elsif jsonb_typeof(vectors) <> 'array' then
        perform pgvectorize_private._refuse_request(
            'vectors is not an array but ' || jsonb_typeof(vectors), 'It looks like [{"id": "1", "values": [0.1, 0.2]}].'
        );
    end if;

    for given, row in select * from jsonb_array_elements(vectors) with ordinality loop
        problem := case
            when jsonb_typeof(given) <> 'object' then 'expected an object, got ' || jsonb_typeof(given)
            when exists (
                select from jsonb_object_keys(given) as key
                where key not in ('id', 'values', 'namespace', 'metadata')
            ) then 'a vector has id, values, namespace and metadata, but here is also ' || (
                select string_agg(format('"%s"', key), ', ') from jsonb_object_keys(given) as key
                where key not in ('id', 'values', 'namespace', 'metadata')
            )
            when jsonb_typeof(given -> 'id') is distinct from 'string' then 'id is not a string'
            when coalesce(jsonb_typeof(given -> 'namespace'), 'null') not in ('string', 'null')
                then 'namespace is not a string'
            when jsonb_typeof(given -> 'values') is distinct from 'array'
                or given @? 'strict $.values[*] ? (@.type() != "number")' then 'values is not an array of numbers'
            when jsonb_array_length(given -> 'values') = 0 then 'values is empty'
            when jsonb_array_length(given -> 'values') > pgvectorize_private._limit('dimensions', false)
                then format(
                    '%s dimensions, at most %s can be stored',
                    jsonb_array_length(given -> 'values'), pgvectorize_private._limit('dimensions', false)
                )
            when given @? '$.values[*] ? (@.abs() >= 3.4028235677973366e38)'  -- what rounds to infinity
                then 'a value is too large for a float32'
        end;
        if problem is not null then
            raise exception 'row %, id "%": %', row, left(given ->> 'id', 64), problem
                using errcode = 'PV004', detail = 'row ' || row, hint = 'Nothing was written.';
        end if;
        ids := ids || (given ->> 'id');
        namespaces := namespaces || (given ->> 'namespace');
        embeddings := embeddings || array(
            -- what a float4 holds as 0 may be out of the range of a float8
            select case when abs(number::numeric) < 1e-50 then 0 else number::float8 end
            from jsonb_array_elements_text(given -> 'values') as listed (number)
        )::@vector@.vector;
        metadata := metadata || nullif(given -> 'metadata', 'null');
    end loop;

    ids := coalesce(ids, '{}');
    namespaces := coalesce(namespaces, '{}');
    embeddings := coalesce(embeddings, '{}');
    metadata := coalesce(metadata, '{}');
end;
$$;

comment on function pgvectorize_private._parse_vectors
    is 'Vectorize''s JSON vectors as arrays.';
