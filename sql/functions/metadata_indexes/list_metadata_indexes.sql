-- Return the metadata indexes of an index, ordered by property name.
create or replace function pgvectorize.list_metadata_indexes(index text)
returns setof pgvectorize.metadata_index
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    -- in the query it would not be evaluated if there were no metadata indexes at all
    target pgvectorize_private.indexes := pgvectorize_private._find_index(index);
begin
    return query
    select indexes.property_name, indexes.index_type
    from pgvectorize_private.metadata_indexes as indexes
    where indexes.index_id = target.id
    order by indexes.property_name collate "C";
end;
$$;

comment on function pgvectorize.list_metadata_indexes
    is 'The metadata indexes of an index.';
