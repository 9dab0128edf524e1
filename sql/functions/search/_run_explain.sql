-- Run the statement of a search and return Postgres' plan of it. A function of its own,
-- as Postgres allows EXPLAIN in volatile functions only, and those that search are stable.
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
    is 'Postgres'' plan of the statement of a search, which is run.';
