-- Return the catalog row of an index as it would be with other HNSW options; null keeps an option.
-- Refuses what pgvector would refuse.
create or replace function pgvectorize_private._with_hnsw_options(
    target           pgvectorize_private.indexes,
    m                integer,
    ef_construction  integer,
    index_precision  text
)
returns pgvectorize_private.indexes
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
    target.m := coalesce(m, target.m);
    target.ef_construction := coalesce(
        ef_construction,
        greatest(target.ef_construction, pgvectorize_private._default_ef_construction(target.m))
    );
    target.index_precision := coalesce(index_precision, target.index_precision);
    perform pgvectorize_private._check_hnsw_options(
        target.dimensions, target.storage, target.index_precision, target.m, target.ef_construction
    );
    return target;
end;
$$;

comment on function pgvectorize_private._with_hnsw_options
    is 'The catalog row of an index with another HNSW index.';
