-- Return what `doctor` finds of the rows of an index: what Postgres knows of them, how many
-- of them are dead, how old the oldest transaction id in them is, and whether it is known
-- what searches find. Autovacuum begins at a tenth of the rows (analyze) and a fifth
-- (vacuum), so what is found here it did not get to.
create or replace function pgvectorize_private._doctor_statistics(target pgvectorize_private.indexes)
returns table (severity text, code text, finding text, mend text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with known as (
        select
            tables.n_live_tup as live, tables.n_dead_tup as dead, tables.n_mod_since_analyze as modified,
            greatest(tables.last_analyze, tables.last_autoanalyze) as analyzed,
            1000 + tables.n_live_tup / 4 as many,
            class.reltuples, class.reloptions, toast.reloptions as toast_options,
            greatest(age(class.relfrozenxid), age(toast.relfrozenxid)) as age,
            least(
                current_setting('autovacuum_freeze_max_age')::bigint,
                (
                    select option_value::bigint from pg_options_to_table(class.reloptions)
                    where option_name = 'autovacuum_freeze_max_age'
                )
            ) as most_age,
            pgvectorize_private._is_valid_index(pgvectorize_private._relation_name(target.id, 'embedding_hnsw')) as has_hnsw,
            (select max(recalls.measured_at) from pgvectorize_private.recalls where recalls.index_id = target.id) as measured
        from pg_class as class
        left join pg_class as toast on toast.oid = class.reltoastrelid
        left join pg_stat_all_tables as tables on tables.relid = class.oid
        where class.oid = target.relation
    )

    select
        'warning', 'statistics_missing',
        format(
            'Its table, of about %s rows, was never analyzed: the planner does not know how many match a filter.',
            pgvectorize_private._format_integer(live)
        ),
        format('pgvectorize vacuum %s', target.name)
    from known where live >= 1000 and reltuples <= 0 and analyzed is null

    union all
    select
        'warning', 'statistics_stale',
        format(
            '%s rows changed since its table of %s was analyzed, %s: the planner may choose badly.',
            pgvectorize_private._format_integer(modified), pgvectorize_private._format_integer(live),
            coalesce(to_char(analyzed, 'YYYY-MM-DD HH24:MI TZ'), 'at a time that is not known')
        ),
        format('pgvectorize vacuum %s', target.name)
    from known
    where modified > many and (reltuples > 0 or analyzed is not null)
        and (abs(reltuples - live) > live / 10 or coalesce(analyzed < now() - interval '10 minutes', true))

    union all
    select
        'warning', 'rows_dead',
        format(
            '%s deleted or replaced rows are in its table beside %s live ones, and in the HNSW index: searches visit them.',
            pgvectorize_private._format_integer(dead), pgvectorize_private._format_integer(live)
        ),
        format('pgvectorize vacuum %s', target.name)
    from known where dead > many

    union all
    select
        'warning', 'autovacuum_off',
        'Autovacuum is off for its table: statistics grow stale and deleted vectors stay.',
        format('alter table %s reset (autovacuum_enabled, toast.autovacuum_enabled);', target.relation)
    from known
    where exists (
        select from pg_options_to_table(array_cat(reloptions, toast_options))
        where option_name = 'autovacuum_enabled' and not option_value::boolean
    )

    union all
    select
        case when age > current_setting('vacuum_failsafe_age')::bigint then 'error' else 'warning' end, 'transactions_run_out',
        format(
            'Its oldest rows are %s transactions old; autovacuum should have frozen them at %s. At 2,147,483,647 the '
            'server accepts no writes.',
            pgvectorize_private._format_integer(age), pgvectorize_private._format_integer(most_age)
        ),
        format('vacuum (freeze) %s;', target.relation)
    from known where age > 1.1 * most_age

    union all
    select
        'notice', case when measured is null then 'recall_not_known' else 'recall_old' end,
        case
            when measured is null then 'What share of the true nearest its searches find was never measured.'
            else format(
                'What share of the true nearest its searches find was last measured on %s.', to_char(measured, 'YYYY-MM-DD')
            )
        end,
        format('pgvectorize recall %s', target.name)
    from known where has_hnsw and live >= 1000 and coalesce(measured < now() - interval '90 days', true)
$$;

comment on function pgvectorize_private._doctor_statistics
    is 'What doctor finds of the rows of an index.';
