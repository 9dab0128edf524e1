-- Begin to write a batch that is too long for one message: return the `statement` with which the
-- client copies it, and the rules by which the client checks it.
--
-- Into an empty index the client copies directly (is_direct) and only calls `_log_mutation`
-- afterwards. Other writers wait until the transaction ends, so that the index stays empty except
-- for these rows; readers do not wait. Otherwise the client copies into a staging table and calls
-- `_write_staged`. It also does so if the lock cannot be had at once, because a wait could
-- deadlock, or if the snapshot is older than the lock.
--
-- The client checks what `_vector_problem` checks, with the same messages, by dimensions, metric,
-- id_bytes, namespace_bytes and content_bytes. It does so while the server works and not after it,
-- at a fraction of the cost. These are null if the client cannot check: in strict mode, and if the
-- values must fit float16. Then the batch is staged and checked here.
create or replace function pgvectorize_private._begin_load(
    index                text,
    out is_direct        boolean,
    out statement        text,
    out dimensions       integer,
    out metric           text,
    out id_bytes         bigint,
    out namespace_bytes  bigint,
    out content_bytes    bigint
)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target   pgvectorize_private.indexes := pgvectorize_private._lock_index(index, 'row exclusive');
    is_empty boolean;
begin
    if not target.is_strict and not pgvectorize_private._must_fit_float16(target) then
        dimensions := target.dimensions;
        metric := target.metric;
        id_bytes := pgvectorize_private._limit('id_bytes', false);
        namespace_bytes := pgvectorize_private._limit('namespace_bytes', false);
        content_bytes := pgvectorize_private._limit('content_bytes', false);
    end if;

    is_direct := dimensions is not null
        and current_setting('transaction_isolation') = 'read committed'
        and not row_security_active(target.relation);  -- which refuses COPY
    if is_direct then
        execute format('select not exists (select from %s)', target.relation) into is_direct;
    end if;
    if is_direct then
        begin
            execute format('lock table %s in share row exclusive mode nowait', target.relation);
            execute format('select not exists (select from %s)', target.relation) into is_empty;
            if not is_empty then
                raise lock_not_available;  -- which releases the lock
            end if;
        exception when lock_not_available or insufficient_privilege then
            is_direct := false;
        end;
    end if;
    if not is_direct then
        perform pgvectorize_private._create_staging_table();
    end if;
    statement := format(
        'copy %s (id, namespace, embedding, metadata, content) from stdin with (format binary)',
        case when is_direct then target.relation::text else 'pg_temp.pgvectorize_staging' end
    );
end;
$$;

comment on function pgvectorize_private._begin_load
    is 'Begin to write a batch that is too long for one message.';
