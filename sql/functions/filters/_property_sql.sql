-- Write the expression that reads a metadata property of a document. Metadata indexes are built on this
-- expression and filters are compiled to it, so that the planner can match them. Nothing else may
-- write it.
--
-- no type:  the jsonb value, unchanged
-- number:   numeric. float8 cannot tell 2^53 from 2^53 + 1 and refuses 1e400, and metadata may have both.
-- string:   text in code-point order. As at Vectorize, a number or a boolean counts as its text:
--           {"$in": [10]} on a string index finds the number 10.
-- boolean:  boolean
--
-- A dotted name reads keys of nested objects, never elements of arrays: `-> 'a'` accepts only a key,
-- but `#> '{a,0}'` would also accept the number of an element.
create or replace function pgvectorize_private._property_sql(
    property_name  text,
    index_type     text,
    document       text default 'stored.metadata'
)
returns text
language plpgsql
immutable
parallel safe
as $$
declare
    value text;
begin
    if strpos(property_name, '.') = 0 then
        value := format('%s operator(pg_catalog.->) %L', document, property_name);
    else
        select document || string_agg(format(' operator(pg_catalog.->) %L', part), '' order by position)
        into value
        from unnest(string_to_array(property_name, '.')) with ordinality as path (part, position);
    end if;

    -- Each name has its schema, as a metadata index is built under the search_path of its builder.
    return case index_type
        when 'number' then format(
            $sql$(
                case when pg_catalog.jsonb_typeof(%1$s) operator(pg_catalog.=) 'number'
                    then (%1$s)::numeric end
            )$sql$,
            value
        )
        when 'boolean' then format(
            $sql$(
                case when pg_catalog.jsonb_typeof(%1$s) operator(pg_catalog.=) 'boolean'
                    then (%1$s)::boolean end
            )$sql$,
            value
        )
        when 'string' then format(
            $sql$(
                case
                    when pg_catalog.jsonb_typeof(%1$s) operator(pg_catalog.=) any (array['string', 'boolean'])
                        then %1$s operator(pg_catalog.#>>) '{}'
                    when pg_catalog.jsonb_typeof(%1$s) operator(pg_catalog.=) 'number'
                        then pg_catalog.trim_scale((%1$s)::numeric)::pg_catalog.text
                end collate pg_catalog."C"
            )$sql$,
            value
        )
        else format('(%s)', value)
    end;
end;
$$;

comment on function pgvectorize_private._property_sql
    is 'The expression that reads a metadata property, with a type or as jsonb.';
