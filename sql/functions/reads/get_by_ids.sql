-- Return the vectors with these ids, each once, in the order in which the ids were first given. Ids that are
-- not in the index are skipped.
create or replace function pgvectorize.get_by_ids(
    index  text,
    ids    text[]
)
returns setof pgvectorize.stored_vector
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
begin
    if target.is_strict then
        perform pgvectorize_private._check_strict_ids(ids, 'ids_to_get');
    end if;
    return query execute format(
        $sql$
        select stored.id, nullif(stored.namespace, ''), stored.embedding::@vector@.vector, stored.metadata,
            stored.content
        from (
            select given.id, min(given.position) as position
            from unnest($1) with ordinality as given (id, position)
            group by given.id
        ) as wanted
        join %s as stored on stored.id = wanted.id
        order by wanted.position
        $sql$,
        target.relation
    ) using ids;
end;
$$;

comment on function pgvectorize.get_by_ids
    is 'Vectors by id, in the given order.';
