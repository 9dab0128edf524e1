-- Put a new HNSW index in the place of the one in use, in one short moment, and
-- enter in the catalog how it is built; with it the new ones of namespaces. What was measured of the old one, its
-- recall, is forgotten.
create or replace function pgvectorize._put_hnsw(target pgvectorize.indexes, built regclass)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    old       regclass;
    namespace text;
begin
    perform pgvectorize._lock(target, 'access exclusive');
    if not exists (select from pg_index as index where index.indexrelid = built) then
        return;  -- while this waited, another session did it
    end if;
    perform from pgvectorize.indexes where indexes.id = target.id for update;
    foreach namespace in array pgvectorize._namespaces_indexed(target) loop
        if not pgvectorize._put_namespace_graph(target, namespace) then  -- it was entered a moment ago
            execute format(
                'drop index if exists pgvectorize_data.%I', pgvectorize._namespace_relation_name(target.id, namespace)
            );
            raise warning 'the index of namespace "%" of index "%" has to be built again', namespace, target.name
                using hint = 'Create it again.';
        end if;
    end loop;
    old := pgvectorize._hnsw(target);
    if old is not null then
        perform pgvectorize._alter(format('drop index %s', old));
    end if;
    execute format('alter index %s rename to %I', built, pgvectorize._relation_name(target.id, 'embedding_hnsw'));
    perform pgvectorize._drop_builds(target);
    perform pgvectorize._enter_hnsw(target);
    perform pgvectorize._note_graphs(target);
end;
$$;

comment on function pgvectorize._put_hnsw(pgvectorize.indexes, regclass)
    is 'Put a new HNSW index in the place of the old.';
