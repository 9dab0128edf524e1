-- Write the end of an `insert into … as stored`, which says what becomes of ids that
-- are there already: insert keeps their vectors, upsert replaces them. An unchanged
-- row is not written again: that would cost a full HNSW insert and leave a dead row.
create or replace function pgvectorize._on_conflict_sql(operation text)
returns text
language sql
immutable
parallel safe
as $$
    select 'on conflict (id) do ' || case operation
        when 'insert' then 'nothing'
        else 'update set namespace = excluded.namespace, embedding = excluded.embedding, metadata = excluded.metadata where '
            || pgvectorize._changes_sql('excluded')
    end
$$;

comment on function pgvectorize._on_conflict_sql(text)
    is 'What becomes of ids that are there already.';
