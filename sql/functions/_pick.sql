-- Keep only these properties of a metadata object; nested ones stay nested.
create or replace function pgvectorize._pick(metadata jsonb, properties text[])
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
begin
    foreach property in array properties loop
        path := string_to_array(property, '.');
        if metadata #> path is not null then
            for depth in 1 .. cardinality(path) - 1 loop
                picked := jsonb_set(picked, path[:depth], coalesce(picked #> path[:depth], '{}'));
            end loop;
            picked := jsonb_set(picked, path, metadata #> path);
        end if;
    end loop;
    return picked;
end;
$$;

comment on function pgvectorize._pick(jsonb, text[])
    is 'A metadata object with only the given properties.';
