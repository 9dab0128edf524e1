-- Refuse an HNSW index of a namespace that cannot be, or is one too many.
create or replace function pgvectorize_private._check_namespace_hnsw(target pgvectorize_private.indexes, namespace text)
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
            'namespace is empty', 'Name one. Vectors without a namespace are found by the HNSW index of all.'
        );
    elsif octet_length(namespace) > most_bytes then
        perform pgvectorize_private._refuse_request(
            format('namespace has %s bytes, at most %s are allowed', octet_length(namespace), most_bytes),
            'No vector can be in it.'
        );
    elsif not target.wants_hnsw or pgvectorize_private._hnsw_index(target) is null then
        perform pgvectorize_private._refuse_request(
            format('index "%s" has no HNSW index, so its namespaces have none', target.name), 'Build that one first.'
        );
    elsif most <= (
        select count(*) from pgvectorize_private.namespace_indexes as indexes
        where indexes.index_id = target.id and indexes.namespace <> _check_namespace_hnsw.namespace
    ) then
        perform pgvectorize_private._refuse_request(
            format('too many namespace indexes; max is %s', most),
            'Delete the one that you need least. Without one a small namespace is searched exactly, which is fast.'
        );
    end if;
end;
$$;

comment on function pgvectorize_private._check_namespace_hnsw
    is 'Refuse an HNSW index of a namespace that cannot be.';
