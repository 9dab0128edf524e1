-- Refuse an HNSW index of a namespace that cannot be, or is one too many.
create or replace function pgvectorize._check_namespace_index(target pgvectorize.indexes, namespace text)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    most_bytes constant bigint := pgvectorize._limit('namespace_bytes', false);
    most       constant bigint := pgvectorize._limit('namespace_indexes', false);
begin
    if target.is_strict then
        perform pgvectorize._refuse_strictly('Vectorize has no indexes of namespaces');
    elsif coalesce(namespace, '') = '' then
        perform pgvectorize._refuse(
            'namespace is empty', 'Name one. Vectors without a namespace are found by the HNSW index of all.'
        );
    elsif octet_length(namespace) > most_bytes then
        perform pgvectorize._refuse(
            format('namespace has %s bytes, at most %s are allowed', octet_length(namespace), most_bytes),
            'No vector can be in it.'
        );
    elsif not target.wants_hnsw or pgvectorize._hnsw(target) is null then
        perform pgvectorize._refuse(
            format('index "%s" has no HNSW index, so its namespaces have none', target.name), 'Build that one first.'
        );
    elsif most <= (
        select count(*) from pgvectorize.namespace_indexes as indexes
        where indexes.index_id = target.id and indexes.namespace <> _check_namespace_index.namespace
    ) then
        perform pgvectorize._refuse(
            format('too many namespace indexes; max is %s', most),
            'Delete the one that you need least. Without one a small namespace is searched exactly, which is fast.'
        );
    end if;
end;
$$;

comment on function pgvectorize._check_namespace_index(pgvectorize.indexes, text)
    is 'Refuse an HNSW index of a namespace that cannot be.';
