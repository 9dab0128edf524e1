-- Name an HNSW index that is built to take the place of another, or its place for the
-- first time. The name tells how it is built, so that a valid one that is found under
-- it is what is wanted, whoever began to build it.
--
-- namespace  of the HNSW index of that namespace; null for that of all vectors
create or replace function pgvectorize_private._new_hnsw_name(wanted pgvectorize_private.indexes, namespace text)
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
    is 'Name of an HNSW index that is to take its place.';
