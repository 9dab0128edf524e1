-- Return the catalog row of an index as it would be with another HNSW index; null
-- keeps what it is. Refuses what pgvector would.
create or replace function pgvectorize._wanted_hnsw(
    target           pgvectorize.indexes,
    m                integer,
    ef_construction  integer,
    index_precision  text
)
returns pgvectorize.indexes
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
    target.m := coalesce(m, target.m);
    target.ef_construction := coalesce(ef_construction, greatest(target.ef_construction, 2 * target.m));
    target.index_precision := coalesce(index_precision, target.index_precision);
    perform pgvectorize._check_graph(
        target.dimensions, target.storage, target.index_precision, target.m, target.ef_construction
    );
    return target;
end;
$$;

comment on function pgvectorize._wanted_hnsw(pgvectorize.indexes, integer, integer, text)
    is 'The catalog row of an index with another HNSW index.';
