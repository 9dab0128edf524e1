-- Prepare a vacuum of an index: lock its table against builds, flush the counters of this
-- session, and return what a client needs to know. It refuses if the role may not vacuum,
-- where Postgres would only warn, and if another session builds, where Postgres would wait.
create or replace function pgvectorize_private._prepare_vacuum(
    index         text,
    out relation  text,
    out has_hnsw  boolean,
    out may_build boolean,  -- only the owner may
    out live_rows bigint,   -- as Postgres counts them
    out dead_rows bigint,
    out dead_rows_in_hnsw bigint  -- about so many of them
)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target     pgvectorize_private.indexes := pgvectorize_private._find_index(index);
    may_vacuum boolean;
begin
    select
        pg_has_role(class.relowner, 'usage')
        or pg_has_role(databases.datdba, 'usage')
        or case when current_setting('server_version_num')::integer >= 170000
            then has_table_privilege(class.oid, 'maintain')
            else false
        end
    into may_vacuum
    from pg_class as class
    join pg_database as databases on databases.datname = current_database()
    where class.oid = target.relation;
    if not may_vacuum then
        raise exception 'role "%" may not vacuum index "%"', current_user, index
            using errcode = 'insufficient_privilege',
                  hint = case when current_setting('server_version_num')::integer >= 170000
                      then format(
                          'Let its owner do it, or be granted that: grant maintain on %s to %I',
                          target.relation, current_user
                      )
                      else 'Let its owner do it.'
                  end;
    end if;
    perform pgvectorize_private._lock_for_build(target);
    -- without it, what this session deleted would be counted after the vacuum
    perform pg_stat_force_next_flush();
    relation := target.relation::text;
    -- the count of the last analyze, too: a load that has just ended reaches the counters later
    select
        greatest(pg_stat_get_live_tuples(class.oid), class.reltuples::bigint),
        pg_has_role(class.relowner, 'usage'),
        pgvectorize_private._is_valid_index(pgvectorize_private._hnsw_name(target.id))
    into live_rows, may_build, has_hnsw
    from pg_class as class where class.oid = target.relation;
    dead_rows := pg_stat_get_dead_tuples(target.relation);
    dead_rows_in_hnsw := pgvectorize_private._dead_rows_in_hnsw(
        target, pg_stat_get_live_tuples(target.relation), dead_rows
    );
end;
$$;

comment on function pgvectorize_private._prepare_vacuum
    is 'Prepare a vacuum of an index, or refuse it.';
