-- Write the expression that reads a jsonb value as text in code-point order. It is null if the value is
-- not a string.
create or replace function pgvectorize_private._string_value_sql(value text)
returns text
language sql
immutable
parallel safe
as $$
    select format('(case when jsonb_typeof(%1$s) = ''string'' then %1$s #>> ''{}'' end collate "C")', value)
$$;

comment on function pgvectorize_private._string_value_sql
    is 'The expression that reads a jsonb value as text.';
