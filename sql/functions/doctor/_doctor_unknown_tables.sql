-- Return the tables in schema pgvectorize_data that belong to no index.
create or replace function pgvectorize_private._doctor_unknown_tables()
returns setof pgvectorize.finding
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select pgvectorize_private._finding(
        'warning', 'table_unknown', null,
        format('Table %s belongs to no index, and no index can have its name.', class.oid::regclass),
        format('alter table %s set schema public;', class.oid::regclass)
    )
    from pg_class as class
    where class.relnamespace = 'pgvectorize_data'::regnamespace and class.relkind in ('r', 'p')
        and not exists (select from pgvectorize_private.indexes where indexes.relation = class.oid)
$$;

comment on function pgvectorize_private._doctor_unknown_tables
    is 'Tables that belong to no index.';
