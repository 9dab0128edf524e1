-- Let a role read or write the catalog, as searches and writes do; `_grant_index` lets it into
-- the indexes. That it may select one column besides the whole table says nothing to
-- Postgres; to `list_grants` it says that this was granted, and not some of it by hand.
--
-- A writer may update and delete in the two tables that it appends to, because one write
-- in a hundred tidies them up. Functions may be executed by everybody, unless Postgres'
-- default was changed; the rights are those of the caller, so that alone is worth nothing.
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
        execute format('grant insert, update, delete on pgvectorize_private.mutations, pgvectorize_private.queries to %I', role);
        execute format('grant select (mutation_id) on pgvectorize_private.mutations to %I', role);
    end if;
end;
$$;

comment on function pgvectorize_private._grant_catalog
    is 'Let a role read or write the catalog.';
