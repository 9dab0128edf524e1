-- Update the planner's statistics of an index, as after a load. If the caller may not do that, or
-- would wait for a build that may wait for this transaction, this leaves it to autovacuum.
create or replace function pgvectorize_private._try_analyze(target pgvectorize_private.indexes)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    if not pgvectorize_private._is_owner(target.relation) then
        return;
    end if;
    perform pgvectorize_private._lock_table(target, 'share update exclusive', 'nowait');
    execute format('analyze %s', target.relation);
exception when lock_not_available or insufficient_privilege or sqlstate 'PV001' then
    null;
end;
$$;

comment on function pgvectorize_private._try_analyze
    is 'Update the statistics of an index.';
