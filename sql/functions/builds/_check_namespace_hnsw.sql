-- Refuse an HNSW index of a namespace that is impossible, or one more than are allowed.
create or replace function pgvectorize_private._check_namespace_hnsw(
    target     pgvectorize_private.indexes,
    namespace  text
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    most_bytes constant bigint := pgvectorize_private._limit('namespace_bytes', false);
    most       constant bigint := pgvectorize_private._limit('namespace_indexes', false);
begin
    if target.is_strict then
        perform pgvectorize_private._refuse_as_vectorize('Vectorize has no indexes of namespaces');
    elsif coalesce(namespace, '') = '' then
        perform pgvectorize_private._refuse_request(
            'namespace is empty',
            'Give a namespace. The HNSW index of all vectors finds those that have none.'
        );
    elsif octet_length(namespace) > most_bytes then
        perform pgvectorize_private._refuse_request(
            format('namespace has %s bytes, at most %s are allowed', octet_length(namespace), most_bytes),
            'No vector can be in such a namespace.'
        );
    elsif not target.wants_hnsw or pgvectorize_private._hnsw_index(target) is null then
        perform pgvectorize_private._refuse_request(
            format('index "%s" has no HNSW index, so its namespaces cannot have one', target.name),
            'Build the HNSW index of all vectors first.'
        );
    elsif most <= (
        select count(*) from pgvectorize_private.namespace_indexes as indexes
        where indexes.index_id = target.id and indexes.namespace <> _check_namespace_hnsw.namespace
    ) then
        perform pgvectorize_private._refuse_request(
            format('too many namespace indexes; max is %s', most),
            'Delete the one that you need least. A small namespace without one is searched exactly, '
            'which is fast.'
        );
    end if;
end;
$$;

comment on function pgvectorize_private._check_namespace_hnsw
    is 'Refuse an HNSW index of a namespace that is impossible.';
