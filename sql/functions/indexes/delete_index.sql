-- Delete an index with all its vectors. This waits for writers and readers of the index to end, and
-- refuses while another session builds it. The name can be used again at once.
create or replace function pgvectorize.delete_index(name text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target    pgvectorize_private.indexes := pgvectorize_private._find_index(name);
    has_table constant boolean := exists (  -- nobody dropped it by hand
        select from pg_class where oid = target.relation
    );
begin
    if has_table then
        perform pgvectorize_private._lock_exclusively(target);
    end if;
    perform pgvectorize_private._lock_row(target);
    if has_table then
        perform pgvectorize_private._execute_ddl(format('drop table %s', target.relation));
    end if;
    -- after the lock on the table, so that the last writer's mutation is deleted too
    delete from pgvectorize_private.mutations where mutations.index_id = target.id;
    delete from pgvectorize_private.queries where queries.index_id = target.id;
    delete from pgvectorize_private.recalls where recalls.index_id = target.id;
    delete from pgvectorize_private.recall_baselines where recall_baselines.index_id = target.id;
    delete from pgvectorize_private.namespace_indexes where namespace_indexes.index_id = target.id;
    delete from pgvectorize_private.indexes where indexes.id = target.id;
    -- after the index, so that nothing makes its function again
    delete from pgvectorize_private.metadata_indexes where metadata_indexes.index_id = target.id;
end;
$$;

comment on function pgvectorize.delete_index
    is 'Delete an index with all its vectors.';
