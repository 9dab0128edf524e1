-- Return the strings that a condition of a filter allows, for a property with a metadata index of type
-- string. The array is null for a condition that `_filter_sql` has to compile, or to refuse. The metadata index
-- has the first 512 characters of a string, so longer ones are left to `_filter_sql`, too.
create or replace function pgvectorize_private._string_bound(condition jsonb)
returns text[]
language plpgsql
immutable
parallel safe
as $$
begin
    if jsonb_typeof(condition) = 'object' and condition - '$eq' = '{}' then
        condition := condition -> '$eq';
    elsif jsonb_typeof(condition) = 'object' and condition - '$in' = '{}'
        and jsonb_typeof(condition -> '$in') = 'array' and condition <> '{"$in": []}'
    then
        return (
            select case
                when bool_and(jsonb_typeof(element) = 'string' and char_length(element #>> '{}') < 512)
                    then array_agg(element #>> '{}')
            end
            from jsonb_array_elements(condition -> '$in') as listed (element)
        );
    end if;
    return case
        when jsonb_typeof(condition) = 'string' and char_length(condition #>> '{}') < 512
            then array[condition #>> '{}']
    end;
end;
$$;

comment on function pgvectorize_private._string_bound
    is 'The strings that a condition allows.';
