-- Compile $contains, $contains_all and $contains_any, which look for elements of an array value. Null
-- equals nothing here either, so "all" with a null never holds.
create or replace function pgvectorize_private._contains_sql(
    property_name  text,
    operands       jsonb,
    wanted         text,
    path           text
)
returns text
language plpgsql
immutable
parallel safe
as $$
declare
    value   text := pgvectorize_private._property_sql(property_name, null);
    element jsonb;
    clauses text[] := '{}';
begin
    for element in select * from jsonb_array_elements(operands) loop
        perform pgvectorize_private._operand_text(element, null, path);  -- refuses arrays and objects
        clauses := clauses || case
            when element = 'null' then 'false'
            -- `@>` alone would let a scalar contain itself
            else format(
                '(jsonb_typeof(%1$s) = ''array'' and %1$s @> %2$L::jsonb)', value, jsonb_build_array(element)
            )
        end;
    end loop;
    return case
        when clauses <> '{}'
            then '(' || array_to_string(clauses, case wanted when 'all' then ' and ' else ' or ' end) || ')'
        when wanted = 'all' then format('jsonb_typeof(%s) = ''array''', value)
        else 'false'
    end;
end;
$$;

comment on function pgvectorize_private._contains_sql
    is 'What an array contains as a SQL predicate.';
