-- Return a version as an array that compares as versions do. What follows its numbers is
-- ignored.
create or replace function pgvectorize_private._parse_version(text text)
returns integer[]
language sql
immutable
parallel safe
as $$
    select string_to_array(substring(_parse_version.text from '^[0-9]+(?:[.][0-9]+)*'), '.')::integer[]
$$;

comment on function pgvectorize_private._parse_version
    is 'A version as numbers.';
