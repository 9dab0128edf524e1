-- Return what `doctor` finds about the rows of an index: whether Postgres has statistics for
-- them, how many are dead, how old the oldest transaction id in them is, and whether the
-- recall of the index was measured. Autovacuum analyzes after a tenth of the rows changed and
-- vacuums after a fifth, so what is found here autovacuum has not reached.
create or replace function pgvectorize_private._doctor_statistics(target pgvectorize_private.indexes)
returns setof pgvectorize.finding
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with known as (
        select
            tables.n_live_tup as live, tables.n_dead_tup as dead, tables.n_mod_since_analyze as modified,
            greatest(tables.last_analyze, tables.last_autoanalyze) as analyzed,
            1000 + tables.n_live_tup / 4 as many,
            jsonb_build_object('index', target.name) as arguments,
            class.reltuples, class.reloptions, toast.reloptions as toast_options,
            greatest(age(class.relfrozenxid), age(toast.relfrozenxid)) as age,
            least(
                current_setting('autovacuum_freeze_max_age')::bigint,
                (
                    select option_value::bigint from pg_options_to_table(class.reloptions)
                    where option_name = 'autovacuum_freeze_max_age'
                )
            ) as most_age,
            pgvectorize_private._is_valid_index(
                pgvectorize_private._hnsw_name(target.id)
            ) as has_hnsw,
            recall.measured, recall.is_former, recall.is_changed
        from pg_class as class
        cross join (
            select
                max(recalls.measured_at) filter (where recalls.build <> 'changed') as measured,
                bool_or(recalls.build = 'former') as is_former,
                count(*) > 0 as is_changed
            from pgvectorize_private.recalls where recalls.index_id = target.id
        ) as recall
        left join pg_class as toast on toast.oid = class.reltoastrelid
        left join pg_stat_all_tables as tables on tables.relid = class.oid
        where class.oid = target.relation
    )

    select pgvectorize_private._finding(
        'warning', 'statistics_missing', target.name,
        format(
            'Its table of about %s rows was never analyzed: the planner does not know how many rows match a '
            'filter.',
            pgvectorize_private._format_integer(live)
        ),
        action => 'vacuum', arguments => arguments
    )
    from known where live >= 1000 and reltuples <= 0 and analyzed is null

    union all
    select pgvectorize_private._finding(
        'warning', 'statistics_stale', target.name,
        format(
            '%s rows changed since its table of %s rows was analyzed, %s: the planner may choose badly.',
            pgvectorize_private._format_integer(modified), pgvectorize_private._format_integer(live),
            coalesce(to_char(analyzed, 'YYYY-MM-DD HH24:MI TZ'), 'at a time that is not known')
        ),
        action => 'vacuum', arguments => arguments
    )
    from known
    where modified > many and (reltuples > 0 or analyzed is not null)
        and (abs(reltuples - live) > live / 10 or coalesce(analyzed < now() - interval '10 minutes', true))

    union all
    select pgvectorize_private._finding(
        'warning', 'rows_dead', target.name,
        format(
            'Its table holds %s deleted or replaced rows beside %s live ones.%s',
            pgvectorize_private._format_integer(dead), pgvectorize_private._format_integer(live),
            case
                when pgvectorize_private._dead_rows_in_hnsw(target, live, dead) > dead / 2
                    then ' They are in the HNSW index, too, and searches visit them.'
            end
        ),
        action => 'vacuum', arguments => arguments
    )
    from known where dead > many

    union all
    select pgvectorize_private._finding(
        'warning', 'autovacuum_off', target.name,
        'Autovacuum is off for its table: statistics become old, and deleted vectors stay.',
        format('alter table %s reset (autovacuum_enabled, toast.autovacuum_enabled);', target.relation)
    )
    from known
    where exists (
        select from pg_options_to_table(array_cat(reloptions, toast_options))
        where option_name = 'autovacuum_enabled' and not option_value::boolean
    )

    union all
    select pgvectorize_private._finding(
        case when age > current_setting('vacuum_failsafe_age')::bigint then 'error' else 'warning' end,
        'transactions_run_out', target.name,
        format(
            'Its oldest rows are %s transactions old, and autovacuum should have frozen them at %s. At '
            '2,147,483,647 the server accepts no writes.',
            pgvectorize_private._format_integer(age), pgvectorize_private._format_integer(most_age)
        ),
        format('vacuum (freeze) %s;', target.relation)
    )
    from known where age > 1.1 * most_age

    union all
    select pgvectorize_private._finding(
        'notice', case when measured is null then 'recall_not_known' else 'recall_old' end, target.name,
        case
            when measured is null then format(
                'Its recall, the share of the true nearest that searches find, was never measured%s.',
                case when is_changed then ' since its HNSW index was built with other options' end
            )
            else format(
                'Its recall, the share of the true nearest that searches find, was last measured on %s%s.',
                to_char(measured, 'YYYY-MM-DD'),
                case when is_former then ', with a former build of its HNSW index' end
            )
        end,
        action => 'recall', arguments => arguments
    )
    from known
    where has_hnsw and live >= 1000
        and (is_former or coalesce(measured < now() - interval '90 days', true))
$$;

comment on function pgvectorize_private._doctor_statistics
    is 'What doctor finds about the rows of an index.';
