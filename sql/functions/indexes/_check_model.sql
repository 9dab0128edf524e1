-- Refuse a model that is not described as create_index wants it, or that has other dimensions.
create or replace function pgvectorize_private._check_model(model jsonb, dimensions integer)
returns void
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- the fields of a model, and the JSON type of each
    fields constant jsonb := '{
        "provider": "string", "name": "string", "dimensions": "number", "pooling": "string",
        "normalised": "boolean", "query_prompt": "string", "document_prompt": "string",
        "revision": "string"
    }';
    field  text;
    value  jsonb;
begin
    if jsonb_typeof(model) <> 'object' then
        perform pgvectorize_private._refuse_request(
            format('model must be an object, got %s', left(model::text, 64)),
            'For example {"provider": "openai", "name": "text-embedding-3-small", "dimensions": 1536}.'
        );
    end if;
    for field, value in select * from jsonb_each(model) loop
        if not fields ? field then
            perform pgvectorize_private._refuse_request(
                format('model has no field "%s"', left(field, 64)),
                pgvectorize_private._suggest_word(field, array(select jsonb_object_keys(fields)))
            );
        elsif jsonb_typeof(value) not in (fields ->> field, 'null') then
            perform pgvectorize_private._refuse_request(
                format('model.%s must be a %s, got %s', field, fields ->> field, left(value::text, 64)),
                'A field that is not known may be left out.'
            );
        end if;
    end loop;
    foreach field in array array['provider', 'name'] loop
        if coalesce(model ->> field, '') = '' then
            perform pgvectorize_private._refuse_request(
                format('model has no %s', field),
                'A model has a provider and a name, for example "openai" and "text-embedding-3-small".'
            );
        end if;
    end loop;
    if mod((model ->> 'dimensions')::numeric, 1) <> 0 or abs((model ->> 'dimensions')::numeric) > 16000 then
        perform pgvectorize_private._refuse_request(
            format('model.dimensions must be an integer from 1 to 16,000, got %s', left(model ->> 'dimensions', 64)),
            'It is how many numbers a vector of the model has.'
        );
    elsif dimensions <> (model ->> 'dimensions')::numeric then
        perform pgvectorize_private._refuse_request(
            format(
                'model %s:%s has %s dimensions, but %s were given',
                model ->> 'provider', model ->> 'name', model ->> 'dimensions', dimensions
            ),
            'Leave dimensions out: the model says them.'
        );
    end if;
end;
$$;

comment on function pgvectorize_private._check_model
    is 'Refuse a model that is not described as it must be.';
