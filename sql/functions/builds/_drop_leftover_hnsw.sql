-- Drop what builds of HNSW indexes left beside the one in use: INVALID ones from builds that were
-- killed, and valid ones that were not put in their place. The HNSW index in use is dropped too if
-- it is INVALID. The caller has the lock of `_lock_for_build`.
create or replace function pgvectorize_private._drop_leftover_hnsw(target pgvectorize_private.indexes)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    leftover regclass;
begin
    for leftover in
        select index.indexrelid::regclass
        from pg_index as index
        join pg_class as class on class.oid = index.indexrelid
        where index.indrelid = target.relation
            and (
                pgvectorize_private._is_new_hnsw_name(target.id, class.relname)
                or class.relname = pgvectorize_private._hnsw_name(target.id) and not index.indisvalid
            )
    loop
        perform pgvectorize_private._lock_exclusively(target);
        perform pgvectorize_private._execute_ddl(format('drop index %s', leftover));
    end loop;
end;
$$;

comment on function pgvectorize_private._drop_leftover_hnsw
    is 'Drop what builds of HNSW indexes left behind.';
