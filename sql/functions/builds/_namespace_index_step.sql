-- Take the next step towards an HNSW index of a namespace: return the statement that
-- must be run now, or null when it is built and in use. As with `_metadata_index_step`,
-- the caller runs the statement and comes back, and can begin anywhere:
--
--     in the catalog, valid   → nothing
--     a new one, valid        → put it in its place, enter it
--     none, or INVALID        → drop the leftover, create it
--
-- The row of the catalog is locked while it is put in its place, and by `_put_hnsw`, so
-- that it is of one precision with the HNSW index of all vectors.
create or replace function pgvectorize._namespace_index_step(
    target     pgvectorize.indexes,
    namespace  text,
    how        text  -- 'concurrently' or ''
)
returns text
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    statement text;
begin
    perform pgvectorize._check_namespace_index(target, namespace);
    if exists (
        select from pgvectorize.namespace_indexes as indexes
        where indexes.index_id = target.id and indexes.namespace = _namespace_index_step.namespace
    ) and pgvectorize._is_valid(pgvectorize._namespace_relation_name(target.id, namespace)) then
        return null;
    end if;

    statement := pgvectorize._namespace_graph_step(target, namespace, how);
    if statement is null then
        perform pgvectorize._claim_build(target);
        select indexes.* into target from pgvectorize.indexes where indexes.id = target.id for update;
        perform pgvectorize._check_namespace_index(target, namespace);
        if not pgvectorize._put_namespace_graph(target, namespace) then
            return pgvectorize._namespace_graph_step(target, namespace, how);  -- the precision was changed meanwhile
        end if;
        insert into pgvectorize.namespace_indexes (index_id, namespace) values (target.id, namespace)
        on conflict do nothing;
        perform pgvectorize._expect_graphs(target);
    end if;
    return statement;
end;
$$;

comment on function pgvectorize._namespace_index_step(pgvectorize.indexes, text, text)
    is 'The next statement towards an HNSW index of a namespace, or null.';
