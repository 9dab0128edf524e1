-- Write the end of an `insert into … as stored`, which says what happens to ids that exist: insert
-- keeps their vectors, upsert replaces them. An unchanged row is not written again: that would
-- cost a full HNSW insert and leave a dead row. If the embedding or the content is unchanged, the
-- new row keeps the stored one: out of line it is then not written again, and the HNSW index does
-- not change unless a Postgres index holds the metadata.
--
-- A row without an embedding keeps the stored one only if its content is the same. Otherwise the
-- stored one belongs to another text.
create or replace function pgvectorize_private._on_conflict_sql(operation text)
returns text
language sql
immutable
parallel safe
as $$
    select 'on conflict (id) do ' || case operation
        when 'insert' then 'nothing'
        else format(
            $sql$
            update set
                namespace = excluded.namespace,
                metadata = excluded.metadata,
                embedding = case
                    when stored.embedding operator(@vector@.=) excluded.embedding
                        or excluded.embedding is null
                            and stored.content = excluded.content collate "C"
                        then stored.embedding
                    else excluded.embedding
                end,
                content = case
                    when stored.content = excluded.content collate "C" then stored.content
                    else excluded.content
                end
            where %s
            $sql$,
            pgvectorize_private._is_changed_sql('excluded')
        )
    end
$$;

comment on function pgvectorize_private._on_conflict_sql
    is 'What happens to ids that exist.';
