-- Make a table an index without copying or rewriting it. It must be
--
--   an ordinary table, not partitioned, inherited, temporary or UNLOGGED, that the caller owns;
--   id text or varchar; embedding vector(n) or halfvec(n); namespace text or varchar and not
--   null; metadata jsonb; content text or varchar; none of them generated, and no other column
--   with such a name;
--   other columns nullable or with a default, since writes do not know them.
--
-- Missing columns are added, which rewrites nothing. A column of type halfvec is storage
-- float16. A unique index on the id stays in use, and so does an HNSW index on the column
-- with the metric's operator class, whatever the precision would be by default. Other indexes
-- stay, too. All get new names. Triggers stay. If a BEFORE trigger skips rows, upsert returns
-- them as written, because it counts what it was given.
create or replace function pgvectorize_private._adopt_in_place(
    name              text,
    relation          regclass,
    id_column         text,
    embedding_column  text,
    metric            text,
    namespace_column  text,
    metadata_column   text,
    description       text,
    content_column    text
)
returns pgvectorize.index_info
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target      pgvectorize_private.indexes;
    columns     text[] := array[
        id_column, embedding_column, namespace_column, metadata_column, content_column
    ];
    width       integer;
    type        text;
    storage     text;
    definitions text[];
    theirs      regclass;
begin
    perform pgvectorize_private._check_adoptable_table(relation, columns);
    select attribute.atttypmod, named.typname into width, type
    from pg_attribute as attribute
    join pg_type as named on named.oid = attribute.atttypid
    where attribute.attrelid = relation and attribute.attname = embedding_column;
    storage := case type when 'halfvec' then 'float16' else 'float32' end;

    -- An ordinary index is created first. That checks the name, the metric and the dimensions.
    -- Its table is the pattern for what the adopted one lacks, and is then dropped.
    perform pgvectorize.create_index(
        name => name, dimensions => width, metric => metric, description => description, storage => storage,
        index_precision => case when not pgvectorize_private._session_is_strict() and exists (
            select from pg_index as index
            join pg_class as class on class.oid = index.indexrelid
            join pg_am as method on method.oid = class.relam and method.amname = 'hnsw'
            join pg_opclass as known on known.oid = index.indclass[0]
            join pg_attribute as attribute
                on attribute.attrelid = relation and attribute.attnum = index.indkey[0]
                and attribute.attname = embedding_column
            where index.indrelid = relation and index.indisvalid and index.indpred is null
                and known.opcname = type || '_' || (pgvectorize_private._metric(metric)).opclass
        ) then storage end
    );
    target := pgvectorize_private._find_index(name);
    perform pgvectorize_private._check_adopted(
        target,
        format(
            'select %I::text, %s, %I::@vector@.vector, %s, %s from %s',
            id_column,
            case
                when namespace_column is null then 'null::text'
                else format('nullif(%I::text, '''')', namespace_column)
            end,
            embedding_column,
            coalesce(quote_ident(metadata_column), 'null::jsonb'),
            coalesce(quote_ident(content_column), 'null::text'),
            relation
        )
    );
    perform pgvectorize_private._align_columns(relation, target.relation, columns);

    definitions := array(
        select pg_get_indexdef(index.indexrelid) from pg_index as index
        where index.indrelid = target.relation and not index.indisunique
            and index.indexrelid is distinct from pgvectorize_private._hnsw_index(target)
    );
    execute format('drop table %s', target.relation);
    -- many tables have an items_pkey, and all indexes lie in one schema
    for theirs in
        select index.indexrelid::regclass from pg_index as index where index.indrelid = relation
    loop
        execute format(
            'alter index %s rename to %I',
            theirs, pgvectorize_private._relation_name(target.id, 'theirs_' || theirs::oid)
        );
    end loop;
    -- by way of a name that nobody uses: the old one may be taken there, the new one here
    execute format(
        'alter table %s rename to %I', relation, pgvectorize_private._relation_name(target.id, 'table')
    );
    execute format('alter table %s set schema pgvectorize_data', relation);
    execute format('alter table %s rename to %I', relation, name);

    target := pgvectorize_private._take_over_indexes(target, relation, definitions);
    update pgvectorize_private.indexes
    set relation = _adopt_in_place.relation, m = target.m, ef_construction = target.ef_construction
    where indexes.id = target.id;
    perform pgvectorize_private._refresh_has_other_hnsw(pgvectorize_private._find_index(name));
    perform pgvectorize_private._log_mutation(target);
    return pgvectorize.get_index(name);
end;
$$;

comment on function pgvectorize_private._adopt_in_place
    is 'Make a table an index without copying it.';
