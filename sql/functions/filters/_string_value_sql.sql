-- Write the expression for a jsonb value as text in code-point order, null where
-- it is no string.
create or replace function pgvectorize_private._string_value_sql(value text)
returns text
language sql
immutable
parallel safe
as $$
    select format('(case when jsonb_typeof(%1$s) = ''string'' then %1$s #>> ''{}'' end collate "C")', value)
$$;

comment on function pgvectorize_private._string_value_sql
    is 'Expression for a jsonb value as text.';
