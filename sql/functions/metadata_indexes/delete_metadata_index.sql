-- Delete the metadata index on a property. Filters on the property still work, more slowly, and
-- compare types strictly again.
create or replace function pgvectorize.delete_metadata_index(
    index          text,
    property_name  text
)
returns uuid
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize_private.indexes := pgvectorize_private._find_index(index);
    known  text;
begin
    select indexes.index_type into known
    from pgvectorize_private.metadata_indexes as indexes
    where indexes.index_id = target.id and indexes.property_name = delete_metadata_index.property_name;
    if known is not null then
        perform pgvectorize_private._lock_exclusively(target);
    end if;
    delete from pgvectorize_private.metadata_indexes as indexes
    where indexes.index_id = target.id and indexes.property_name = delete_metadata_index.property_name
    returning indexes.index_type into known;
    if known is null then
        raise exception 'index "%" has no metadata index on "%"', index, left(property_name, 64)
            using errcode = 'PV006', hint = 'List the metadata indexes to see which exist.';
    end if;
    perform pgvectorize_private._execute_ddl(format(
        'drop index if exists pgvectorize_data.%I',
        pgvectorize_private._metadata_index_name(target.id, property_name, known)
    ));
    return pgvectorize_private._log_mutation(target);
end;
$$;

comment on function pgvectorize.delete_metadata_index
    is 'Delete the metadata index on a property.';
