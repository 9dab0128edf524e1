-- Refuse a property name that no metadata can have. Otherwise a typo would become a filter that
-- matches nothing. The rules are Vectorize's (reference/metadata-filtering).
create or replace function pgvectorize_private._check_property_name(property_name text, sqlstate_code text)
returns void
language plpgsql
immutable
parallel safe
as $$
declare
    longest constant bigint := pgvectorize_private._limit('property_name_characters', false);
    problem text := case
        when coalesce(property_name, '') = '' then 'is empty'
        when property_name like '$%' then 'begins with "$"'
        when property_name like '%.$%'
            then 'has a part that begins with "$"; write {"price": {"$lt": 100}}, not {"price.$lt": 100}'
        when property_name like '%"%' then 'contains a double quote'
        when char_length(property_name) > longest
            then format('has %s characters, at most %s are allowed', char_length(property_name), longest)
        when '' = any (string_to_array(property_name, '.')) then 'has an empty part between its dots'
    end;
begin
    if problem is not null then
        raise exception 'property name "%" %', left(property_name, 64), problem
            using errcode = sqlstate_code,
                  hint = 'A property name is a metadata key; dots join nested keys, as in "address.city".';
    end if;
end;
$$;

comment on function pgvectorize_private._check_property_name
    is 'Raise an error if a property cannot have this name.';
