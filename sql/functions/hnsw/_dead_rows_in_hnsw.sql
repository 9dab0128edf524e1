-- Estimate how many dead rows the HNSW index of an index holds, by its size: at most so many as the table has,
-- and none after a build, which leaves them out. Postgres counts rows only for the table, where they are dead
-- until a vacuum. An HNSW index that was just built is up to 2 % larger than calculated.
create or replace function pgvectorize_private._dead_rows_in_hnsw(
    target     pgvectorize_private.indexes,
    live_rows  bigint,
    dead_rows  bigint
)
returns bigint
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select greatest(least(dead_rows, round((hnsw.bytes - sizes.none) / sizes.one - live_rows)), 0)::bigint
    from coalesce(pg_relation_size(pgvectorize_private._hnsw_index(target)), 0) as hnsw (bytes)
    cross join lateral (
        select
            formula.bytes as none,
            pgvectorize_private._hnsw_bytes(1, target.dimensions, target.index_precision, target.m)
                - formula.bytes as one
        from pgvectorize_private._hnsw_bytes(
            0, target.dimensions, target.index_precision, target.m
        ) as formula (bytes)
    ) as sizes
$$;

comment on function pgvectorize_private._dead_rows_in_hnsw
    is 'About how many dead rows an HNSW index holds.';
