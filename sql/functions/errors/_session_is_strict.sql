-- Whether the session is in strict mode: `set pgvectorize.strict = on`. A client made with
-- strict=True sets that on its connections.
create or replace function pgvectorize_private._session_is_strict()
returns boolean
language sql
stable
parallel safe
as $$
    select case
        when pg_catalog.current_setting('pgvectorize.strict', true) operator(pg_catalog.<>) ''
            then pg_catalog.current_setting('pgvectorize.strict', true)::boolean
        else false
    end
$$;

comment on function pgvectorize_private._session_is_strict
    is 'Whether the session asks for strict mode.';
