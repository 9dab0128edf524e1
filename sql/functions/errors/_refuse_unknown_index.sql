-- Raise the error that no index has this name.
create or replace function pgvectorize_private._refuse_unknown_index(name text)
returns void
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
    if pgvectorize_private._session_is_strict() then
        perform pgvectorize_private._refuse_as_vectorize(
            format('vectorize.index.not_found - Index name "%s"', coalesce(name, '')), 3000, 'PV001'
        );
    end if;
    raise exception 'index "%" does not exist', coalesce(name, '')
        using errcode = 'PV001',
              hint = 'Create it first, or list the indexes that there are.';
end;
$$;

comment on function pgvectorize_private._refuse_unknown_index
    is 'Raise the error that no index has this name.';
