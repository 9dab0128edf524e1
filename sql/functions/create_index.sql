-- Create an index: give dimensions and metric, or a preset that names both.
--
-- name    letters, digits, "-" and "_", from a letter to a letter or digit, all
--         lower case (Vectorize's pattern), at most 63 bytes: it names the table
-- metric  cosine, euclidean or dot-product
--
-- strict  enforce Vectorize's own limits on this index, see limits()
--
-- pgvector's HNSW holds at most 2,000 dimensions; a wider index, up to 16,000,
-- is created without one and searched exactly (has_hnsw in the answer is false).
create or replace function pgvectorize.create_index(
    name         text,
    dimensions   integer default null,
    metric       text default null,
    preset       text default null,
    description  text default null,
    strict       boolean default false
)
returns pgvectorize.index_info
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    chosen record;
    target pgvectorize.indexes;
begin
    perform pgvectorize._claim_name(name);

    if preset is not null then
        select presets.dimensions, presets.metric into chosen
        from pgvectorize.presets() where presets.name = preset;
        if not found then
            perform pgvectorize._refuse(
                format('preset "%s" is not known', left(preset, 100)),
                pgvectorize._nearest(preset, array(select presets.name from pgvectorize.presets()))
                    || 'List the presets to see which there are, or give dimensions and metric.'
            );
        elsif dimensions <> chosen.dimensions or metric <> chosen.metric then
            perform pgvectorize._refuse(
                format(
                    'preset "%s" means %s dimensions and metric %s, but %s and %s were given',
                    preset, chosen.dimensions, chosen.metric, coalesce(dimensions::text, 'none'), coalesce(metric, 'none')
                ),
                'Give a preset, or dimensions and metric.'
            );
        end if;
        dimensions := chosen.dimensions;
        metric := chosen.metric;
    end if;
    if strict or pgvectorize._is_strict() then
        perform pgvectorize._check_strict_config(dimensions, metric);
    end if;
    if dimensions is null or metric is null then
        perform pgvectorize._refuse(
            'dimensions and metric, or a preset, must be given', 'For example dimensions => 384, metric => ''cosine''.'
        );
    end if;
    perform pgvectorize._check_between(
        'dimensions', dimensions, pgvectorize._limit('dimensions_least', false), pgvectorize._limit('dimensions', false),
        'That is what the type vector can store.'
    );
    if (pgvectorize._metric(metric)).operator is null then
        perform pgvectorize._refuse(
            format('metric "%s" is not known', left(metric, 100)),
            pgvectorize._nearest(metric, array['cosine', 'euclidean', 'dot-product'])
        );
    end if;

    target.id := nextval('pgvectorize.indexes_id_seq');
    execute format(
        $sql$
        create table pgvectorize_data.%1$I (
            id           text constraint %2$I not null constraint %3$I primary key,
            namespace    text constraint %4$I not null default '',
            embedding    @vector@.vector(%5$s) constraint %6$I not null,
            metadata     jsonb,
            inserted_by  xid8 default pg_current_xact_id()
        )
        $sql$,
        name,
        pgvectorize._relation_name(target.id, 'id_not_null'),
        pgvectorize._relation_name(target.id, 'id_pkey'),
        pgvectorize._relation_name(target.id, 'namespace_not_null'),
        dimensions,
        pgvectorize._relation_name(target.id, 'embedding_not_null')
    );
    execute format(
        'create index %I on pgvectorize_data.%I (namespace, id)',
        pgvectorize._relation_name(target.id, 'namespace_id_idx'), name
    );
    if dimensions <= pgvectorize._limit('hnsw_dimensions', false) then
        execute format(
            'create index %I on pgvectorize_data.%I using hnsw (embedding %s)',
            pgvectorize._relation_name(target.id, 'embedding_hnsw'), name, (pgvectorize._metric(metric)).opclass
        );
    end if;

    insert into pgvectorize.indexes (id, name, relation, dimensions, metric, preset, description, is_strict)
    overriding system value
    values (
        target.id, create_index.name, to_regclass(format('pgvectorize_data.%I', create_index.name)),
        create_index.dimensions, create_index.metric, create_index.preset, create_index.description, create_index.strict
    );
    return pgvectorize.get_index(name);
end;
$$;

comment on function pgvectorize.create_index(text, integer, text, text, text, boolean)
    is 'Create an index.';
