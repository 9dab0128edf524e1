-- The trigger on the catalog, which keeps the function of each index, and the privileges on the
-- index, as the catalog row says. The columns are those that `_create_search_function` depends on;
-- it takes milliseconds and writes to Postgres' catalog, so it does not run for others.
create or replace function pgvectorize_private._on_catalog_change()
returns trigger
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'DELETE' or tg_op = 'UPDATE' and old.name <> new.name then
        execute format(
            'drop function if exists pgvectorize_data.%I('
            '@vector@.vector, integer, boolean, text, jsonb, text[], boolean)',
            old.name
        );
    end if;
    if tg_op = 'INSERT'
        or tg_op = 'UPDATE' and (
            new.name, new.relation, new.dimensions, new.metric, new.storage, new.is_strict, new.is_counted,
            new.wants_hnsw, new.index_precision, new.m, new.ef_search
        ) is distinct from (
            old.name, old.relation, old.dimensions, old.metric, old.storage, old.is_strict, old.is_counted,
            old.wants_hnsw, old.index_precision, old.m, old.ef_search
        )
    then
        perform pgvectorize_private._create_search_function(new);
    end if;
    if tg_op = 'INSERT' or tg_op = 'UPDATE' and (new.name, new.relation) <> (old.name, old.relation) then
        perform pgvectorize_private._grant_index(new);
    end if;
    return null;
end;
$$;

comment on function pgvectorize_private._on_catalog_change
    is 'Keep the function of an index as its catalog row says.';
