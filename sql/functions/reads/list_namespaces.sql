-- Return the namespaces of an index with how many vectors each holds, by name;
-- first, with null for a name, come the vectors without one. Takes a scan.
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
