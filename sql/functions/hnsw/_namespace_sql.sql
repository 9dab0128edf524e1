-- Write the condition that a row is in a namespace. The HNSW index of a namespace and
-- the predicates of searches both use it, so that the planner, and `_namespace_graph`,
-- can match the two; nothing else may spell it.
create or replace function pgvectorize._namespace_sql(value text, namespace text)
returns text
language sql
immutable
parallel safe
as $$
    select format('%s = %L', value, namespace)
$$;

comment on function pgvectorize._namespace_sql(text, text)
    is 'Condition that a row is in a namespace.';
