-- Refuse a call that Vectorize does not have, if the index or the session is in strict mode. This is
-- the list of them; what an operator needs, such as builds and statistics, is never refused.
create or replace function pgvectorize_private._check_strict_call(is_strict boolean, call text)
returns void
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
    if is_strict then
        perform pgvectorize_private._refuse_as_vectorize('Vectorize has no ' || case call
            when 'delete'          then 'deletion by filter or namespace'
            when 'facets'          then 'facets'
            when 'list_vectors'    then 'choice in listings, which give ids'
            when 'query_many'      then 'query of several vectors'
            when 'truncate'        then 'deletion of all vectors'
            when 'update_metadata' then 'change of metadata alone'
        end);
    end if;
end;
$$;

comment on function pgvectorize_private._check_strict_call
    is 'Refuse a call that Vectorize does not have.';
