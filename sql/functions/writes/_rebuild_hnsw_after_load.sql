-- Build the HNSW index that `_drop_hnsw_for_load` dropped, with the same options. Parameters are
-- those of `build`.
create or replace function pgvectorize_private._rebuild_hnsw_after_load(
    index    text,
    memory   text,
    workers  integer
)
returns pgvectorize.index_build
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target    pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    answer    pgvectorize.index_build;
    namespace text;
begin
    answer := pgvectorize_private._execute_build(
        target,
        format(
            'create index %I on %s %s',
            pgvectorize_private._hnsw_name(target.id), target.relation,
            pgvectorize_private._hnsw_definition_sql(target)
        ),
        memory, workers
    );
    foreach namespace in array pgvectorize_private._namespaces_with_hnsw(target) loop
        perform pgvectorize_private._execute_build(
            target,
            format(
                'create index if not exists %I on %s %s where %s',
                pgvectorize_private._namespace_hnsw_name(target.id, namespace), target.relation,
                pgvectorize_private._hnsw_definition_sql(target),
                pgvectorize_private._namespace_condition_sql('namespace', namespace)
            ),
            memory, workers
        );
    end loop;
    perform pgvectorize_private._drop_leftover_hnsw(target);
    perform pgvectorize_private._store_hnsw_options(target);
    return answer;
end;
$$;

comment on function pgvectorize_private._rebuild_hnsw_after_load
    is 'Build the HNSW index that was dropped for a load.';
