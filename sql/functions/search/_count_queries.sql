-- Count queries of an index that is counted. Rows are only appended, so that no
-- query waits for another; about one in a hundred adds the rows of its month up,
-- skipping those that another one is adding up. Where nothing can be written, on a
-- replica, in a read-only transaction or by a role that may only read, queries are not
-- counted.
--
-- It is volatile and is called from functions that are stable: they read only, but
-- what they call may write.
create or replace function pgvectorize_private._count_queries(target pgvectorize_private.indexes)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    this_month date := date_trunc('month', now() at time zone 'UTC');
begin
    if current_setting('transaction_read_only')::boolean
        or not has_table_privilege('pgvectorize_private.queries', 'insert')
    then
        return;
    end if;
    insert into pgvectorize_private.queries (index_id, month, queries) values (target.id, this_month, 1);
    if random() < 0.01 then
        with old as (
            select counted.ctid from pgvectorize_private.queries as counted
            where counted.index_id = target.id and counted.month = this_month
            for update skip locked
        ),
        gone as (
            delete from pgvectorize_private.queries as counted using old
            where counted.ctid = old.ctid
            returning counted.queries
        )
        insert into pgvectorize_private.queries (index_id, month, queries)
        select target.id, this_month, sum(gone.queries) from gone having count(*) > 0;
    end if;
end;
$$;

comment on function pgvectorize_private._count_queries
    is 'Count a query of an index that is counted.';
