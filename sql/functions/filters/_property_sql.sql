-- Write the expression that reads a metadata property of a document. Metadata
-- indexes are built on this text and filters are compiled to it, so that the
-- planner can match the two; nothing else may spell it.
--
-- Without a type: the jsonb value as it stands.
-- number:  numeric, not float8, because a float8 cannot tell 2^53 from 2^53 + 1
--          and refuses 1e400, both of which metadata may hold.
-- string:  text in code-point order. A number or boolean counts as its text, as
--          Vectorize has it: {"$in": [10]} on a string index finds the number 10.
-- boolean: boolean.
--
-- Dotted names reach into nested objects, never into arrays: `-> 'a'` takes a
-- key only, whereas `#> '{a,0}'` would also count through an array.
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
    select document || string_agg(format(' operator(pg_catalog.->) %L', part), '' order by position) into value
    from unnest(string_to_array(property_name, '.')) with ordinality as path (part, position);

    -- All names have their schema: a metadata index is built under the search_path of whoever asks.
    return case index_type
        when 'number' then format(
            '(case when pg_catalog.jsonb_typeof(%1$s) operator(pg_catalog.=) ''number'' then (%1$s)::numeric end)',
            value
        )
        when 'boolean' then format(
            '(case when pg_catalog.jsonb_typeof(%1$s) operator(pg_catalog.=) ''boolean'' then (%1$s)::boolean end)',
            value
        )
        when 'string' then format(
            $sql$(
                case
                    when pg_catalog.jsonb_typeof(%1$s) operator(pg_catalog.=) 'number'
                        then pg_catalog.trim_scale((%1$s)::numeric)::pg_catalog.text
                    when pg_catalog.jsonb_typeof(%1$s) operator(pg_catalog.=) any (array['string', 'boolean'])
                        then %1$s operator(pg_catalog.#>>) '{}'
                end collate pg_catalog."C"
            )$sql$,
            value
        )
        else format('(%s)', value)
    end;
end;
$$;

comment on function pgvectorize_private._property_sql
    is 'Expression that reads a metadata property, typed or as jsonb.';
