-- Compile "equals one of these". Null equals nothing, neither null nor a missing property, so it is
-- removed from the list.
create or replace function pgvectorize_private._equal_sql(
    property_name  text,
    index_type     text,
    operands       jsonb,
    path           text,
    strict         boolean
)
returns text
language plpgsql
immutable
parallel safe
as $$
declare
    value     text := pgvectorize_private._property_sql(property_name, index_type);
    cast_type text := case index_type
        when 'number' then 'numeric' when 'boolean' then 'boolean' else 'jsonb'
    end;
    wanted    text[];
    predicate text;
    bytes     bigint := pgvectorize_private._limit('string_bytes_compared', true);
begin
    if jsonb_array_length(operands) = 1 then
        wanted := array[pgvectorize_private._operand_text(operands -> 0, index_type, path)];
    else
        select array_agg(pgvectorize_private._operand_text(element, index_type, path)) into wanted
        from jsonb_array_elements(operands) as listed (element);
    end if;
    wanted := array_remove(wanted, null);

    if coalesce(cardinality(wanted), 0) = 0 then
        return 'false';
    elsif index_type = 'string' and strict then
        return format(
            'pgvectorize_private._truncate_to_bytes(%s, %s) collate "C" = any (%L::text[])', value, bytes,
            array(
                select pgvectorize_private._truncate_to_bytes(word, bytes) from unnest(wanted) as words (word)
            )
        );
    elsif index_type = 'string' and cardinality(wanted) = 1 and char_length(wanted[1]) < 512 then
        return format(
            '%s = %L', pgvectorize_private._indexed_property_sql(property_name, index_type), wanted[1]
        );
    elsif index_type = 'string' then
        predicate := format(
            '%s = any (%L::text[])',
            pgvectorize_private._indexed_property_sql(property_name, index_type),
            array(select left(word, 512) from unnest(wanted) as words (word))
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
end;
$$;

comment on function pgvectorize_private._equal_sql
    is '"Equals one of these" as a SQL predicate.';
