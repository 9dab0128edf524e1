-- Return the namespaces of an index, ordered by name, with the number of vectors in each. The first row has
-- null as its name and counts the vectors without a namespace. The whole table is read.
create or replace function pgvectorize.list_namespaces(index text)
returns setof pgvectorize.namespace_info
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
begin
    return query execute format(
        $sql$
        select nullif(stored.namespace, ''), count(*)
        from %s as stored
        group by stored.namespace
        order by stored.namespace collate "C"
        $sql$,
        target.relation
    );
end;
$$;

comment on function pgvectorize.list_namespaces
    is 'The namespaces of an index, with their sizes.';
