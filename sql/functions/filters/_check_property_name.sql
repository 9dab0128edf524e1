-- Refuse a property name that no metadata can have, so that a typo does not
-- become a filter that silently matches nothing.
-- Rules: Vectorize, reference/metadata-filtering.
create or replace function pgvectorize_private._check_property_name(property_name text, sqlstate_code text)
returns void
language plpgsql
immutable
parallel safe
as $$
declare
    problem text := case
        when coalesce(property_name, '') = '' then 'is empty'
        when property_name like '$%' then 'begins with "$"'
        when property_name like '%"%' then 'contains a double quote'
        when char_length(property_name) > pgvectorize_private._limit('property_name_characters', false) then format(
            'has %s characters, at most %s are allowed',
            char_length(property_name), pgvectorize_private._limit('property_name_characters', false)
        )
        when '' = any (string_to_array(property_name, '.')) then 'has an empty part between its dots'
    end;
begin
    if problem is not null then
        raise exception 'property name "%" %', left(property_name, 64), problem
            using errcode = sqlstate_code,
                  hint = 'A property name is a metadata key; dots reach into nested objects, as in "address.city".';
    end if;
end;
$$;

comment on function pgvectorize_private._check_property_name
    is 'Raise an error when a property name cannot be the name of a property.';
