-- Create an HNSW index for one big namespace, and return how it was built. A query in that
-- namespace, with a filter or without, then searches only its vectors; other queries do not use
-- this HNSW index. If the namespace has one, nothing happens. What a killed build left behind is dropped.
--
-- This is worth it for a namespace of many thousands of vectors that is yet a small part of the
-- index. A namespace of a few thousand is searched exactly in no more time, and one of half the
-- index is searched as well with the HNSW index of all vectors. A write into the namespace updates
-- two HNSW indexes, and each takes disk space; at most 8 are allowed. It has the precision and the
-- options of the HNSW index of all vectors and changes with them: `build` builds both, `drop_hnsw`
-- drops both.
--
-- Writers of the index wait while it is built. The Python client and the command line build it
-- `concurrently`, which a function cannot do.
create or replace function pgvectorize.create_namespace_index(
    index      text,
    namespace  text
)
returns pgvectorize.index_build
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set client_min_messages = warning
as $$
declare
    target    pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    answer    pgvectorize.index_build := pgvectorize_private._plan_namespace_hnsw_build(target, namespace);
    tried     pgvectorize.index_build;
    statement text;
begin
    answer.is_built := false;
    loop
        statement := pgvectorize_private._namespace_hnsw_step(target, namespace, how => '');
        exit when statement is null;
        tried := pgvectorize_private._execute_build(target, statement, answer.memory::text, null);
        answer.is_built := true;
        answer.workers := tried.workers;
    end loop;
    return answer;
end;
$$;

comment on function pgvectorize.create_namespace_index
    is 'Create an HNSW index of its own for a namespace.';
