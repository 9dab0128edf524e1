-- Drop the HNSW index of an index before a long load if a rebuild afterwards is faster than to
-- insert into it. If this returns true, `_rebuild_hnsw_after_load` must follow in the same
-- transaction; queries of the index wait until its end.
--
-- operation  insert or upsert, for the rows in the staging table; null if the index is empty and its
--            rows are still to come
-- rebuild    true or false if the caller has decided; only the owner can rebuild
--
-- To insert a vector takes 4 to 5 times as long as one process takes to build it, 6 to 15 times as
-- long as three processes take (docs/decisions.md). A build takes all vectors, the old ones
-- too. Queries wait for a build, so the factor here is only 4. Unchanged rows are not written, so
-- they do not count.
create or replace function pgvectorize_private._drop_hnsw_for_load(
    index      text,
    operation  text,
    rebuild    boolean
)
returns boolean
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target  pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    hnsw    regclass := pgvectorize_private._hnsw_index(target);
    written bigint;
begin
    if not target.wants_hnsw or not coalesce(rebuild, pgvectorize_private._is_owner(target.relation)) then
        return false;
    end if;
    if hnsw is not null and rebuild is null and operation is not null then
        execute format(
            $sql$
            select count(*)
            from (
                select
                    staged.id, coalesce(staged.namespace, '') as namespace, staged.embedding, staged.metadata,
                    staged.content
                from pg_temp.pgvectorize_staging as staged
            ) as given
            left join %s as stored on stored.id = given.id
            where stored.id is null or %s
            $sql$,
            target.relation,
            case operation when 'insert' then 'false' else pgvectorize_private._is_changed_sql('given') end
        ) into written;
        if 4 * written
            < written + (pgvectorize_private._count_or_estimate(target, exact => false)).vector_count
        then
            return false;
        end if;
    end if;
    if hnsw is not null then
        begin
            perform pgvectorize_private._lock_exclusively(target);
        exception when sqlstate 'PV007' then
            if rebuild then
                raise;
            end if;
            return false;
        end;
        execute format('drop index %s', hnsw);
        perform pgvectorize_private._drop_namespace_hnsw(target);
    end if;
    return true;
end;
$$;

comment on function pgvectorize_private._drop_hnsw_for_load
    is 'Drop the HNSW index before a long load, if that is faster.';
