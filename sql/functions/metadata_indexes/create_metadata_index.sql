-- Create a metadata index on a property. Filters on the property become fast, and read their
-- operands as `index_type`: string, number or boolean. It covers the vectors that exist already.
-- If the metadata index exists, nothing happens.
--
-- Writers of the index wait while it is built. The Python client and the command line build it
-- `concurrently`, which a function cannot do.
create or replace function pgvectorize.create_metadata_index(
    index          text,
    property_name  text,
    index_type     text
)
returns uuid
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set client_min_messages = warning
as $$
declare
    target    pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    statement text;
begin
    loop
        statement := pgvectorize_private._metadata_index_step(target, property_name, index_type, how => '');
        exit when statement is null;
        perform pgvectorize_private._lock_exclusively(target, 'share');
        perform pgvectorize_private._execute_ddl(statement);
    end loop;
    return pgvectorize_private._log_mutation(target);
end;
$$;

comment on function pgvectorize.create_metadata_index
    is 'Create a metadata index on a property.';
