-- Take the next step towards an HNSW index: return the statement that must be run
-- now, or null when it is built and in use. As with `_metadata_index_step`, the
-- caller runs the statement and comes back, and can begin anywhere:
--
--     in use, and as wanted           → nothing, unless it is to be rebuilt
--     a new one beside it, valid      → the same for each namespace that has one; then
--                                       put all in their places
--     none, INVALID, or another kind  → drop the leftovers, create it beside
--
-- The name of a new one tells how it is built, so that a valid one that is found
-- under it is what is wanted, whoever began to build it. To put it in its place
-- takes an ACCESS EXCLUSIVE lock for as long as it takes to rename it; until then
-- queries use the old one. The catalog learns how it is built in the same moment.
--
-- wanted      the catalog row as it is to be
-- is_rebuild  build anew what is there already
-- how         'concurrently' or ''
create or replace function pgvectorize._hnsw_step(
    wanted      pgvectorize.indexes,
    is_rebuild  boolean,
    how         text
)
returns text
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    new_name  text := pgvectorize._new_relation_name(wanted, null);
    built     regclass;
    namespace text;
    statement text;
    is_locked boolean := false;
begin
    if not is_rebuild and exists (
        select from pgvectorize.indexes as known
        join pg_index as index on index.indexrelid = pgvectorize._hnsw(wanted) and index.indisvalid
        where known.id = wanted.id
            and (known.index_precision, known.m, known.ef_construction)
                = (wanted.index_precision, wanted.m, wanted.ef_construction)
    ) then
        begin
            perform pgvectorize._claim_build(wanted);
            perform pgvectorize._drop_builds(wanted);
        exception when sqlstate 'PV007' then
            null;  -- somebody builds another; this one is as wanted
        end;
        return null;
    end if;

    loop
        select index.indexrelid::regclass into built
        from pg_index as index
        where index.indexrelid = to_regclass(format('pgvectorize_data.%I', new_name)) and index.indisvalid;
        if found then
            foreach namespace in array pgvectorize._namespaces_indexed(wanted) loop
                statement := pgvectorize._namespace_graph_step(wanted, namespace, how);
                if statement is not null then
                    return statement;
                end if;
            end loop;
            perform pgvectorize._put_hnsw(wanted, built);
            return null;
        end if;
        exit when is_locked;
        perform pgvectorize._claim_build(wanted);
        is_locked := true;  -- look once more: a build may have ended just now
    end loop;

    perform pgvectorize._drop_builds(wanted);
    if how <> '' then
        perform pgvectorize._expect_graphs(wanted);
    end if;
    return format(
        'create index %s if not exists %I on %s %s', how, new_name, wanted.relation, pgvectorize._hnsw_sql(wanted)
    );
end;
$$;

comment on function pgvectorize._hnsw_step(pgvectorize.indexes, boolean, text)
    is 'The next statement towards an HNSW index, or null.';
