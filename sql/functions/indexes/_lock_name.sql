-- Lock a name until the transaction ends: nobody else can create an index of that name, delete it,
-- or rename one from it or to it.
create or replace function pgvectorize_private._lock_name(name text)
returns void
language sql
volatile
as $$
    select pg_advisory_xact_lock(hashtextextended('pgvectorize index ' || name, 0))
$$;

comment on function pgvectorize_private._lock_name
    is 'Lock the name of an index.';
