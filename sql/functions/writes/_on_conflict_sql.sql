-- Write the end of an `insert into … as stored`, which says what happens to ids that exist: insert
-- keeps their vectors, upsert replaces them. An unchanged row is not written again: that would
-- cost a full HNSW insert and leave a dead row. If the embedding or the content is unchanged, the
-- new row keeps the stored one: out of line it is then not written again, and the HNSW index does
-- not change unless a Postgres index holds the metadata.
--
-- has_content  false if no given row has content. Then each has an embedding, and the statement is
--              shorter: to plan it takes a sixth less of a write of one vector
--
-- A row without an embedding keeps the stored one only if its content is the same. Otherwise the
-- stored one belongs to another text. `replace` never keeps anything: it is for ids that came
-- before in the same call, of which only the last counts.
create or replace function pgvectorize_private._on_conflict_sql(
    operation    text,
    has_content  boolean default true
)
returns text
language sql
immutable
parallel safe
as $$
    -- constants, so that PL/pgSQL has nothing to write at each call
    select 'on conflict (id) do ' || case
        when operation = 'insert' then 'nothing'
        when operation = 'replace' then 'update set namespace = excluded.namespace, '
            'metadata = excluded.metadata, embedding = excluded.embedding, content = excluded.content'
        when has_content then
            $sql$
            update set namespace = excluded.namespace, metadata = excluded.metadata,
                embedding = case
                    when stored.embedding operator(@vector@.=) excluded.embedding
                        or excluded.embedding is null and stored.content = excluded.content collate "C"
                        then stored.embedding
                    else excluded.embedding
                end,
                content = case
                    when stored.content = excluded.content collate "C" then stored.content
                    else excluded.content
                end
            where $sql$ || pgvectorize_private._is_changed_sql('excluded', true)
        else
            $sql$
            update set namespace = excluded.namespace, metadata = excluded.metadata, content = null,
                embedding = case
                    when stored.embedding operator(@vector@.=) excluded.embedding then stored.embedding
                    else excluded.embedding
                end
            where $sql$ || pgvectorize_private._is_changed_sql('excluded', false)
    end
$$;

comment on function pgvectorize_private._on_conflict_sql
    is 'What happens to ids that exist.';
