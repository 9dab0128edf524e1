-- Create an HNSW index of its own for a big namespace, and return how. A query in that one
-- namespace, with a filter or without, then walks only its vectors; others do not
-- use it. To create the same one again does nothing, and what a killed build left
-- behind is mended.
--
-- A namespace earns one when it holds many thousands of vectors, and yet few of all:
-- one of a few thousand is searched exactly in no more time, and one of half the
-- index by the HNSW index of all. A write into the namespace then keeps two HNSW indexes
-- up to date, and each one takes its room on disk; at most 8 are allowed.
-- It has the precision and the parameters of the HNSW index of all, and changes
-- with them: `build` builds it, too, and `drop_hnsw` drops it, until `build`.
--
-- Writers of the index wait while it is built. The Python client and the
-- command line build it `concurrently`, which a function cannot.
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
