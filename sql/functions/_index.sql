-- Find an index by its name; every public function begins here.
create or replace function pgvectorize._index(name text)
returns pgvectorize.indexes
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize.indexes;
begin
    select indexes.* into target
    from pgvectorize.indexes
    where indexes.name = _index.name;
    if not found then
        raise exception 'index "%" does not exist', coalesce(name, '')
            using errcode = 'PV001',
                  hint = 'Create it first, or list the indexes that there are.';
    end if;
    return target;
end;
$$;

comment on function pgvectorize._index(text)
    is 'The catalog row of an index, or an error when there is none.';
