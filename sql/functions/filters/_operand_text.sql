-- Read one operand of a filter as a value of its property's type: the text of
-- it, ready to be quoted, or null for JSON null, which equals nothing.
-- Without a metadata index the type is null and the operand stays JSON, so that
-- comparison is type-strict; with one, it is coerced to the index's type
-- (Vectorize: {"price": {"$gt": "150"}} finds 200 in a number index).
create or replace function pgvectorize_private._operand_text(operand jsonb, index_type text, path text)
returns text
language plpgsql
immutable
parallel safe
as $$
declare
    found   text := jsonb_typeof(operand);
    content text := operand #>> '{}';
begin
    if found not in ('string', 'number', 'boolean', 'null') then
        perform pgvectorize_private._refuse_filter(
            path, 'expected a string, number, boolean or null, got ' || found,
            'To match one of several values use {"$in": […]}.'
        );
    end if;
    if found = 'null' then
        return null;
    end if;

    if index_type is null then
        return operand::text;
    elsif index_type = 'string' then
        return case found when 'number' then trim_scale(content::numeric)::text else content end;
    elsif index_type = 'number' and (
        found = 'number'
        or found = 'string' and content ~ '^[[:space:]]*[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]{1,4})?[[:space:]]*$' collate "C"  -- ICU has digits that numeric refuses
    ) then
        return content;
    elsif index_type = 'boolean' and (found = 'boolean' or content in ('true', 'false')) then
        return content;
    end if;

    perform pgvectorize_private._refuse_filter(
        path, format('cannot read %s as a %s', left(operand::text, 64), index_type),
        format('The metadata index on this property has the type %s, and operands are read as that.', index_type)
    );
end;
$$;

comment on function pgvectorize_private._operand_text
    is 'One operand of a filter, as text of the property''s type.';
