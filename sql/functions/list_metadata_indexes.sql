-- Return the metadata indexes of an index, by property name.
create or replace function pgvectorize.list_metadata_indexes(index text)
returns setof pgvectorize.metadata_index
language sql
stable
parallel safe
as $$
    select indexes.property_name, indexes.index_type
    from pgvectorize.metadata_indexes as indexes
    where indexes.index_id = (pgvectorize._index(index)).id
    order by indexes.property_name collate "C"
$$;

comment on function pgvectorize.list_metadata_indexes(text)
    is 'The metadata indexes of an index.';
