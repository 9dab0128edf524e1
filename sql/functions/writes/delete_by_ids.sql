-- Delete the vectors with these ids; unknown ids are not an error. Return the ids that existed and
-- their count. Rows are locked in the order of their ids, as by other writers, so that two writers
-- cannot deadlock.
create or replace function pgvectorize.delete_by_ids(
    index  text,
    ids    text[]
)
returns pgvectorize.mutation
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target   pgvectorize_private.indexes := pgvectorize_private._lock_index(index, 'row exclusive');
    mutation pgvectorize.mutation;
begin
    if target.is_strict then
        perform pgvectorize_private._check_strict_ids(ids, 'ids_to_delete');
    end if;
    execute format(
        $sql$
        with doomed as materialized (
            select stored.id from %1$s as stored
            where stored.id = any ($1)
            order by stored.id collate "C"
            for update
        ),
        deleted as (
            delete from %1$s as stored using doomed
            where stored.id = doomed.id
            returning stored.id
        )
        select array_agg(deleted.id order by given.position)
        from deleted
        join (
            select listed.id, min(listed.position) as position
            from unnest($1) with ordinality as listed (id, position)
            group by listed.id
        ) as given using (id)
        $sql$,
        target.relation
    ) into mutation.ids using ids;

    mutation.ids := coalesce(mutation.ids, '{}');
    mutation.count := cardinality(mutation.ids);
    mutation.mutation_id := pgvectorize_private._log_mutation(target);
    return mutation;
end;
$$;

comment on function pgvectorize.delete_by_ids
    is 'Delete vectors by id.';
