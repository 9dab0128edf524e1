-- Write a whole number with commas: 1,234,567.
create or replace function pgvectorize_private._format_integer(number bigint)
returns text
language sql
immutable
parallel safe
as $$
    select ltrim(to_char(number, '9,999,999,999,999,990'))
$$;

comment on function pgvectorize_private._format_integer
    is 'A whole number as people read it.';
