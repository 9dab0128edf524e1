-- Compile one condition, such as {"price": {"$gte": 10}}, to a predicate on
-- `stored`. It may be null where the property is missing: a caller that
-- negates it must say `is not true`.
--
-- Operands enter the text here and nowhere else, through %L.
create or replace function pgvectorize._condition_sql(
    property_name  text,
    index_type     text,
    operator       text,
    operand        jsonb,
    path           text
)
returns text
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    value      text := pgvectorize._property_sql(property_name, index_type);
    indexed    text;
    cast_type  text := case index_type when 'number' then 'numeric' when 'boolean' then 'boolean' when 'string' then 'text' else 'jsonb' end;
    comparison text;
    bound      text;
    wanted     text[];
    predicate  text;
begin
    if operator in ('$ne', '$nin') then
        return format(
            '(%s) is not true',
            pgvectorize._condition_sql(
                property_name, index_type, case operator when '$ne' then '$eq' else '$in' end, operand, path
            )
        );
    end if;

    if operator in ('$eq', '$in') then
        if operator = '$in' and jsonb_typeof(operand) <> 'array' then
            perform pgvectorize._refuse_filter(
                path, 'expected an array, got ' || jsonb_typeof(operand), 'For a single value use "$eq", or "$ne".'
            );
        end if;
        select array_agg(pgvectorize._operand(element, index_type, path)) into wanted
        from jsonb_array_elements(case operator when '$in' then operand else jsonb_build_array(operand) end) as listed (element);
        wanted := array_remove(wanted, null);  -- null equals nothing, neither null nor a missing property

        if coalesce(cardinality(wanted), 0) = 0 then
            return 'false';
        elsif index_type = 'string' then
            indexed := pgvectorize._indexed_sql(property_name, index_type);
            predicate := format(
                '%s = any (%L::text[])', indexed, array(select left(word, 512) from unnest(wanted) as words (word))
            );
            if exists (select from unnest(wanted) as words (word) where char_length(word) >= 512) then
                predicate := format('%s and %s = any (%L::text[])', predicate, value, wanted);
            end if;
            return predicate;
        elsif cardinality(wanted) = 1 then
            return format('%s = %L::%s', value, wanted[1], cast_type);
        else
            return format('%s = any (%L::%s[])', value, wanted, cast_type);
        end if;
    end if;

    -- A range. Without an index the operand's own type decides which values it
    -- can be compared with: jsonb sorts every string below every number, so a
    -- bare `<` would let "9" pass {"$lt": 5}.
    if jsonb_typeof(operand) not in ('string', 'number') or index_type = 'boolean' then
        perform pgvectorize._refuse_filter(
            path,
            case
                when index_type = 'boolean' then 'a boolean has no order'
                else 'expected a string or a number, got ' || jsonb_typeof(operand)
            end,
            'Ranges compare strings by code point and numbers by value.'
        );
    end if;
    comparison := case operator when '$lt' then '<' when '$lte' then '<=' when '$gt' then '>' when '$gte' then '>=' end;
    bound := pgvectorize._operand(operand, index_type, path);

    if index_type = 'string' then
        indexed := pgvectorize._indexed_sql(property_name, index_type);
        if char_length(bound) < 512 then  -- then the first 512 characters decide
            return format('%s %s %L', indexed, comparison, bound);
        end if;
        return format(
            '%s %s %L and %s %s %L', indexed, left(comparison, 1) || '=', left(bound, 512), value, comparison, bound
        );
    elsif index_type = 'number' then
        return format('%s %s %L::numeric', value, comparison, bound);
    elsif jsonb_typeof(operand) = 'number' then
        return format('(case when jsonb_typeof(%1$s) = ''number'' then %1$s end) %2$s %3$L::jsonb', value, comparison, bound);
    else
        return format(
            '(case when jsonb_typeof(%1$s) = ''string'' then %1$s #>> ''{}'' end) collate "C" %2$s %3$L',
            value, comparison, operand #>> '{}'
        );
    end if;
end;
$$;

comment on function pgvectorize._condition_sql(text, text, text, jsonb, text)
    is 'One condition of a filter as a SQL predicate.';
