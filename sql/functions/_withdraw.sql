-- Take from a role what `_allow` and `_share` gave it.
create or replace function pgvectorize._withdraw(role text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format('revoke all on all tables in schema pgvectorize, pgvectorize_data from %I', role);
    execute format('revoke all on all functions in schema pgvectorize, pgvectorize_data from %I', role);
    execute format('revoke all on schema pgvectorize, pgvectorize_data from %I', role);
end;
$$;

comment on function pgvectorize._withdraw(text)
    is 'Take from a role what it was granted.';
