-- Return the progress of the builds that run now, of HNSW indexes and of metadata indexes, for one
-- index or for all. A role that is not a member of pg_read_all_stats sees only its own builds.
--
-- fraction is for the phase `loading`, which takes nearly all the time: done of about total
-- vectors are in the Postgres index. fraction is null in the other phases, in which a concurrent
-- build waits for older transactions or scans the table for vectors that it missed.
create or replace function pgvectorize.build_progress(index text default null)
returns setof pgvectorize.build_progress
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize_private.indexes;
begin
    if index is not null then
        target := pgvectorize_private._find_index(index);
    end if;
    return query
        select
            indexes.name,
            progress.pid,
            case
                when progress.phase like 'building index%' then 'loading'
                when progress.phase like 'waiting%' then 'waiting'
                when progress.phase like 'index validation%' then 'validating'
                else progress.phase
            end,
            progress.tuples_done,
            case
                when progress.blocks_done > 0 and progress.phase like 'building index%' then round(
                    progress.tuples_done * progress.blocks_total / progress.blocks_done::numeric
                )::bigint
            end,
            case
                when progress.blocks_total > 0 and progress.phase like 'building index%'
                    then progress.blocks_done / progress.blocks_total::double precision
            end
        from pg_stat_progress_create_index as progress
        join pgvectorize_private.indexes on indexes.relation = progress.relid
        where progress.datname = current_database() and (target.id is null or target.id = indexes.id)
        order by indexes.name, progress.pid;
end;
$$;

comment on function pgvectorize.build_progress
    is 'Progress of the builds that run now.';
