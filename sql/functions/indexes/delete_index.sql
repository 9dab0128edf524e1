-- Delete an index with all its vectors. It waits for writers and readers of the
-- index to end; the name can be used again at once.
create or replace function pgvectorize.delete_index(name text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize.indexes;
begin
    perform pg_advisory_xact_lock(hashtextextended('pgvectorize index ' || name, 0));
    target := pgvectorize._index(name);
    if exists (select from pg_class as class where class.oid = target.relation) then  -- nobody dropped it by hand
        perform pgvectorize._lock(target, 'access exclusive');
        perform pgvectorize._alter(format('drop table %s', target.relation));
    end if;
    -- after the table, so that the last writer's mutation is seen and goes too
    delete from pgvectorize.mutations where mutations.index_id = target.id;
    delete from pgvectorize.queries where queries.index_id = target.id;
    delete from pgvectorize.recalls where recalls.index_id = target.id;
    delete from pgvectorize.metadata_indexes where metadata_indexes.index_id = target.id;
    delete from pgvectorize.namespace_indexes where namespace_indexes.index_id = target.id;
    delete from pgvectorize.indexes where indexes.id = target.id;
end;
$$;

comment on function pgvectorize.delete_index(text)
    is 'Delete an index with all its vectors.';
