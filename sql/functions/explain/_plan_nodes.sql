-- Return the nodes of a plan that read tables or indexes, from the output of
-- EXPLAIN (FORMAT JSON). After EXPLAIN ANALYZE, rows and rows_removed are the sums of all loops.
create or replace function pgvectorize_private._plan_nodes(
    plan               jsonb,
    out node_type      text,
    out relation_name  text,
    out index_name     text,
    out rows           bigint,
    out rows_removed   bigint
)
returns setof record
language sql
immutable
parallel safe
as $$
    with recursive nodes (node) as (
        select plan -> 'Plan'
        union all
        select inner_nodes.node
        from nodes
        cross join lateral jsonb_array_elements(nodes.node -> 'Plans') as inner_nodes (node)
    )
    select
        node ->> 'Node Type', node ->> 'Relation Name', node ->> 'Index Name',
        round((node ->> 'Actual Rows')::numeric * loops)::bigint,
        round(
            coalesce((node ->> 'Rows Removed by Filter')::numeric, 0) * loops
            + coalesce((node ->> 'Rows Removed by Index Recheck')::numeric, 0) * loops
        )::bigint
    from nodes
    cross join lateral (select coalesce((node ->> 'Actual Loops')::numeric, 1)) as counted (loops)
    where node ? 'Relation Name' or node ? 'Index Name'
$$;

comment on function pgvectorize_private._plan_nodes
    is 'The nodes of a plan that read tables or indexes.';
