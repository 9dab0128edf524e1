-- Drop the HNSW index of an index before a long load, if to build it again afterwards
-- is faster than to insert into it; say whether `_bring_hnsw_back` is to follow, in
-- the same transaction. Queries of the index wait from here to its end.
--
-- operation  insert or upsert, of the rows in the staging table; null where the
--            index is empty and its rows are still to come
-- rebuild    true or false where the caller has decided; only the owner can
--
-- A vector takes four to five times as long to insert as one process takes to build
-- it, six to fifteen as three do (decision 25 in docs/architecture.md); and a build
-- takes all vectors, the old ones too. As queries wait for it, four is what counts.
-- Unchanged rows are not written, so they do not count.
create or replace function pgvectorize._set_hnsw_aside(index text, operation text, rebuild boolean)
returns boolean
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target  pgvectorize.indexes := pgvectorize._hold(index);
    hnsw    regclass := pgvectorize._hnsw(target);
    written bigint;
begin
    if not target.wants_hnsw or not coalesce(rebuild, pgvectorize._owns(target.relation)) then
        return false;
    end if;
    if hnsw is not null and rebuild is null and operation is not null then
        execute format(
            $sql$
            select count(*)
            from (
                select staged.id, coalesce(staged.namespace, '') as namespace, staged.embedding, staged.metadata
                from pg_temp.pgvectorize_staging as staged
            ) as given
            left join %s as stored on stored.id = given.id
            where stored.id is null or %s
            $sql$,
            target.relation,
            case operation when 'insert' then 'false' else pgvectorize._changes_sql('given') end
        ) into written;
        if 4 * written < written + (pgvectorize._vector_count(target, exact => false)).vector_count then
            return false;
        end if;
    end if;
    if hnsw is not null then
        begin
            perform pgvectorize._claim_build(target);
        exception when sqlstate 'PV007' then
            if rebuild then
                raise;
            end if;
            return false;
        end;
        execute format('drop index %s', hnsw);
        perform pgvectorize._drop_namespace_graphs(target);
    end if;
    return true;
end;
$$;

comment on function pgvectorize._set_hnsw_aside(text, text, boolean)
    is 'Drop the HNSW index before a long load, if that is faster.';
