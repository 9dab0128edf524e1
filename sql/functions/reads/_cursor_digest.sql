-- Return a digest of a place in a listing, with what chooses the vectors of the listing. It shows that a
-- cursor belongs to this listing and was not changed. It is not a signature, because a cursor gives no
-- access that `list_vectors` does not.
create or replace function pgvectorize_private._cursor_digest(
    target       pgvectorize_private.indexes,
    namespace    text,
    filter       jsonb,
    exclude_ids  text[],
    place        jsonb
)
returns text
language sql
immutable
parallel safe
as $$
    select md5(jsonb_build_array(
        target.id, namespace, coalesce(filter, '{}'), exclude_ids, place - 'check'
    )::text)
$$;

comment on function pgvectorize_private._cursor_digest
    is 'The digest of a cursor of a listing.';
