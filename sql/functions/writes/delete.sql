-- Delete the vectors that match a filter, those of a namespace, or those that match both, and
-- return how many. With `dry_run` they are only counted, and mutation_id is null. The vectors with
-- the ids `exclude_ids` stay. Rows are locked in the order of their ids, as by other writers, so
-- that two writers cannot deadlock.
--
-- A filter that matches every vector because none has the property is refused, see
-- `_check_is_meant`.
create or replace function pgvectorize.delete(
    index        text,
    filter       jsonb default null,
    namespace    text default null,
    dry_run      boolean default false,
    exclude_ids  text[] default null
)
returns pgvectorize.deletion
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target    pgvectorize_private.indexes := pgvectorize_private._lock_index(index, 'row exclusive');
    predicate text := pgvectorize_private._predicate_sql(
        target, namespace, filter, exclude_ids => exclude_ids
    );
    deletion  pgvectorize.deletion;
begin
    perform pgvectorize_private._check_strict_call(target.is_strict, 'delete');
    if namespace is null and coalesce(filter, '{}') = '{}'
        and coalesce(array_remove(exclude_ids, null), '{}') = '{}'
    then
        perform pgvectorize_private._refuse_request(
            'give a filter or a namespace', 'To delete all vectors of an index, truncate it.'
        );
    end if;
    perform pgvectorize_private._check_is_meant(target, namespace, filter, exclude_ids);

    if dry_run is distinct from false then
        execute format('select count(*) from %s as stored where %s', target.relation, predicate)
        into deletion.count;
        return deletion;
    end if;

    execute format(
        $sql$
        with doomed as materialized (
            select stored.id from %1$s as stored
            where %2$s
            order by stored.id collate "C"
            for update
        ),
        deleted as (
            delete from %1$s as stored using doomed
            where stored.id = doomed.id
            returning stored.id
        )
        select count(*) from deleted
        $sql$,
        target.relation, predicate
    ) into deletion.count;
    deletion.mutation_id := pgvectorize_private._log_mutation(target);
    return deletion;
end;
$$;

comment on function pgvectorize.delete
    is 'Delete vectors by filter and namespace.';
