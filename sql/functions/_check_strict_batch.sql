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
begin
    execute format('select count(*) from (%s) as given', source) into number using ids, namespaces, embeddings, metadata;
    if number > pgvectorize._limit('vectors_to_write', true) then
        perform pgvectorize._refuse_strictly(
            format('too many vectors in payload; max is %s, got %s', pgvectorize._limit('vectors_to_write', true), number)
        );
    end if;

    execute format(
        $sql$
        select given.position, given.problem
        from (
            select position, pgvectorize._strict_problem($5, id, embedding, namespace, metadata) as problem
            from (%s) as given
        ) as given
        where given.problem is not null
        order by given.position
        limit 1
        $sql$,
        source
    ) into offending using ids, namespaces, embeddings, metadata, target;
    if offending.position is not null then
        perform pgvectorize._refuse_strictly(
            offending.problem ->> 'message', (offending.problem ->> 'code')::integer, 'PV004', offending.position
        );
    end if;
end;
$$;

comment on function pgvectorize._check_strict_batch(
    pgvectorize.indexes, text, text[], @vector@.vector[], text[], jsonb[]
)
    is 'Refuse a batch that Vectorize would not take.';
