-- Answer many queries in one call. The matches of vectors[n] have n in the column `query`, and come in the
-- order of n. The options apply to all queries. `filters` has one more filter, or null, for each query.
create or replace function pgvectorize.query_many(
    index            text,
    vectors          @vector@.vector[],
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
    filters          jsonb[] default null,
    recall           double precision default null,
    return_content   boolean default false
)
returns setof pgvectorize.numbered_match
language plpgsql
stable
parallel unsafe
set search_path = pg_catalog, pg_temp
as $$
declare
    target    pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    distance  double precision := pgvectorize_private._distance_threshold(target, min_score, max_distance);
    predicate text := pgvectorize_private._predicate_sql(target, namespace, filter, namespaces, exclude_ids);
    number    integer;
    answer    pgvectorize.match[];
    is_whole  boolean := false;
begin
    if target.is_strict then
        perform pgvectorize_private._check_strict_call(true, 'query_many');
    end if;
    if cardinality(filters) <> cardinality(vectors) then
        perform pgvectorize_private._refuse_request(
            format('%s filters for %s vectors', cardinality(filters), cardinality(vectors)),
            'Give one entry of filters per vector, null for none, or one filter for all vectors.'
        );
    end if;
    for number, answer, is_whole in
        select * from pgvectorize_private._search_batch(
            target, vectors, top_k, predicate, return_values, return_metadata, ef_search, exact, "offset",
            distance, recall, filters, return_content
        )
    loop
        if is_whole then
            return query select number, match.* from unnest(answer) as match;
            continue;
        end if;
        perform pgvectorize_private._check_vector(target, vectors[number], number);
        return query select number, match.* from pgvectorize_private._search(
            target, vectors[number], top_k,
            concat(
                predicate,
                ' and ' || case
                    when filters[number] is not null then pgvectorize_private._filter_sql(
                        target.id, filters[number], format('filters[%s]', number), strict => target.is_strict
                    )
                end
            ),
            return_values, return_metadata, ef_search, exact, "offset", distance, recall,
            return_content => return_content
        ) as match;
    end loop;
end;
$$;

comment on function pgvectorize.query_many
    is 'The vectors nearest to each of many vectors.';
