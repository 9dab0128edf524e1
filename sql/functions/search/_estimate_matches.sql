-- Return how many rows of a table the planner expects to satisfy a predicate. This is a function of its own
-- because Postgres allows EXPLAIN only in volatile functions, and the functions that search are stable.
create or replace function pgvectorize_private._estimate_matches(
    relation   regclass,
    predicate  text
)
returns double precision
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    plan jsonb;
begin
    execute format('explain (format json) select from %s as stored where %s', relation, predicate) into plan;
    return (plan #> '{0,Plan,Plan Rows}')::double precision;
end;
$$;

comment on function pgvectorize_private._estimate_matches
    is 'How many rows the planner expects to satisfy a predicate.';
