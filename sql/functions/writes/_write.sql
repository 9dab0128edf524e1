-- Check every vector of a batch, then write the batch in one statement.
--
-- operation  insert keeps the vectors whose ids exist, upsert replaces them.
-- source     a select of position, id, namespace, embedding, metadata and content, which may use the
--            arrays as $1 to $5.
-- content    null if no vector has any.
--
-- Of equal ids in the batch, insert takes the first and upsert the last. Rows are written in the
-- order of their ids, so that two writers lock common ids in the same order and cannot deadlock.
create or replace function pgvectorize_private._write(
    target      pgvectorize_private.indexes,
    operation   text,
    source      text,
    ids         text[] default null,
    embeddings  @vector@.vector[] default null,
    namespaces  text[] default null,
    metadata    jsonb[] default null,
    content     text[] default null
)
returns pgvectorize.mutation
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    mutation pgvectorize.mutation;
begin
    perform pgvectorize_private._check_batch(target, source, ids, embeddings, namespaces, metadata, content);
    if cardinality(ids) = 1 then  -- which needs no order: planning takes half as long
        execute format(
            $sql$
            insert into %s as stored (id, namespace, embedding, metadata, content)
            select given.id, coalesce(given.namespace, ''), given.embedding, given.metadata, given.content
            from (%s) as given
            %s
            $sql$,
            target.relation, source,
            pgvectorize_private._on_conflict_sql(operation, content is not null)
        ) using ids, namespaces, embeddings, metadata, content;
        get diagnostics mutation.count = row_count;
        if operation = 'upsert' or mutation.count = 1 then
            mutation.ids := array(select given.id from unnest(ids) as given (id));
        end if;
    else
        execute format(
            $sql$
            with given as materialized (
                select distinct on (given.id collate "C")
                    given.id, coalesce(given.namespace, '') as namespace, given.embedding, given.metadata,
                    given.content,
                    min(given.position) over (partition by given.id collate "C") as position
                from (%1$s) as given
                order by given.id collate "C", given.position %2$s
            ),
            written as (
                insert into %3$s as stored (id, namespace, embedding, metadata, content)
                select given.id, given.namespace, given.embedding, given.metadata, given.content
                from given
                order by given.id collate "C"
                %4$s
                returning stored.id
            )
            select array_agg(given.id order by given.position)
            from given
            %5$s
            $sql$,
            source,
            case operation when 'insert' then 'asc' else 'desc' end,
            target.relation,
            pgvectorize_private._on_conflict_sql(operation, content is not null),
            case operation when 'insert' then 'join written using (id)' else '' end
        ) into mutation.ids using ids, namespaces, embeddings, metadata, content;
    end if;

    mutation.ids := coalesce(mutation.ids, '{}');
    mutation.count := cardinality(mutation.ids);
    mutation.mutation_id := pgvectorize_private._log_mutation(target);
    return mutation;
end;
$$;

comment on function pgvectorize_private._write
    is 'Check and write a batch of vectors.';
