-- Take the next step towards a new HNSW index of a namespace, beside the one in use, if
-- there is one: return the statement that must be run now, or null when it is built.
-- As in `_hnsw_step`, its name tells how it is built, and what a killed build left is
-- dropped.
create or replace function pgvectorize._namespace_graph_step(
    wanted     pgvectorize.indexes,
    namespace  text,
    how        text  -- 'concurrently' or ''
)
returns text
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set client_min_messages = warning
as $$
declare
    new_name  text := pgvectorize._new_relation_name(wanted, namespace);
    is_locked boolean := false;
begin
    loop
        if pgvectorize._is_valid(new_name) then
            return null;
        end if;
        exit when is_locked;
        perform pgvectorize._claim_build(wanted);
        is_locked := true;  -- look once more: a build may have ended just now
    end loop;

    perform pgvectorize._alter(format('drop index if exists pgvectorize_data.%I', new_name));
    if how <> '' then
        perform pgvectorize._expect_graphs(wanted);
    end if;
    return format(
        'create index %s if not exists %I on %s %s where %s',
        how, new_name, wanted.relation, pgvectorize._hnsw_sql(wanted),
        pgvectorize._namespace_sql('namespace', namespace)
    );
end;
$$;

comment on function pgvectorize._namespace_graph_step(pgvectorize.indexes, text, text)
    is 'The next statement towards a new HNSW index of a namespace, or null.';
