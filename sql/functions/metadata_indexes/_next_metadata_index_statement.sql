-- Take the next step towards a metadata index, for a client that can run `create index
-- concurrently`: return the statement to run now, or null and the id of the mutation when all is
-- done.
create or replace function pgvectorize_private._next_metadata_index_statement(
    index             text,
    property_name     text,
    index_type        text,
    out statement     text,
    out mutation_id   uuid
)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
begin
    statement := pgvectorize_private._metadata_index_step(
        target, property_name, index_type, how => 'concurrently'
    );
    if statement is null then
        mutation_id := pgvectorize_private._log_mutation(target);
    end if;
end;
$$;

comment on function pgvectorize_private._next_metadata_index_statement
    is 'The next statement towards a metadata index built concurrently.';
