-- Find an index by its name, or raise an error. Every public function begins here, or with
-- `_lock_index` if it reads or writes the table.
create or replace function pgvectorize_private._find_index(name text)
returns pgvectorize_private.indexes
language plpgsql
stable
parallel safe
as $$
declare
    target pgvectorize_private.indexes;
begin
    select indexes.* into target
    from pgvectorize_private.indexes
    where indexes.name operator(pg_catalog.=) _find_index.name;
    if not found then
        perform pgvectorize_private._refuse_unknown_index(name);
    end if;
    target.is_strict := target.is_strict or pgvectorize_private._session_is_strict();
    return target;
end;
$$;

comment on function pgvectorize_private._find_index
    is 'The catalog row of an index, or an error when there is none.';
