-- Build the HNSW index that `_set_hnsw_aside` dropped, as it was; parameters are
-- those of `build`.
create or replace function pgvectorize._bring_hnsw_back(index text, memory text, workers integer)
returns pgvectorize.index_build
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target    pgvectorize.indexes := pgvectorize._hold(index);
    answer    pgvectorize.index_build;
    namespace text;
begin
    answer := pgvectorize._run_build(
        target,
        format(
            'create index %I on %s %s',
            pgvectorize._relation_name(target.id, 'embedding_hnsw'), target.relation, pgvectorize._hnsw_sql(target)
        ),
        memory, workers
    );
    foreach namespace in array pgvectorize._namespaces_indexed(target) loop
        perform pgvectorize._run_build(
            target,
            format(
                'create index if not exists %I on %s %s where %s',
                pgvectorize._namespace_relation_name(target.id, namespace), target.relation,
                pgvectorize._hnsw_sql(target), pgvectorize._namespace_sql('namespace', namespace)
            ),
            memory, workers
        );
    end loop;
    perform pgvectorize._drop_builds(target);
    perform pgvectorize._enter_hnsw(target);
    return answer;
end;
$$;

comment on function pgvectorize._bring_hnsw_back(text, text, integer)
    is 'Build the HNSW index that was dropped for a load.';
