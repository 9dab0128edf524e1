-- Refuse a batch that Vectorize would not take, for its length or its first
-- vector that is wrong; `source` and the arrays are as for `_write`.
create or replace function pgvectorize._check_strict_batch(
    target      pgvectorize.indexes,
    source      text,
    ids         text[],
    embeddings  @vector@.vector[],
    namespaces  text[],
    metadata    jsonb[]
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    number    bigint;
    offending record;
    problem   jsonb;
begin
    execute format('select count(*) from (%s) as given', source) into number using ids, namespaces, embeddings, metadata;
    if number > pgvectorize._limit('vectors_to_write', true) then
        perform pgvectorize._refuse_strictly(
            format('too many vectors in payload; max is %s, got %s', pgvectorize._limit('vectors_to_write', true), number)
        );
    end if;

    offending := pgvectorize._first_problem('_strict_problem', target, source, ids, embeddings, namespaces, metadata);
    if offending.place is not null then
        problem := offending.problem;
        perform pgvectorize._refuse_strictly(
            problem ->> 'message', (problem ->> 'code')::integer, 'PV004', offending.place
        );
    end if;
end;
$$;

comment on function pgvectorize._check_strict_batch(
    pgvectorize.indexes, text, text[], @vector@.vector[], text[], jsonb[]
)
    is 'Refuse a batch that Vectorize would not take.';
