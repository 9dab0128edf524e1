-- Compile $lt, $lte, $gt and $gte.
create or replace function pgvectorize_private._range_sql(
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
    value      text := pgvectorize_private._property_sql(property_name, index_type);
    indexed    text;
    comparison text := case operator
        when '$lt' then '<' when '$lte' then '<=' when '$gt' then '>' when '$gte' then '>='
    end;
    bound      text;
    bytes      bigint := pgvectorize_private._limit('string_bytes_compared', true);
begin
    if index_type = 'boolean' then
        perform pgvectorize_private._refuse_filter(path, 'a boolean has no order', 'Use "$eq".');
    elsif jsonb_typeof(operand) not in ('string', 'number') then
        perform pgvectorize_private._refuse_filter(
            path, 'expected a string or a number, got ' || jsonb_typeof(operand),
            'Ranges compare strings by code point and numbers by value.'
        );
    end if;
    bound := pgvectorize_private._operand_text(operand, index_type, path);

    if index_type = 'string' and strict then
        return format(
            'pgvectorize_private._truncate_to_bytes(%s, %s) collate "C" %s %L', value, bytes, comparison,
            pgvectorize_private._truncate_to_bytes(bound, bytes)
        );
    elsif index_type = 'string' then
        indexed := pgvectorize_private._indexed_property_sql(property_name, index_type);
        if char_length(bound) < 512 then  -- then the first 512 characters decide
            return format('%s %s %L', indexed, comparison, bound);
        end if;
        return format(
            '%s %s= %L and %s %s %L', indexed, left(comparison, 1), left(bound, 512), value, comparison, bound
        );
    elsif index_type = 'number' then
        return format('%s %s %L::numeric', value, comparison, bound);
    end if;

    -- Without an index, only values of the operand's own type are compared with it. jsonb sorts every
    -- string below every number, so `<` alone would let "9" satisfy {"$lt": 5}.
    if jsonb_typeof(operand) = 'number' then
        return format(
            '(case when jsonb_typeof(%1$s) = ''number'' then %1$s end) %2$s %3$L::jsonb',
            value, comparison, bound
        );
    end if;
    return format('%s %s %L', pgvectorize_private._string_value_sql(value), comparison, operand #>> '{}');
end;
$$;

comment on function pgvectorize_private._range_sql
    is 'A range as a SQL predicate.';
