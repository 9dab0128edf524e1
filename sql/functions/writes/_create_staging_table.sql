-- Create an empty staging table for a batch that is too long for one message. It is dropped when
-- the transaction ends. The client fills it by COPY and then calls `_write_staged`.
create or replace function pgvectorize_private._create_staging_table()
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set client_min_messages = warning
as $$
begin
    if not has_database_privilege(current_database(), 'temporary') then
        raise insufficient_privilege using
            message = format(
                'role "%s" may not create temporary tables, which a write of more than one batch needs',
                current_user
            ),
            hint = format(
                'The owner of the database can run: grant temporary on database %I to %I. Or write each '
                'batch by itself: atomic=False', current_database(), current_user
            );
    end if;
    create temporary table if not exists pgvectorize_staging (
        position   bigint generated always as identity,
        id         text,
        namespace  text,
        embedding  @vector@.vector,
        metadata   jsonb,
        content    text
    ) on commit drop;
    truncate pg_temp.pgvectorize_staging restart identity;
end;
$$;

comment on function pgvectorize_private._create_staging_table
    is 'Create an empty staging table for a long batch.';
