-- Refuse a batch if one of its vectors is wrong, and name the first of them. `source` and the arrays are
-- those of `_write`.
create or replace function pgvectorize_private._check_batch(
    target      pgvectorize_private.indexes,
    source      text,
    ids         text[] default null,
    embeddings  @vector@.vector[] default null,
    namespaces  text[] default null,
    metadata    jsonb[] default null,
    content     text[] default null
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    offending record;
begin
    if target.is_strict then
        perform pgvectorize_private._check_strict_batch(
            target, source, ids, embeddings, namespaces, metadata, content
        );
    end if;
    offending := pgvectorize_private._first_problem(
        '_vector_problem', target, source, ids, embeddings, namespaces, metadata, content
    );
    if offending.place is not null then
        raise exception 'row %, id "%": %', offending.place, left(offending.id, 64), offending.problem
            using errcode = 'PV004', detail = 'row ' || offending.place, hint = 'Nothing was written.';
    end if;
end;
$$;

comment on function pgvectorize_private._check_batch
    is 'Refuse a batch if one of its vectors is wrong.';
