-- Return which HNSW index a plan uses, in words; null if it uses none.
create or replace function pgvectorize_private._hnsw_in_plan(target pgvectorize_private.indexes, plan jsonb)
returns text
language sql
stable
parallel safe
as $$
    select pgvectorize_private._describe_postgres_index(target, node.index_name)
    from pgvectorize_private._plan_nodes(plan) as node
    join pg_catalog.pg_index as index on index.indrelid = target.relation
    join pg_catalog.pg_class as class on class.oid = index.indexrelid and class.relname = node.index_name
    join pg_catalog.pg_am as method on method.oid = class.relam and method.amname = 'hnsw'
    limit 1
$$;

comment on function pgvectorize_private._hnsw_in_plan
    is 'Which HNSW index a plan uses, in words.';
