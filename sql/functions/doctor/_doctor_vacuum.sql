-- Return what keeps vacuum from removing deleted rows in this database: transactions and
-- prepared transactions older than `age`, and replication slots that nobody reads and that
-- keep rows or more than `kept` bytes of WAL.
create or replace function pgvectorize_private._doctor_vacuum(
    age   interval default '1 hour',
    kept  bigint default 1073741824
)
returns setof pgvectorize.finding
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select pgvectorize_private._finding(
        'warning', 'transaction_old', null,
        format(
            'Process %s of role "%s" has been in a transaction since %s%s: vacuum keeps what was deleted '
            'since then, and a new HNSW index cannot replace the old one.',
            activity.pid, activity.usename, to_char(activity.xact_start, 'YYYY-MM-DD HH24:MI:SS TZ'),
            case when activity.state like 'idle%' then ', idle' end
        ),
        format('select pg_terminate_backend(%s);', activity.pid)
    )
    from pg_stat_activity as activity
    where activity.datname = current_database() and activity.pid <> pg_backend_pid()
        and activity.backend_type = 'client backend'
        and activity.xact_start < clock_timestamp() - _doctor_vacuum.age

    union all
    select pgvectorize_private._finding(
        'warning', 'prepared_transaction_old', null,
        format(
            'Transaction "%s" of role "%s" was prepared at %s and has not ended: vacuum keeps what was '
            'deleted since then.',
            prepared.gid, prepared.owner, to_char(prepared.prepared, 'YYYY-MM-DD HH24:MI:SS TZ')
        ),
        format('rollback prepared %L;', prepared.gid)
    )
    from pg_prepared_xacts as prepared
    where prepared.database = current_database()
        and prepared.prepared < clock_timestamp() - _doctor_vacuum.age

    union all
    select pgvectorize_private._finding(
        'warning', 'replication_slot_idle', null,
        format(
            'Nobody reads replication slot "%s", and the server keeps %s of WAL%s for it.',
            slots.slot_name, pg_size_pretty(kept_wal.bytes),
            case when slots.xmin is not null then ' and every row that was deleted since' end
        ),
        format('select pg_drop_replication_slot(%L);', slots.slot_name)
    )
    from pg_replication_slots as slots
    cross join lateral (
        select case when not pg_is_in_recovery() then pg_current_wal_lsn() - slots.restart_lsn end as bytes
    ) as kept_wal
    where not slots.active and (slots.xmin is not null or kept_wal.bytes > _doctor_vacuum.kept)

    union all
    select pgvectorize_private._finding(
        'notice', 'transactions_not_seen', null,
        format('Role "%s" may not see how old the transactions of other roles are.', current_user),
        format('grant pg_read_all_stats to %I;', current_user)
    )
    where not pg_has_role('pg_read_all_stats', 'usage')
$$;

comment on function pgvectorize_private._doctor_vacuum
    is 'What keeps vacuum from removing deleted rows.';
