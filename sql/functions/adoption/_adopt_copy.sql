-- Make an index of the rows of a select of id, namespace, embedding, metadata and content.
--
-- The rows are staged, so that every step sees one snapshot without a lock on their source.
-- If no dimensions are given, those of most rows count. The HNSW index is built after the
-- rows are stored, which is many times as fast. float16 stays float16, unless strict mode
-- forbids it.
create or replace function pgvectorize_private._adopt_copy(
    name         text,
    source       text,
    metric       text,
    dimensions   integer,
    description  text,
    storage      text default 'float32'
)
returns pgvectorize.index_info
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target   pgvectorize_private.indexes;
    has_hnsw boolean;
begin
    perform pgvectorize_private._create_staging_table();
    execute format('insert into pg_temp.pgvectorize_staging (id, namespace, embedding, metadata, content) %s', source);
    if dimensions is null then
        execute $sql$
            select mode() within group (order by @vector@.vector_dims(embedding))
            from pg_temp.pgvectorize_staging
        $sql$ into dimensions;
    end if;
    if dimensions is null then
        perform pgvectorize_private._refuse_request(
            'there are no embeddings, so the dimensions are not known',
            'Create an index with dimensions and a metric instead.'
        );
    end if;

    perform pgvectorize.create_index(
        name => name, dimensions => dimensions, metric => metric, description => description,
        storage => case when pgvectorize_private._session_is_strict() then 'float32' else storage end
    );
    target := pgvectorize_private._find_index(name);
    perform pgvectorize_private._check_adopted(
        target, 'select id, namespace, embedding, metadata, content from pg_temp.pgvectorize_staging'
    );

    has_hnsw := pgvectorize_private._hnsw_index(target) is not null;
    if has_hnsw then
        perform pgvectorize.drop_hnsw(name);
    end if;
    execute format(
        $sql$
        insert into %s (id, namespace, embedding, metadata, content)
        select staged.id, coalesce(staged.namespace, ''), staged.embedding, staged.metadata, staged.content
        from pg_temp.pgvectorize_staging as staged
        order by staged.id
        $sql$,
        target.relation
    );
    if has_hnsw then
        perform pgvectorize.build(name);
    end if;
    perform pgvectorize_private._log_mutation(target);
    return pgvectorize.get_index(name);
end;
$$;

comment on function pgvectorize_private._adopt_copy
    is 'Make an index of the rows of a select.';
