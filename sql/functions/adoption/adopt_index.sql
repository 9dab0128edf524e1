-- Make an index of any table or view with vectors.
--
-- id_column         any type that has a text
-- embedding_column  vector, halfvec (stored as float16), sparsevec, or an array of numbers
-- namespace_column  any type that has a text; null and '' mean no namespace
-- metadata_column   jsonb or json
-- metadata_columns  columns that become properties; null means not there
-- content_column    any type that has a text; a row may have content without an embedding
--
-- By default the rows are copied in one snapshot, and the table stays as it is. In place the
-- table itself becomes the index, without a rewrite: it moves to schema pgvectorize_data under
-- the index's name, its columns are renamed, and delete_index will drop it. _adopt_in_place
-- says what it must be like.
--
-- If a row does not fit, nothing is changed, and the error lists the ids.
create or replace function pgvectorize.adopt_index(
    name              text,
    relation          regclass,
    id_column         text,
    embedding_column  text,
    metric            text,
    namespace_column  text default null,
    metadata_column   text default null,
    metadata_columns  text[] default null,
    in_place          boolean default false,
    description       text default null,
    content_column    text default null
)
returns pgvectorize.index_info
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    properties text[];
    problem    text;
    dimensions integer;
    storage    text;
begin
    if relation is null then
        perform pgvectorize_private._refuse_request(
            'relation is null', 'Name a table or view, such as ''app.docs''.'
        );
    end if;
    select format('%s has no column "%s"', relation, wanted.column_name) into problem
    from unnest(
        array[id_column, embedding_column, namespace_column, metadata_column, content_column]
        || metadata_columns
    ) with ordinality as wanted (column_name, position)
    where (wanted.column_name is not null or wanted.position not in (3, 4, 5))
        and not exists (
            select from pg_attribute as attribute
            where attribute.attrelid = relation and attribute.attname = wanted.column_name
                and attribute.attnum > 0 and not attribute.attisdropped
        )
    order by wanted.position
    limit 1;
    problem := coalesce(
        problem,
        pgvectorize_private._column_problem(
            relation, embedding_column,
            array['vector', 'halfvec', 'sparsevec', '_float4', '_float8', '_int4', '_numeric']
        ),
        pgvectorize_private._column_problem(relation, metadata_column, array['jsonb', 'json'])
    );
    if problem is not null then
        perform pgvectorize_private._refuse_request(
            problem,
            'Name columns of ids (any type), embeddings (vector), namespaces (any type), metadata (jsonb) '
            'and content (any type).'
        );
    end if;

    if in_place then
        if cardinality(metadata_columns) > 0 then
            perform pgvectorize_private._refuse_request(
                'metadata_columns cannot be made in place',
                'Copy the table, or give it a column of type jsonb.'
            );
        end if;
        return pgvectorize_private._adopt_in_place(
            name, relation, id_column, embedding_column, metric, namespace_column, metadata_column,
            description, content_column
        );
    end if;

    select array_agg(
        format(
            'case when %1$I is null then ''{}''::jsonb else jsonb_build_object(%1$L, to_jsonb(%1$I)) end',
            property
        ) order by position
    )
    into properties
    from unnest(metadata_columns) with ordinality as listed (property, position);
    if metadata_column is not null then
        properties := format('%I::jsonb', metadata_column) || properties;
        if cardinality(properties) > 1 then
            properties[1] := format('coalesce(%s, ''{}'')', properties[1]);
        end if;
    end if;

    select
        case when type.typname in ('vector', 'halfvec', 'sparsevec') then nullif(attribute.atttypmod, -1) end,
        case type.typname when 'halfvec' then 'float16' else 'float32' end
    into dimensions, storage
    from pg_attribute as attribute
    join pg_type as type on type.oid = attribute.atttypid
    where attribute.attrelid = relation and attribute.attname = embedding_column;
    return pgvectorize_private._adopt_copy(
        name,
        format(
            'select %I::text, nullif(%s, ''''), %I::@vector@.vector, %s, %s from %s',
            id_column,
            case
                when namespace_column is null then 'null::text'
                else format('%I::text', namespace_column)
            end,
            embedding_column,
            coalesce(array_to_string(properties, ' || '), 'null::jsonb'),
            case
                when content_column is null then 'null::text'
                else format('%I::text', content_column)
            end,
            relation
        ),
        metric, dimensions, description, storage
    );
end;
$$;

comment on function pgvectorize.adopt_index
    is 'Make an index of a table with vectors.';
