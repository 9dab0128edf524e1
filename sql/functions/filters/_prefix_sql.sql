-- Compile $prefix. A btree index in C order supports the operator `^@`.
create or replace function pgvectorize_private._prefix_sql(
    property_name  text,
    index_type     text,
    operand        jsonb,
    path           text
)
returns text
language plpgsql
immutable
parallel safe
as $$
declare
    prefix  text := operand #>> '{}';
    indexed text;
    value   text := pgvectorize_private._property_sql(property_name, index_type);
begin
    if jsonb_typeof(operand) <> 'string' then
        perform pgvectorize_private._refuse_filter(
            path, 'expected a string, got ' || jsonb_typeof(operand), 'As in {"$prefix": "net"}.'
        );
    elsif index_type in ('number', 'boolean') then
        perform pgvectorize_private._refuse_filter(
            path, format('a %s has no prefix', index_type),
            format('The metadata index on this property has the type %s.', index_type)
        );
    end if;

    if index_type is null then
        return format('%s ^@ %L', pgvectorize_private._string_value_sql(value), prefix);
    end if;
    indexed := pgvectorize_private._indexed_property_sql(property_name, index_type);
    if char_length(prefix) <= 512 then
        return format('%s ^@ %L', indexed, prefix);
    end if;
    return format('%s = %L and %s ^@ %L', indexed, left(prefix, 512), value, prefix);
end;
$$;

comment on function pgvectorize_private._prefix_sql
    is 'A prefix as a SQL predicate.';
