-- Find the first wrong vector of a batch: its place, counted from 1, its id, and what `checker` says of
-- it, the name of a function such as _vector_problem. All are null if no vector is wrong. `source` and
-- the arrays are those of `_write`.
create or replace function pgvectorize_private._first_problem(
    checker      text,
    target       pgvectorize_private.indexes,
    source       text,
    ids          text[],
    embeddings   @vector@.vector[],
    namespaces   text[],
    metadata     jsonb[],
    content      text[],
    out place    bigint,
    out id       text,
    out problem  text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format(
        $sql$
        select given.position, given.id, given.problem
        from (
            select
                position, id,
                pgvectorize_private.%I($6, id, embedding, namespace, metadata, content)::text as problem
            from (%s) as given
        ) as given
        where given.problem is not null
        order by given.position
        limit 1
        $sql$,
        checker, source
    ) into place, id, problem using ids, namespaces, embeddings, metadata, content, target;
end;
$$;

comment on function pgvectorize_private._first_problem
    is 'The first wrong vector of a batch.';
