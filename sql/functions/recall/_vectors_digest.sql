-- Return a digest of query vectors, by which the same ones are recognised.
create or replace function pgvectorize_private._vectors_digest(vectors @vector@.vector[])
returns text
language sql
immutable
parallel safe
as $$
    select pg_catalog.md5(pg_catalog.string_agg(
        pg_catalog.md5(@vector@.vector_send(given.vector)), '' order by given.place
    ))
    from pg_catalog.unnest(vectors) with ordinality as given (vector, place)
$$;

comment on function pgvectorize_private._vectors_digest
    is 'A digest of query vectors.';
