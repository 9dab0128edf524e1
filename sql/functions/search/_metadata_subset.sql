-- Return a metadata object with only these properties; nested ones stay nested. In strict mode strings are
-- truncated, as they are in Vectorize's metadata indexes.
create or replace function pgvectorize_private._metadata_subset(
    metadata    jsonb,
    properties  text[],
    strict      boolean
)
returns jsonb
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    picked   jsonb := '{}';
    property text;
    path     text[];
    value    jsonb;
begin
    foreach property in array properties loop
        path := string_to_array(property, '.');
        value := metadata #> path;
        if strict and jsonb_typeof(value) = 'string' then
            value := to_jsonb(pgvectorize_private._truncate_to_bytes(
                value #>> '{}', pgvectorize_private._limit('string_bytes_compared', true)
            ));
        end if;
        if value is not null then
            for depth in 1 .. cardinality(path) - 1 loop
                picked := jsonb_set(picked, path[:depth], coalesce(picked #> path[:depth], '{}'));
            end loop;
            picked := jsonb_set(picked, path, value);
        end if;
    end loop;
    return picked;
end;
$$;

comment on function pgvectorize_private._metadata_subset
    is 'A metadata object with only the given properties.';
