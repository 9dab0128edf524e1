-- Create an index: give dimensions and metric, or a preset that names both, or a model.
--
-- name    lower case letters, digits, "-" and "_"; it begins with a letter and ends with a letter or a
--         digit (Vectorize's pattern), and has at most 63 bytes, because it names the table
-- metric  cosine, euclidean or dot-product
-- strict  enforce Vectorize's own limits on this index, see limits()
-- model   the embedding model that makes the vectors, as an object: "provider", "name" and
--         "dimensions"; if they are known, "pooling", "normalised", "query_prompt", "document_prompt"
--         and "revision". Dimensions come from it, and the metric is cosine unless it is given.
--
-- storage          float32, or float16: half the space; values come back as float16 rounds them, to
--                  about three digits, and must be between -65,504 and 65,504
-- index_precision  what the HNSW index holds: float32 (up to 2,000 dimensions), float16 (up to
--                  4,000), or binary, one bit per value, its sign (up to 16,000). By default the
--                  first up to 948 dimensions, the second up to 4,000, then the third. Scores are
--                  exact with each: they are computed from the stored values.
-- m, ef_construction
--                  neighbours in the HNSW index, and candidates for them: with more, the build is
--                  slower and searches find more; by default 16, and 64 or 2 m if that is more
-- hnsw             false for no HNSW index: each query compares with every vector
--
-- The table pgvectorize_data.NAME has the columns id, namespace, embedding, metadata and content. A vector
-- without a namespace has '' there, so "where namespace is null" finds nothing. embedding is null while a
-- vector is pending.
--
-- Signs distinguish vectors whose values lie around zero, as those of embedding models do; they
-- say nothing about lengths. So a euclidean index of more than 4,000 dimensions has no HNSW index
-- unless index_precision is given as binary.
create or replace function pgvectorize.create_index(
    name             text,
    dimensions       integer default null,
    metric           text default null,
    preset           text default null,
    description      text default null,
    strict           boolean default false,
    storage          text default 'float32',
    index_precision  text default null,
    m                integer default 16,
    ef_construction  integer default null,
    hnsw             boolean default true,
    model            jsonb default null
)
returns pgvectorize.index_info
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    chosen  pgvectorize.preset;
    target  pgvectorize_private.indexes;
    longest constant bigint := pgvectorize_private._limit('vector_length', false);
begin
    perform pgvectorize_private._reserve_name(name);
    execute format('drop table pgvectorize_data.%I', name);

    if preset is not null then
        chosen := pgvectorize_private._find_preset(preset);
        if dimensions <> chosen.dimensions or metric <> chosen.metric then
            perform pgvectorize_private._refuse_request(
                format(
                    'preset "%s" means %s dimensions and metric %s, but %s and %s were given',
                    preset, chosen.dimensions, chosen.metric,
                    coalesce(dimensions::text, 'none'), coalesce(metric, 'none')
                ),
                'Give a preset, or dimensions and metric.'
            );
        end if;
        dimensions := chosen.dimensions;
        metric := chosen.metric;
    end if;
    if model is not null then
        perform pgvectorize_private._check_model(model, dimensions);
        dimensions := coalesce(dimensions, (model ->> 'dimensions')::numeric::integer);
        metric := coalesce(metric, 'cosine');
        model := jsonb_strip_nulls(model) || jsonb_build_object('dimensions', dimensions);
    end if;
    if strict or pgvectorize_private._session_is_strict() then
        perform pgvectorize_private._check_strict_config(
            dimensions, metric, storage, index_precision, m, ef_construction, hnsw
        );
    end if;
    if dimensions is null or metric is null then
        perform pgvectorize_private._refuse_request(
            'dimensions and metric, or a preset, or a model with dimensions, must be given',
            'For example dimensions => 384, metric => ''cosine''.'
        );
    end if;
    perform pgvectorize_private._check_between(
        'dimensions', dimensions,
        pgvectorize_private._limit('dimensions_least', false),
        pgvectorize_private._limit('dimensions', false),
        'The type vector can store no more.'
    );
    if (pgvectorize_private._metric(metric)).operator is null then
        perform pgvectorize_private._refuse_request(
            format('metric "%s" is not known', left(metric, 100)),
            pgvectorize_private._suggest_word(
                metric, array['cosine', 'euclidean', 'dot-product'],
                pgvectorize_private._metric_synonym(metric)
            )
        );
    end if;

    ef_construction := coalesce(ef_construction, pgvectorize_private._default_ef_construction(m));
    perform pgvectorize_private._check_hnsw_options(dimensions, storage, index_precision, m, ef_construction);

    target.id := nextval('pgvectorize_private.indexes_id_seq');
    target.name := name;
    target.dimensions := dimensions;
    target.metric := metric;
    target.storage := storage;
    target.index_precision := coalesce(
        index_precision, pgvectorize_private._default_precision(dimensions, storage)
    );
    target.m := m;
    target.ef_construction := ef_construction;
    target.wants_hnsw := coalesce(hnsw, true)
        and (index_precision is not null or target.index_precision <> 'binary' or metric <> 'euclidean');
    -- For SQL that writes the table itself, the table checks what costs next to nothing: COPY of 50,000
    -- vectors took as long with these checks as without.
    execute format(
        $sql$
        create table pgvectorize_data.%1$I (
            id           text constraint %2$I not null constraint %3$I primary key,
            namespace    text constraint %4$I not null default '',
            embedding    @vector@.%7$s(%5$s) constraint %9$I check (%10$s),
            metadata     jsonb constraint %11$I check (jsonb_typeof(metadata) = 'object'),
            inserted_by  xid8 default pg_current_xact_id(),
            content      text,
            constraint %6$I check (embedding is not null or content is not null)
        ) with (fillfactor = %8$s)
        $sql$,
        name,
        pgvectorize_private._relation_name(target.id, 'id_not_null'),
        pgvectorize_private._relation_name(target.id, 'id_pkey'),
        pgvectorize_private._relation_name(target.id, 'namespace_not_null'),
        dimensions,
        pgvectorize_private._relation_name(target.id, 'embedding_or_content_check'),
        case storage when 'float16' then 'halfvec' else 'vector' end,
        pgvectorize_private._fillfactor(dimensions, storage),
        pgvectorize_private._relation_name(target.id, 'embedding_check'),
        case
            when metric = 'cosine' then 'embedding operator(@vector@.<=>) embedding < 1'
            when storage = 'float16' then 'true'
            else format('@vector@.vector_norm(embedding) <= %s', longest)
        end,
        pgvectorize_private._relation_name(target.id, 'metadata_check')
    );
    -- The planner estimates by statistics of the namespaces. It uses none of vectors and whole
    -- metadata, and to sort a sample of them would take most of the time of analyze.
    execute format(
        'alter table pgvectorize_data.%I alter column namespace set statistics 500, '
        'alter column embedding set statistics 0, alter column metadata set statistics 0, '
        'alter column content set statistics 0',
        name
    );
    execute format(
        'create index %I on pgvectorize_data.%I (namespace, id)',
        pgvectorize_private._relation_name(target.id, 'namespace_id_idx'), name
    );
    -- the queue of what waits to be embedded; it is empty unless there is content without values
    execute format(
        'create index %I on pgvectorize_data.%I (id) where embedding is null',
        pgvectorize_private._relation_name(target.id, 'pending_idx'), name
    );
    if target.wants_hnsw then
        execute format(
            'create index %I on pgvectorize_data.%I %s',
            pgvectorize_private._hnsw_name(target.id), name, pgvectorize_private._hnsw_definition_sql(target)
        );
    end if;

    insert into pgvectorize_private.indexes (
        id, name, relation, dimensions, metric, preset, description, model, is_strict,
        storage, index_precision, wants_hnsw, m, ef_construction
    )
    overriding system value
    values (
        target.id, target.name, to_regclass(format('pgvectorize_data.%I', name)),
        target.dimensions, target.metric, preset, description, model, coalesce(strict, false),
        target.storage, target.index_precision, target.wants_hnsw, target.m, target.ef_construction
    );
    return pgvectorize.get_index(name);
end;
$$;

comment on function pgvectorize.create_index
    is 'Create an index.';
