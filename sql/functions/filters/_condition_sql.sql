-- Compile one condition, such as {"price": {"$gte": 10}}, to a predicate on `stored`. The predicate may
-- be null if the property is missing. A caller that negates it must write `is not true`.
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
    given    text := jsonb_typeof(operand);
    operands jsonb := case
        when operator in ('$eq', '$ne', '$contains') then jsonb_build_array(operand) else operand
    end;
begin
    if operator in ('$in', '$nin', '$contains_any', '$contains_all') and given <> 'array' then
        perform pgvectorize_private._refuse_filter(
            path, 'expected an array, got ' || given, 'List the values, as in [1, 2].'
        );
    elsif operator in ('$exists', '$is_null') and given <> 'boolean' then
        perform pgvectorize_private._refuse_filter(
            path, 'expected true or false, got ' || given, 'As in {"$exists": true}.'
        );
    end if;

    return case
        when operator in ('$eq', '$in') then
            pgvectorize_private._equal_sql(property_name, index_type, operands, path, strict)
        when operator in ('$ne', '$nin') then format(
            '(%s) is not true',
            pgvectorize_private._equal_sql(property_name, index_type, operands, path, strict)
        )
        when operator in ('$contains', '$contains_all') then
            pgvectorize_private._contains_sql(property_name, operands, 'all', path)
        when operator = '$contains_any' then
            pgvectorize_private._contains_sql(property_name, operands, 'any', path)
        when operator = '$exists' then format(
            '%s is %s null',
            pgvectorize_private._property_sql(property_name, null), case when operand::boolean then 'not' end
        )
        when operator = '$is_null' then format(
            '(%s = ''null'') is %s true',
            pgvectorize_private._property_sql(property_name, null),
            case when not operand::boolean then 'not' end
        )
        when operator = '$prefix' then
            pgvectorize_private._prefix_sql(property_name, index_type, operand, path)
        else pgvectorize_private._range_sql(property_name, index_type, operator, operand, path, strict)
    end;
end;
$$;

comment on function pgvectorize_private._condition_sql
    is 'One condition of a filter as a SQL predicate.';
