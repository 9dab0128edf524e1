-- Run the statement of a search under EXPLAIN ANALYZE and return its plan. This is a function of its own
-- because Postgres allows EXPLAIN only in volatile functions, and the functions that search are stable.
create or replace function pgvectorize_private._run_explain(
    statement     text,
    vector        @vector@.vector,
    max_distance  double precision
)
returns jsonb
language plpgsql
volatile
as $$
declare
    plan jsonb;
begin
    execute 'explain (analyze, format json) ' || statement into plan using vector, max_distance;
    return plan -> 0;
end;
$$;

comment on function pgvectorize_private._run_explain
    is 'Run the statement of a search and return its plan.';
