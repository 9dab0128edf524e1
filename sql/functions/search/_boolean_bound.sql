-- Return what a condition of a filter demands of a property with a metadata index of type boolean. It is
-- null for a condition that `_filter_sql` has to compile, or to refuse.
create or replace function pgvectorize_private._boolean_bound(condition jsonb)
returns boolean
language sql
immutable
parallel safe
as $$
    select case
        when jsonb_typeof(condition) = 'boolean' then condition::boolean
        when condition = '{"$eq": true}' then true
        when condition = '{"$eq": false}' then false
    end
$$;

comment on function pgvectorize_private._boolean_bound
    is 'What a condition demands of a boolean.';
