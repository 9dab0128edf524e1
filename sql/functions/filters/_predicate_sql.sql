-- Write the predicate on `stored` of a search, a count or a write by filter. The condition of a single
-- namespace comes first, because `_namespace_hnsw_of_predicate` looks for it there.
--
-- namespace    only this namespace; null means all of them
-- namespaces   only these namespaces; a null in the array means the vectors without a namespace
-- exclude_ids  no vectors with these ids
create or replace function pgvectorize_private._predicate_sql(
    target       pgvectorize_private.indexes,
    namespace    text,
    filter       jsonb,
    namespaces   text[] default null,
    exclude_ids  text[] default null
)
returns text
language plpgsql
stable
parallel safe
as $$
declare
    predicate text;
begin
    if namespace is not null then
        namespaces := array_append(namespaces, namespace);
    end if;
    if target.is_strict then
        perform pgvectorize_private._check_strict_filter(filter);
        if cardinality(namespaces) > 1 then
            perform pgvectorize_private._refuse_as_vectorize('Vectorize has no query of several namespaces');
        elsif exclude_ids <> '{}' then
            perform pgvectorize_private._refuse_as_vectorize('Vectorize has no exclusion of ids');
        end if;
    end if;
    predicate := pgvectorize_private._filter_sql(target.id, filter, strict => target.is_strict);
    exclude_ids := array_remove(exclude_ids, null);
    if exclude_ids <> '{}' then
        predicate := format('stored.id <> all (%L::text[]) and %s', exclude_ids, predicate);
    end if;

    if '' = any (namespaces) then
        perform pgvectorize_private._refuse_request(
            'namespace is empty', 'To search all namespaces, omit the parameter.'
        );
    elsif namespaces = '{}' then
        perform pgvectorize_private._refuse_request(
            'namespaces is empty', 'To search all namespaces, omit the parameter.'
        );
    elsif cardinality(namespaces) = 1 then
        predicate := format(
            '%s and %s',
            pgvectorize_private._namespace_condition_sql('stored.namespace', coalesce(namespaces[1], '')),
            predicate
        );
    elsif namespaces is not null then
        predicate := format(
            'stored.namespace = any (%L::text[]) and %s',
            array(select coalesce(listed.namespace, '') from unnest(namespaces) as listed (namespace)),
            predicate
        );
    end if;

    return predicate;
end;
$$;

comment on function pgvectorize_private._predicate_sql
    is 'Namespaces, excluded ids and filter as a SQL predicate.';
