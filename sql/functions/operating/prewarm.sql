-- Read the table of an index and its Postgres indexes into memory, so that the first searches
-- after a start of the server do not wait for the disk. Returns what was read, in that order.
--
-- The shared buffers get what fits. The HNSW index has priority, then the HNSW indexes of
-- namespaces, the other indexes, the table, and its TOAST table, where long vectors lie. The
-- rest is read into the system's cache only. The HNSW index is read last, so that nothing
-- evicts it. Other pages leave the shared buffers.
--
-- is_buffered  whether it was read into the shared buffers; at most nine tenths are used
--
-- It needs the extension pg_prewarm and the right to read the index. Only the owner may read
-- the TOAST table; for other roles it is skipped.
create or replace function pgvectorize.prewarm(index text)
returns table (
    relation     text,
    bytes        bigint,
    is_buffered  boolean
)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target  pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    home    text;
    warmed  regclass;  -- no look-up by name: only a superuser may look into pg_toast
begin
    select quote_ident(namespace.nspname) into home
    from pg_extension as extension
    join pg_namespace as namespace on namespace.oid = extension.extnamespace
    where extension.extname = 'pg_prewarm';
    if not found then
        raise exception 'the extension pg_prewarm is not in this database'
            using errcode = 'feature_not_supported',
                  hint = 'Ask the database''s administrator to run in it: create extension pg_prewarm';
    end if;

    for warmed, relation, bytes, is_buffered in
        with wanted as (
            select
                each.relation, each.bytes,
                case each.kind when 'hnsw' then 1 when 'namespace' then 2 else 3 end as place
            from pgvectorize_private._postgres_indexes(target) as each
            where each.is_valid and each.kind <> 'new'
            union all
            select class.oid::regclass, pg_relation_size(class.oid), 4
            from pg_class as class where class.oid = target.relation
            union all
            select index.indexrelid::regclass, pg_relation_size(index.indexrelid), 5
            from pg_class as class
            join pg_index as index on index.indrelid = class.reltoastrelid
            where class.oid = target.relation and has_table_privilege(class.reltoastrelid, 'select')
            union all
            select class.reltoastrelid::regclass, pg_relation_size(class.reltoastrelid), 6
            from pg_class as class
            where class.oid = target.relation and class.reltoastrelid <> 0
                and has_table_privilege(class.reltoastrelid, 'select')
        ),
        placed as (
            select
                wanted.relation, wanted.bytes, wanted.place,
                sum(wanted.bytes) over (order by wanted.place, wanted.relation::oid) as with_those_before
            from wanted
        )
        select
            placed.relation, placed.relation::text, placed.bytes,
            placed.with_those_before <= 0.9 * pgvectorize_private._setting_bytes('shared_buffers')
        from placed
        order by placed.place desc, placed.relation::oid desc
    loop
        execute format('select %s.pg_prewarm($1, $2)', home)
        using warmed, case when is_buffered then 'buffer' else 'read' end;
        return next;
    end loop;
end;
$$;

comment on function pgvectorize.prewarm
    is 'Read an index into memory.';
