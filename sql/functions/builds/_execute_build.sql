-- Run a statement that builds an HNSW index, within the caller's transaction, with the memory and
-- the workers of `_plan_build`, or with less if the server does not have so much. The settings are
-- then restored.
create or replace function pgvectorize_private._execute_build(
    target     pgvectorize_private.indexes,
    statement  text,
    memory     text,
    workers    integer
)
returns pgvectorize.index_build
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    plan   pgvectorize.index_build;
    before jsonb;
begin
    perform pgvectorize_private._lock_exclusively(target, 'share');
    select jsonb_object_agg(settings.name, current_setting(settings.name)) into before
    from pgvectorize_private._build_settings(0, 0) as settings;
    for attempt in 0..2 loop
        plan := pgvectorize_private._plan_build(target, memory, workers, attempt);
        perform pgvectorize_private._set_build_settings(plan.memory, plan.workers, is_local => true);
        begin
            perform pgvectorize_private._execute_ddl(statement);
            exit;
        exception when disk_full or out_of_memory then  -- disk_full means shared memory too
            if attempt = 2 then
                raise;
            end if;
        end;
    end loop;
    perform set_config(settings.key, settings.value, true) from jsonb_each_text(before) as settings;
    return plan;
end;
$$;

comment on function pgvectorize_private._execute_build
    is 'Build an HNSW index within the caller''s transaction.';
