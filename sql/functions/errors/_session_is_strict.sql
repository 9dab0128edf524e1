-- Whether the session is in strict mode: `set pgvectorize.strict = on`. A client made with
-- strict=True sets that on its connections.
create or replace function pgvectorize_private._session_is_strict()
returns boolean
language sql
stable
parallel safe
as $$
    select case
        when pg_catalog.current_setting('pgvectorize.strict', true) operator(pg_catalog.<>) '' is not true
            then false
        when pg_catalog.lower(pg_catalog.current_setting('pgvectorize.strict', true))
            operator(pg_catalog.=) any (array['on', 'true', 'yes', '1'])
            then true
        when pg_catalog.lower(pg_catalog.current_setting('pgvectorize.strict', true))
            operator(pg_catalog.=) any (array['off', 'false', 'no', '0'])
            then false
        else pgvectorize_private._refuse_request(
            pg_catalog.format(
                'pgvectorize.strict is "%s"', pg_catalog.current_setting('pgvectorize.strict', true)
            ),
            'Set it to on or off.'
        ) is not null
    end
$$;

comment on function pgvectorize_private._session_is_strict
    is 'Whether the session asks for strict mode.';
