-- Find the HNSW index of the namespace that a predicate of `_predicate_sql` begins with, or return
-- null. is_alone says that the predicate has no other condition.
create or replace function pgvectorize_private._namespace_hnsw_of_predicate(
    target        pgvectorize_private.indexes,
    predicate     text,
    out hnsw      regclass,
    out is_alone  boolean
)
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
    select
        to_regclass(
            format(
                'pgvectorize_data.%I',
                pgvectorize_private._namespace_hnsw_name(target.id, indexes.namespace)
            )
        ),
        predicate = spelled.condition || 'true'
    into hnsw, is_alone
    from pgvectorize_private.namespace_indexes as indexes
    cross join lateral (
        select pgvectorize_private._namespace_condition_sql('stored.namespace', indexes.namespace) || ' and '
    ) as spelled (condition)
    where indexes.index_id = target.id and starts_with(predicate, spelled.condition);
    is_alone := coalesce(is_alone and hnsw is not null, false);
end;
$$;

comment on function pgvectorize_private._namespace_hnsw_of_predicate
    is 'The HNSW index of the namespace that a predicate begins with.';
