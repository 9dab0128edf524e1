-- Say whether one statement can answer all queries of a batch: each of them is valid and needs one
-- HNSW search without a filter, of all vectors or of a namespace with an HNSW index of its own.
create or replace function pgvectorize_private._fits_one_statement(
    target     pgvectorize_private.indexes,
    vectors    @vector@.vector[],
    top_k      integer,
    predicate  text,
    ef_search  integer,
    exact      boolean,
    skip       integer,
    recall     double precision,
    filters    jsonb[]
)
returns boolean
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
    if exact or recall is not null or filters is not null or target.is_counted
        or pgvectorize_private._hnsw_index(target) is null
    then
        return false;
    elsif exists (
        select from unnest(vectors) as asked (vector)
        where not pgvectorize_private._is_valid_search(target, asked.vector, top_k, ef_search, skip)
    ) then
        return false;
    elsif predicate <> 'true'
        and not (
            target.has_other_hnsw
            and (pgvectorize_private._namespace_hnsw_of_predicate(target, predicate)).is_alone
        )
    then
        return false;
    end if;
    return coalesce(cardinality(vectors), 0) > 0
        and top_k + skip <= pgvectorize_private._effective_ef_search(
            target, ef_search, top_k, false,
            pgvectorize_private._ef_search_growth(
                pgvectorize_private._hnsw_index(target), target.dimensions, target.index_precision, target.m
            )
        );
end;
$$;

comment on function pgvectorize_private._fits_one_statement
    is 'Whether one statement can answer all queries of a batch.';
