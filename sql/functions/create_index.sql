-- Create an index: give dimensions and metric, or a preset that names both.
--
-- name    letters, digits, "-" and "_", from a letter to a letter or digit, all
--         lower case (Vectorize's pattern), at most 63 bytes: it names the table
-- metric  cosine, euclidean or dot-product
--
-- pgvector's HNSW holds at most 2,000 dimensions; a wider index, up to 16,000,
-- is created without one and searched exactly (has_hnsw in the answer is false).
create or replace function pgvectorize.create_index(
    name         text,
    dimensions   integer default null,
    metric       text default null,
    preset       text default null,
    description  text default null
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
    if coalesce(name, '') !~ '^[a-z]+[a-z0-9_-]*[a-z0-9]+$' or octet_length(name) > 63 then
        perform pgvectorize._refuse(
            format('index name "%s" is not valid', left(name, 100)),
            'A name has 2 to 63 characters: a-z first, then a-z, 0-9, "-" and "_", and a-z or 0-9 last.'
        );
    end if;

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
    if dimensions is null or metric is null then
        perform pgvectorize._refuse(
            'dimensions and metric, or a preset, must be given', 'For example dimensions => 384, metric => ''cosine''.'
        );
    elsif dimensions not between 1 and 16000 then
        perform pgvectorize._refuse(
            format('dimensions must be between 1 and 16000, got %s', dimensions), 'That is what the type vector can store.'
        );
    elsif (pgvectorize._metric(metric)).operator is null then
        perform pgvectorize._refuse(
            format('metric "%s" is not known', left(metric, 100)),
            pgvectorize._nearest(metric, array['cosine', 'euclidean', 'dot-product'])
        );
    end if;

    perform pg_advisory_xact_lock(hashtextextended('pgvectorize index ' || name, 0));
    if exists (select from pgvectorize.indexes where indexes.name = create_index.name) then
        raise exception 'index "%" already exists', name
            using errcode = 'PV002', hint = 'Delete it first, or choose another name.';
    elsif to_regclass(format('pgvectorize_data.%I', name)) is not null then
        raise exception 'a table named "%" is in schema pgvectorize_data, but it is no index', name
            using errcode = 'PV002', hint = 'Rename or drop that table, or choose another name.';
    end if;

    target.id := nextval('pgvectorize.indexes_id_seq');
    execute format(
        $sql$
        create table pgvectorize_data.%1$I (
            id         text constraint %2$I not null constraint %3$I primary key,
            namespace  text constraint %4$I not null default '',
            embedding  @vector@.vector(%5$s) constraint %6$I not null,
            metadata   jsonb
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
    if dimensions <= 2000 then
        execute format(
            'create index %I on pgvectorize_data.%I using hnsw (embedding %s)',
            pgvectorize._relation_name(target.id, 'embedding_hnsw'), name, (pgvectorize._metric(metric)).opclass
        );
    end if;

    insert into pgvectorize.indexes (id, name, relation, dimensions, metric, preset, description)
    overriding system value
    values (
        target.id, create_index.name, to_regclass(format('pgvectorize_data.%I', create_index.name)),
        create_index.dimensions, create_index.metric, create_index.preset, create_index.description
    );
    return pgvectorize.get_index(name);
end;
$$;

comment on function pgvectorize.create_index(text, integer, text, text, text)
    is 'Create an index.';
