-- Return the present state of an index: its dimensions, its embedding model, the number of vectors, how many
-- of them are pending, and the newest visible mutation, null before the first. Above 100,000 vectors their
-- number is an estimate, and is_estimate says so; with `exact` they are counted, which scans the table.
-- Pending vectors, which have content but no values yet, are always counted.
create or replace function pgvectorize.describe(
    index  text,
    exact  boolean default false
)
returns pgvectorize.index_description
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    target      pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    description pgvectorize.index_description;
begin
    select mutations.mutation_id, mutations.processed_at
    into description.processed_up_to_mutation, description.processed_up_to_datetime
    from pgvectorize_private.mutations
    where mutations.index_id = target.id
    order by mutations.processed_at desc
    limit 1;
    description.dimensions := target.dimensions;
    description.model := target.model;
    select counted.vector_count, counted.is_estimate
    into description.vector_count, description.is_estimate
    from pgvectorize_private._count_or_estimate(target, exact) as counted;
    description.pending_count := pgvectorize_private._pending_count(target);
    return description;
end;
$$;

comment on function pgvectorize.describe
    is 'What an index holds now.';
