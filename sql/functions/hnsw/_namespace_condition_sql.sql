-- Write the condition that a row is in a namespace. The HNSW index of a namespace and the
-- predicate of a search both use it, so that the planner and `_namespace_hnsw_of_predicate` can
-- match them; no other function may spell it.
create or replace function pgvectorize_private._namespace_condition_sql(value text, namespace text)
returns text
language sql
immutable
parallel safe
as $$
    select format('%s operator(pg_catalog.=) %L', value, namespace)
$$;

comment on function pgvectorize_private._namespace_condition_sql
    is 'Condition that a row is in a namespace.';
