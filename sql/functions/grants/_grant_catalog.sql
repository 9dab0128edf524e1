-- Let a role read or write the catalog, as searches and writes do; `_grant_index` gives it access
-- to the indexes. The privilege to select one column, beside the whole table, adds nothing in
-- Postgres; it tells `list_grants` that this function granted the rest.
--
-- A writer may update and delete in the two tables that it appends to, because one write in a
-- hundred deletes old rows there. Functions run with the caller's privileges, so to execute them
-- gives nothing by itself; it is granted in case the database's default was changed.
create or replace function pgvectorize_private._grant_catalog(role text, access text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format('grant usage on schema pgvectorize, pgvectorize_private, pgvectorize_data to %I', role);
    execute format('grant select on all tables in schema pgvectorize_private to %I', role);
    execute format('grant select (id) on pgvectorize_private.indexes to %I', role);
    execute format('grant execute on all functions in schema pgvectorize, pgvectorize_private to %I', role);
    if access = 'writer' then
        execute format(
            'grant insert, update, delete on pgvectorize_private.mutations, pgvectorize_private.queries '
            'to %I', role
        );
        execute format('grant select (mutation_id) on pgvectorize_private.mutations to %I', role);
    end if;
end;
$$;

comment on function pgvectorize_private._grant_catalog
    is 'Let a role read or write the catalog.';
