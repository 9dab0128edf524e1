-- Lock the table of an index until the transaction ends, whatever its name is by then. Another
-- session may have deleted or renamed the index since its catalog row was read; if it was deleted,
-- an error says so.
--
-- mode  as in `lock table`: 'access share' for readers, 'row exclusive' for writers
-- how   'nowait' or ''
--
-- Whoever changes the catalog rows of an index takes this lock first, so that two sessions cannot
-- deadlock.
create or replace function pgvectorize_private._lock_table(
    target  pgvectorize_private.indexes,
    mode    text,
    how     text default ''
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    relation text;
begin
    loop
        -- Its name, or a number once it is gone. No query can tell in a transaction that keeps its
        -- first snapshot: there a table that others have dropped is still in pg_class.
        relation := target.relation;
        if relation = target.relation::oid::text then
            perform pgvectorize_private._refuse_unknown_index(target.name);
        end if;
        begin
            execute format('lock table %s in %s mode %s', relation, mode, how);
            -- in this block: after a lock that failed the name may be the old one again
            exit when target.relation::text = relation;  -- not renamed while this waited
        exception when undefined_table then
            null;  -- it was renamed or dropped just now
        when deadlock_detected then  -- with a build, which waits for this snapshot to end
            raise exception 'index "%" is locked by another session, which waits for this one', target.name
                using errcode = 'PV007', hint = 'Try again when its HNSW index or metadata index is built.';
        end;
    end loop;
end;
$$;

comment on function pgvectorize_private._lock_table
    is 'Lock the table of an index.';
