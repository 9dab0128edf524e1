-- Write the predicate of a search or a count: the namespace, then the filter.
-- A null namespace means all of them.
create or replace function pgvectorize._predicate_sql(target pgvectorize.indexes, namespace text, filter jsonb)
returns text
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    predicate text := pgvectorize._filter_sql(target.id, filter);
begin
    if namespace = '' then
        raise exception 'namespace is empty'
            using errcode = 'PV000', hint = 'Leave the namespace out to search all of them.';
    elsif namespace is not null then
        predicate := format('stored.namespace = %L and %s', namespace, predicate);
    end if;
    return predicate;
end;
$$;

comment on function pgvectorize._predicate_sql(pgvectorize.indexes, text, jsonb)
    is 'Namespace and filter as a SQL predicate.';
