-- Return what changes with every write of an index: a digest of its log of mutations.
create or replace function pgvectorize_private._mutations_digest(target pgvectorize_private.indexes)
returns text
language sql
stable
parallel safe
as $$
    select pg_catalog.md5(pg_catalog.string_agg(
        mutations.mutation_id::pg_catalog.text, '' order by mutations.mutation_id
    ))
    from pgvectorize_private.mutations
    where mutations.index_id operator(pg_catalog.=) target.id
$$;

comment on function pgvectorize_private._mutations_digest
    is 'What changes with every write of an index.';
