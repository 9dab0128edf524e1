-- Find an index by its name; every public function begins here, or with `_hold`, if it
-- reads or writes the table.
create or replace function pgvectorize._index(name text)
returns pgvectorize.indexes
language plpgsql
stable
parallel safe
as $$
declare
    target pgvectorize.indexes;
begin
    select indexes.* into target
    from pgvectorize.indexes
    where indexes.name = _index.name;
    if not found then
        perform pgvectorize._refuse_unknown(name);
    end if;
    target.is_strict := target.is_strict or pgvectorize._is_strict();
    return target;
end;
$$;

comment on function pgvectorize._index(text)
    is 'The catalog row of an index, or an error when there is none.';
