-- Write a size in megabytes, rounded up, as settings and options spell it: 2150MB.
create or replace function pgvectorize_private._format_megabytes(bytes double precision)
returns text
language sql
immutable
parallel safe
as $$
    select ceil(bytes / 1048576) || 'MB'
$$;

comment on function pgvectorize_private._format_megabytes
    is 'A size in megabytes, rounded up.';
