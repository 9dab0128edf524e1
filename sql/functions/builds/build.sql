-- Build the HNSW index of an index: if it has none, or if it has other options than these; and
-- return how it was built. If the HNSW index is there as asked for, nothing happens. What a killed
-- build left behind is dropped.
--
-- m, ef_construction, index_precision
--          as for create_index; null keeps the present value
-- memory   the most that the build may use, such as '4GB'; by default maintenance_work_mem, and at
--          least 1GB. It uses what it needs, memory_needed; if that is more than it may use,
--          vectors_in_memory are built fast and the others many times as slowly
-- workers  processes that help; by default max_parallel_maintenance_workers
-- rebuild  build even if the HNSW index is there as asked for, as after an upgrade of pgvector or
--          after many deletions
--
-- Here the build runs in a transaction: writers of the index wait while it runs, and queries wait
-- from the moment the new HNSW index is put in its place until the transaction ends. The Python
-- client and the command line build it `concurrently`, which a function cannot do.
create or replace function pgvectorize.build(
    index            text,
    m                integer default null,
    ef_construction  integer default null,
    index_precision  text default null,
    memory           text default null,
    workers          integer default null,
    rebuild          boolean default false
)
returns pgvectorize.index_build
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set client_min_messages = warning
as $$
declare
    wanted    pgvectorize_private.indexes := pgvectorize_private._with_hnsw_options(
        pgvectorize_private._lock_index(index), m, ef_construction, index_precision
    );
    answer    pgvectorize.index_build := pgvectorize_private._plan_build(wanted, memory, workers);
    statement text;
begin
    answer.is_built := false;
    loop
        statement := pgvectorize_private._hnsw_step(wanted, rebuild, how => '');
        exit when statement is null;
        answer := pgvectorize_private._execute_build(wanted, statement, memory, workers);
    end loop;
    if answer.is_built then
        perform pgvectorize_private._try_analyze(wanted);
    end if;
    return answer;
end;
$$;

comment on function pgvectorize.build
    is 'Build the HNSW index of an index.';
