-- Compile one condition, such as {"price": {"$gte": 10}}, to a predicate on
-- `stored`. It may be null where the property is missing: a caller that
-- negates it must say `is not true`.
--
-- Operands enter the text here and nowhere else, through %L.
create or replace function pgvectorize_private._condition_sql(
    property_name  text,
    index_type     text,
    operator       text,
    operand        jsonb,
    path           text,
    strict         boolean
)
returns text
language plpgsql
immutable
parallel safe
as $$
declare
    given text := jsonb_typeof(operand);
    value text := pgvectorize_private._property_sql(property_name, null);
begin
    if operator in ('$in', '$nin', '$contains_any', '$contains_all') and given <> 'array' then
        perform pgvectorize_private._refuse_filter(path, 'expected an array, got ' || given, 'List the values, as in [1, 2].');
    elsif operator in ('$exists', '$is_null') and given <> 'boolean' then
        perform pgvectorize_private._refuse_filter(path, 'expected true or false, got ' || given, 'As in {"$exists": true}.');
    end if;

    return case operator
        when '$eq' then pgvectorize_private._equal_sql(property_name, index_type, jsonb_build_array(operand), path, strict)
        when '$in' then pgvectorize_private._equal_sql(property_name, index_type, operand, path, strict)
        when '$ne' then
            format('(%s) is not true', pgvectorize_private._equal_sql(property_name, index_type, jsonb_build_array(operand), path, strict))
        when '$nin' then format('(%s) is not true', pgvectorize_private._equal_sql(property_name, index_type, operand, path, strict))
        when '$contains' then pgvectorize_private._contains_sql(value, jsonb_build_array(operand), 'all', path)
        when '$contains_all' then pgvectorize_private._contains_sql(value, operand, 'all', path)
        when '$contains_any' then pgvectorize_private._contains_sql(value, operand, 'any', path)
        when '$exists' then format('%s is %s null', value, case when operand::boolean then 'not' end)
        when '$is_null' then format('(%s = ''null'') is %s true', value, case when not operand::boolean then 'not' end)
        when '$prefix' then pgvectorize_private._prefix_sql(property_name, index_type, operand, path)
        else pgvectorize_private._range_sql(property_name, index_type, operator, operand, path, strict)
    end;
end;
$$;

comment on function pgvectorize_private._condition_sql
    is 'One condition of a filter as a SQL predicate.';
