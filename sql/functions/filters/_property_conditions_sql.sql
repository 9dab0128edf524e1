-- Compile all conditions of a filter on one property.
--
-- index_type  the type of its metadata index, or null
-- used        the operators of the condition, if it is an object
create or replace function pgvectorize_private._property_conditions_sql(
    property_name  text,
    index_type     text,
    condition      jsonb,
    used           text[],
    path           text,
    strict         boolean
)
returns text
language plpgsql
immutable
parallel safe
as $$
declare
    operators constant text[] := array[
        '$eq', '$ne', '$in', '$nin', '$lt', '$lte', '$gt', '$gte',
        '$exists', '$is_null', '$prefix', '$contains', '$contains_any', '$contains_all'
    ];
    operator  text;
    predicate text;
begin
    perform pgvectorize_private._check_property_name(property_name, 'PV003');
    path := path || '.' || property_name;
    if jsonb_typeof(condition) = 'array' then
        perform pgvectorize_private._refuse_filter(
            path, 'expected a value or an operator, got array',
            'To match one of several values, use {"$in": […]}.'
        );
    elsif jsonb_typeof(condition) <> 'object' then
        condition := jsonb_build_object('$eq', condition);
        used := array['$eq'];
    elsif used = '{}' then
        perform pgvectorize_private._refuse_filter(
            path, 'the condition is empty', format('The operators are %s.', array_to_string(operators, ' '))
        );
    end if;
    foreach operator in array used loop
        if operator <> all (operators) then
            perform pgvectorize_private._refuse_filter(
                path, format('"%s" is not an operator', left(operator, 64)),
                pgvectorize_private._suggest_word(operator, operators)
                    || format(' A nested property is written "%s.…".', property_name)
            );
        end if;
    end loop;
    if cardinality(used) > 2
        or cardinality(used) = 2 and not (used && array['$lt', '$lte'] and used && array['$gt', '$gte'])
    then
        perform pgvectorize_private._refuse_filter(
            path, 'cannot combine ' || array_to_string(used, ' and '),
            'Only one of $gt and $gte and one of $lt and $lte can be combined. For anything else, use '
                || '$and: [{…}, {…}].'
        );
    end if;

    predicate := pgvectorize_private._condition_sql(
        property_name, index_type, used[1], condition -> used[1], path || '.' || used[1], strict
    );
    if cardinality(used) = 2 then
        predicate := predicate || ' and ' || pgvectorize_private._condition_sql(
            property_name, index_type, used[2], condition -> used[2], path || '.' || used[2], strict
        );
    end if;
    -- at Vectorize a property without a metadata index matches nothing
    return case when strict and index_type is null then 'false' else predicate end;
end;
$$;

comment on function pgvectorize_private._property_conditions_sql
    is 'All conditions of a filter on one property as a SQL predicate.';
