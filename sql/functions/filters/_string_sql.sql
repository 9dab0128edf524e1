-- Write the expression for a jsonb value as text in code-point order, null where
-- it is no string.
create or replace function pgvectorize._string_sql(value text)
returns text
language sql
immutable
parallel safe
as $$
    select format('(case when jsonb_typeof(%1$s) = ''string'' then %1$s #>> ''{}'' end collate "C")', value)
$$;

comment on function pgvectorize._string_sql(text)
    is 'Expression for a jsonb value as text.';
