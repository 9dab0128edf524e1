-- Whether an HNSW index is built as the catalog says. Postgres writes the indexed expression with
-- other parentheses than `_hnsw_key_sql`.
create or replace function pgvectorize_private._hnsw_matches_catalog(
    target  pgvectorize_private.indexes,
    hnsw    regclass
)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        regexp_replace(pg_get_indexdef(hnsw, 1, false), '[()" ]', '', 'g')
            = regexp_replace(pgvectorize_private._hnsw_key_sql(target, 'embedding'), '[()" ]', '', 'g')
        and opclass.opcname = pgvectorize_private._hnsw_opclass(target)
        and given.m = target.m and given.ef_construction = target.ef_construction
    from pg_index as index
    join pg_class as class on class.oid = index.indexrelid
    join pg_opclass as opclass on opclass.oid = index.indclass[0]
    cross join lateral (
        select
            coalesce(max(option_value) filter (where option_name = 'm'), '16')::integer as m,
            coalesce(max(option_value) filter (where option_name = 'ef_construction'), '64')::integer
                as ef_construction
        from pg_options_to_table(class.reloptions)
    ) as given
    where index.indexrelid = hnsw
$$;

comment on function pgvectorize_private._hnsw_matches_catalog
    is 'Whether an HNSW index is built as the catalog says.';
