-- Return the vectors nearest to a stored vector, as `query` would with its values. The vector itself is
-- among them if namespace and filter match it.
create or replace function pgvectorize.query_by_id(
    index            text,
    id               text,
    top_k            integer default 5,
    namespace        text default null,
    filter           jsonb default null,
    return_values    boolean default false,
    return_metadata  text default 'none',
    ef_search        integer default null,
    exact            boolean default false,
    namespaces       text[] default null,
    exclude_ids      text[] default null,
    min_score        double precision default null,
    max_distance     double precision default null,
    "offset"         integer default 0,
    recall           double precision default null,
    return_content   boolean default false
)
returns setof pgvectorize.match
language plpgsql
stable
parallel unsafe
rows 10
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    vector @vector@.vector;
    exists boolean;
begin
    execute format('select stored.embedding, true from %s as stored where stored.id = $1', target.relation)
        into vector, exists using id;
    if exists is null then
        raise exception 'vector "%" does not exist in index "%"', coalesce(id, ''), index
            using errcode = 'PV005', hint = 'List the vectors to see which ids there are.';
    elsif vector is null then
        perform pgvectorize_private._refuse_request(
            format('vector "%s" has no values yet', id),
            'It is pending: its content has not been embedded. Search with other values, or upsert its values.'
        );
    end if;

    return query select * from pgvectorize_private._search(
        target, vector, top_k,
        pgvectorize_private._predicate_sql(target, namespace, filter, namespaces, exclude_ids),
        return_values, return_metadata, ef_search, exact,
        "offset", pgvectorize_private._distance_threshold(target, min_score, max_distance), recall,
        return_content => return_content
    );
end;
$$;

comment on function pgvectorize.query_by_id
    is 'The vectors nearest to a stored vector, best first.';
