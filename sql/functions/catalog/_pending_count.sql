-- Count the pending vectors of an index: those that have content but no values yet. A partial index
-- holds them, so this takes as long as there are any.
create or replace function pgvectorize_private._pending_count(target pgvectorize_private.indexes)
returns bigint
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    number bigint;
begin
    execute format('select count(*) from %s where embedding is null', target.relation) into number;
    return number;
end;
$$;

comment on function pgvectorize_private._pending_count
    is 'How many vectors have no values yet.';
