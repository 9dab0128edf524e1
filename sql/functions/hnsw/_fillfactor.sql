-- The fillfactor of an index's table. The free space takes new versions of rows on the page of the
-- old ones, which then need no new entry in any Postgres index (see `update_metadata`). Beyond 2
-- kB the values lie out of line and the rest of a row is small, so 50 leaves space for a new
-- version of every row.
create or replace function pgvectorize_private._fillfactor(dimensions integer, storage text)
returns integer
language sql
immutable
parallel safe
as $$
    select case when pgvectorize_private._value_bytes(dimensions, storage) > 1900 then 50 else 90 end
$$;

comment on function pgvectorize_private._fillfactor
    is 'Fillfactor of an index''s table.';
