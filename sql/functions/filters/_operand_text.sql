-- Return one operand of a filter as text of its property's type, ready to be quoted. The text of JSON
-- null, which equals nothing, is null. If the property has a metadata index, the operand is converted
-- to the type of the index. As at Vectorize, {"price": {"$gt": "150"}} finds 200 in a number index.
-- Otherwise index_type is null, and the operand stays JSON, so that values of different types are
-- never equal.
create or replace function pgvectorize_private._operand_text(operand jsonb, index_type text, path text)
returns text
language plpgsql
immutable
parallel safe
as $$
declare
    found   text := jsonb_typeof(operand);
    content text := operand #>> '{}';
    number  constant text :=
        '^[[:space:]]*[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]{1,4})?[[:space:]]*$';
begin
    if found not in ('string', 'number', 'boolean', 'null') then
        perform pgvectorize_private._refuse_filter(
            path, 'expected a string, number, boolean or null, got ' || found,
            'To match one of several values, use {"$in": […]}.'
        );
    end if;
    if found = 'null' then
        return null;
    end if;

    if index_type is null then
        return operand::text;
    elsif index_type = 'string' then
        return case found when 'number' then trim_scale(content::numeric)::text else content end;
    -- "C", because in an ICU collation [0-9] has digits that numeric refuses
    elsif index_type = 'number'
        and (found = 'number' or found = 'string' and content ~ number collate "C")
    then
        return content;
    elsif index_type = 'boolean' and (found = 'boolean' or content in ('true', 'false')) then
        return content;
    end if;

    perform pgvectorize_private._refuse_filter(
        path, format('cannot read %s as a %s', left(operand::text, 64), index_type),
        format('The metadata index on this property converts operands to the type %s.', index_type)
    );
end;
$$;

comment on function pgvectorize_private._operand_text
    is 'One operand of a filter, as text of the property''s type.';
