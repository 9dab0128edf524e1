-- Count a query of an index that is counted. It appends a row, so that no query waits for another. About
-- one query in a hundred adds up the rows of its month, and skips those that another query is adding
-- up. Queries are not counted if nothing can be written: on a replica, in a read-only transaction, or
-- for a role that may only read.
--
-- This function is volatile, and stable functions call it. A stable function may not write, but the
-- functions that it calls may.
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
