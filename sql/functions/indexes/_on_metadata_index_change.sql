-- The trigger on the metadata indexes, which keeps the function of each index as they are. Two sessions
-- that change them take turns, as both would write the same row of Postgres' catalog.
create or replace function pgvectorize_private._on_metadata_index_change()
returns trigger
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize_private.indexes;
begin
    select indexes.* into target
    from pgvectorize_private.indexes
    where indexes.id = case tg_op when 'DELETE' then old.index_id else new.index_id end
    for no key update;
    if found then
        perform pgvectorize_private._create_search_function(target);
    end if;
    return null;
end;
$$;

comment on function pgvectorize_private._on_metadata_index_change
    is 'Keep the function of an index as its metadata indexes are.';
