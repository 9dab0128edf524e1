-- Name a new HNSW index that is not in its place yet. The name tells how it is built, so a valid
-- one of that name is as wanted, whichever session began to build it. `_is_new_hnsw_name`
-- recognizes such names.
--
-- namespace  null for the HNSW index of all vectors
create or replace function pgvectorize_private._new_hnsw_name(
    wanted     pgvectorize_private.indexes,
    namespace  text
)
returns text
language sql
immutable
parallel safe
as $$
    select format(
        '%s_new_%s',
        case
            when namespace is null then pgvectorize_private._hnsw_name(wanted.id)
            else pgvectorize_private._namespace_hnsw_name(wanted.id, namespace)
        end,
        left(md5(pgvectorize_private._hnsw_definition_sql(wanted)), 8)
    )
$$;

comment on function pgvectorize_private._new_hnsw_name
    is 'Name of an HNSW index that is not in its place yet.';
