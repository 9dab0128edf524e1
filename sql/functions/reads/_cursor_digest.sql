-- Digest a place in a listing with what is listed. It tells a cursor of another
-- index or filter, or one that was changed, from ours. It is no signature: a
-- cursor gives nobody more than `list_vectors` itself does.
create or replace function pgvectorize_private._cursor_digest(
    target     pgvectorize_private.indexes,
    namespace  text,
    filter     jsonb,
    place      jsonb
)
returns text
language sql
immutable
parallel safe
as $$
    select md5(jsonb_build_array(target.id, namespace, coalesce(filter, '{}'), place - 'check')::text)
$$;

comment on function pgvectorize_private._cursor_digest
    is 'Digest of a cursor of a listing.';
