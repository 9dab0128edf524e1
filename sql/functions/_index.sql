-- Find an index by its name; every public function begins here.
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
    if not found and pgvectorize._is_strict() then
        perform pgvectorize._refuse_strictly(
            format('vectorize.index.not_found - Index name "%s"', coalesce(name, '')), 3000, 'PV001'
        );
    elsif not found then
        raise exception 'index "%" does not exist', coalesce(name, '')
            using errcode = 'PV001',
                  hint = 'Create it first, or list the indexes that there are.';
    end if;
    target.is_strict := target.is_strict or pgvectorize._is_strict();
    return target;
end;
$$;

comment on function pgvectorize._index(text)
    is 'The catalog row of an index, or an error when there is none.';
