-- Refuse a batch that Vectorize would refuse, because it has too many vectors or because one of them is
-- wrong. `source` and the arrays are those of `_write`.
create or replace function pgvectorize_private._check_strict_batch(
    target      pgvectorize_private.indexes,
    source      text,
    ids         text[],
    embeddings  @vector@.vector[],
    namespaces  text[],
    metadata    jsonb[],
    content     text[]
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    most      constant bigint := pgvectorize_private._limit('vectors_to_write', true);
    number    bigint;
    offending record;
    problem   jsonb;
begin
    execute format('select count(*) from (%s) as given', source)
        into number using ids, namespaces, embeddings, metadata, content;
    if number > most then
        perform pgvectorize_private._refuse_as_vectorize(
            format('too many vectors in payload; max is %s, got %s', most, number)
        );
    end if;

    offending := pgvectorize_private._first_problem(
        '_strict_problem', target, source, ids, embeddings, namespaces, metadata, content
    );
    if offending.place is not null then
        problem := offending.problem;
        perform pgvectorize_private._refuse_as_vectorize(
            problem ->> 'message', (problem ->> 'code')::integer, 'PV004', offending.place
        );
    end if;
end;
$$;

comment on function pgvectorize_private._check_strict_batch
    is 'Refuse a batch that Vectorize would refuse.';
