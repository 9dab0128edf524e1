-- Write the condition that the row with the alias `given` changes the stored row. Metadata is
-- compared as text, because jsonb takes 1 and 1.0 as equal. A row without an embedding keeps the
-- stored one if its content is the same, see `_on_conflict_sql`, also for has_content.
create or replace function pgvectorize_private._is_changed_sql(given text, has_content boolean default true)
returns text
language sql
immutable
parallel safe
as $$
    select format(
        case
            when has_content then
                $sql$
                (stored.namespace is distinct from %1$s.namespace
                    or stored.metadata::text is distinct from %1$s.metadata::text
                    or stored.content is distinct from %1$s.content collate "C"
                    or stored.embedding operator(@vector@.<>) %1$s.embedding
                    or stored.embedding is null and %1$s.embedding is not null)
                $sql$
            else
                $sql$
                (stored.namespace is distinct from %1$s.namespace
                    or stored.metadata::text is distinct from %1$s.metadata::text
                    or stored.content is not null
                    or (stored.embedding operator(@vector@.=) %1$s.embedding) is not true)
                $sql$
        end,
        given
    )
$$;

comment on function pgvectorize_private._is_changed_sql
    is 'Condition that a given row changes the stored one.';
