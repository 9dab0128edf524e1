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
set enable_seqscan = off
as $$
declare
    target   pgvectorize_private.indexes := pgvectorize_private._lock_index(index, 'row exclusive');
    mutation pgvectorize.mutation;
begin
    if target.is_strict then
        perform pgvectorize_private._check_strict_ids(ids, 'ids_to_delete');
    end if;
    -- The rows are looked up, locked and deleted one by one in the order of the ids, by a nested loop over
    -- them: no other join and no index scan of the whole table has a use for this condition. To lock all
    -- rows before they are deleted took more than twice as long. If an id comes twice, its row is gone the
    -- second time.
    execute format(
        $sql$
        with deleted as (
            delete from %s as stored
            using (
                select listed.id, listed.position
                from unnest($1) with ordinality as listed (id, position)
                order by listed.id collate "C", listed.position
            ) as given
            where stored.id = any (array[given.id])
            returning given.id, given.position
        )
        select array_agg(deleted.id order by deleted.position)
        from deleted
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
