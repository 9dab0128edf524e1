-- Compile a metadata filter to a predicate on `stored`: the filter compiler.
-- It is the whole of Vectorize's grammar (reference/metadata-filtering):
--
--     filter    := { property : condition, … }      all must hold
--     condition := scalar | { operator : operand, … }
--
-- Keys and operands are data: keys become quoted jsonb keys, operands quoted
-- literals. A malformed filter is refused with the path to the fault.
create or replace function pgvectorize._filter_sql(index_id bigint, filter jsonb)
returns text
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    operators constant text[] := array['$eq', '$ne', '$in', '$nin', '$lt', '$lte', '$gt', '$gte'];
    property  text;
    condition jsonb;
    operator  text;
    operand   jsonb;
    known     text;
    path      text;
    used      text[];
    clauses   text[];
begin
    if filter is null or filter = '{}' then
        return 'true';
    elsif jsonb_typeof(filter) <> 'object' then
        perform pgvectorize._refuse_filter(
            'filter', 'expected an object, got ' || jsonb_typeof(filter), 'A filter looks like {"price": {"$lt": 100}}.'
        );
    end if;

    for property, condition in select * from jsonb_each(filter) loop
        perform pgvectorize._check_property_name(property, 'PV003');
        path := 'filter.' || property;
        if jsonb_typeof(condition) = 'array' then
            perform pgvectorize._refuse_filter(
                path, 'expected a value or an operator, got array', 'To match one of several values use {"$in": […]}.'
            );
        elsif jsonb_typeof(condition) <> 'object' then
            condition := jsonb_build_object('$eq', condition);
        end if;

        used := array(select jsonb_object_keys(condition));
        if used = '{}' then
            perform pgvectorize._refuse_filter(
                path, 'the condition is empty', 'The operators are ' || array_to_string(operators, ' ') || '.'
            );
        end if;
        foreach operator in array used loop
            if operator <> all (operators) then
                perform pgvectorize._refuse_filter(
                    path, format('"%s" is not an operator', left(operator, 64)),
                    format('The operators are %s. A nested property is written "%s.…".', array_to_string(operators, ' '), property)
                );
            end if;
        end loop;
        if cardinality(used) > 2
            or cardinality(used) = 2
                and not (used && array['$lt', '$lte'] and used && array['$gt', '$gte'])
        then
            perform pgvectorize._refuse_filter(
                path, 'cannot combine ' || array_to_string(used, ' and '),
                'One of $gt and $gte goes together with one of $lt and $lte; every other operator stands alone.'
            );
        end if;

        select indexes.index_type into known
        from pgvectorize.metadata_indexes as indexes
        where indexes.index_id = _filter_sql.index_id and indexes.property_name = property;

        for operator, operand in select * from jsonb_each(condition) loop
            clauses := clauses || pgvectorize._condition_sql(property, known, operator, operand, path || '.' || operator);
        end loop;
    end loop;

    return '(' || array_to_string(clauses, ') and (') || ')';
end;
$$;

comment on function pgvectorize._filter_sql(bigint, jsonb)
    is 'A metadata filter as a SQL predicate.';
