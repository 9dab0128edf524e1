-- Make a table an index without copying or rewriting it. It must be
--
--   an ordinary table, not partitioned or inherited, that the caller owns;
--   id text or varchar; embedding vector(n) or halfvec(n); namespace text or varchar and not
--   null; metadata jsonb; none of them generated, and no other column so named;
--   other columns nullable or with a default, since writes do not know them.
--
-- Columns that it lacks are added, which rewrites nothing. A column of halfvec is
-- storage float16. Of the table's indexes a unique one on the id and an HNSW one with
-- the metric's operator class, on the column, serve on, whatever the precision would
-- be by default; the others stay, too, and all get names of ours.
create or replace function pgvectorize_private._adopt_in_place(
    name              text,
    relation          regclass,
    id_column         text,
    embedding_column  text,
    metric            text,
    namespace_column  text,
    metadata_column   text,
    description       text
)
returns pgvectorize.index_info
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target   pgvectorize_private.indexes;
    mapped   text[] := array[id_column, embedding_column, namespace_column, metadata_column];
    words    text[] := array['id', 'embedding', 'namespace', 'metadata', 'inserted_by'];
    problem  text;
    is_there boolean;
    width    integer;
    type     text;
    storage  text;
    pattern  record;
    change   text;
    builds   text[];
    hnsw     text;
    opclass  oid;
    key      text;
    serving  regclass;
begin
    if (select class.relkind from pg_class as class where class.oid = relation) <> 'r'
        or exists (select from pg_inherits where relation in (inhrelid, inhparent))
    then
        problem := format('%s is no ordinary table', relation);
    end if;
    if problem is null then
        execute format('lock table %s in access exclusive mode', relation);
        problem := coalesce(
            pgvectorize_private._column_problem(relation, id_column, array['text', 'varchar']),
            pgvectorize_private._column_problem(relation, embedding_column, array['vector', 'halfvec']),
            pgvectorize_private._column_problem(relation, namespace_column, array['text', 'varchar']),
            pgvectorize_private._column_problem(relation, metadata_column, array['jsonb'])
        );
    end if;
    if problem is null then
        select nullif(attribute.atttypmod, -1), named.typname into width, type
        from pg_attribute as attribute
        join pg_type as named on named.oid = attribute.atttypid
        where attribute.attrelid = relation and attribute.attname = embedding_column;
        select case
            when attribute.attname = embedding_column and width is null
                then format('%s.%I has the type %s without dimensions', relation, attribute.attname, type)
            when attribute.attgenerated <> '' and attribute.attname = any (mapped)
                then format('%s.%I is a generated column', relation, attribute.attname)
            when not coalesce(sorting.collisdeterministic, true) and attribute.attname = id_column
                then format('%s.%I has a collation that holds different ids for equal', relation, attribute.attname)
            when attribute.attname = any (words)
                and attribute.attname is distinct from mapped[array_position(words, attribute.attname::text)]
                then format('%s has another column named %s, which an index needs', relation, attribute.attname)
            when attribute.attnotnull and not attribute.atthasdef and attribute.attidentity = ''
                and attribute.attname <> all (array_remove(mapped, null))
                then format('%s.%I is not null and has no default', relation, attribute.attname)
        end
        into problem
        from pg_attribute as attribute
        left join pg_collation as sorting on sorting.oid = attribute.attcollation
        where attribute.attrelid = relation and attribute.attnum > 0 and not attribute.attisdropped
        order by 1 nulls last
        limit 1;
    end if;
    if problem is null and cardinality(array_remove(mapped, null)) > (
        select count(distinct given) from unnest(array_remove(mapped, null)) as given
    ) then
        problem := 'a column is given twice';
    end if;
    if problem is null and namespace_column is not null then
        execute format('select exists (select from %s where %I is null)', relation, namespace_column) into is_there;
        if is_there then
            problem := format('%s.%I has nulls, where an index has empty text', relation, namespace_column);
        end if;
    end if;
    if problem is not null then
        perform pgvectorize_private._refuse_request(problem, 'Nothing was changed. Change that, or adopt by copy.');
    end if;

    -- An index as it is always made checks the name, the metric and the dimensions, and is the
    -- pattern for what the table lacks; then its own table makes room.
    storage := case type when 'halfvec' then 'float16' else 'float32' end;
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
            'select %I::text, %s, %I::@vector@.vector, %s from %s',
            id_column,
            case when namespace_column is null then 'null::text' else format('nullif(%I::text, '''')', namespace_column) end,
            embedding_column,
            coalesce(quote_ident(metadata_column), 'null::jsonb'),
            relation
        )
    );
    for pattern in
        select
            attribute.attname, attribute.attnotnull, format_type(attribute.atttypid, attribute.atttypmod) as type,
            pg_get_expr(expression.adbin, expression.adrelid) as default_value,
            mapped[array_position(words, attribute.attname::text)] as given
        from pg_attribute as attribute
        left join pg_attrdef as expression
            on expression.adrelid = attribute.attrelid and expression.adnum = attribute.attnum
        where attribute.attrelid = target.relation and attribute.attnum > 0
    loop
        -- A nullable column is null in the rows that are there: a default would claim they are new.
        change := case
            when pattern.given is null and pattern.attnotnull then 'add column %1$I %2$s not null default %3$s'
            when pattern.given is null then 'add column %1$I %2$s'
            when pattern.given <> pattern.attname then 'rename column %4$I to %1$I'
        end;
        if change is not null then
            execute format(
                'alter table %s ' || format(change, pattern.attname, pattern.type, pattern.default_value, pattern.given),
                relation
            );
        end if;
        if pattern.type <> (
            select format_type(attribute.atttypid, attribute.atttypmod)
            from pg_attribute as attribute where attribute.attrelid = relation and attribute.attname = pattern.attname
        ) then
            begin
                execute format('alter table %s alter column %I type %s', relation, pattern.attname, pattern.type);
            exception when feature_not_supported then  -- a view uses it, or a policy
                perform pgvectorize_private._refuse_request(
                    format('%s.%I is not of type %s: %s', relation, pattern.given, pattern.type, sqlerrm),
                    'Nothing was changed. Change that, or adopt by copy.'
                );
            end;
        end if;
        execute format(
            'alter table %1$s alter column %2$I %3$s not null, alter column %2$I %4$s',
            relation, pattern.attname,
            case when pattern.attnotnull then 'set' else 'drop' end,
            coalesce('set default ' || pattern.default_value, 'drop default')
        );
    end loop;
    select array_agg(pg_get_indexdef(index.indexrelid)) into builds
    from pg_index as index
    where index.indrelid = target.relation and not index.indisunique
        and index.indexrelid is distinct from pgvectorize_private._hnsw_index(target);
    select pg_get_indexdef(index.indexrelid), index.indclass[0], pg_get_indexdef(index.indexrelid, 1, true)
    into hnsw, opclass, key
    from pg_index as index where index.indexrelid = pgvectorize_private._hnsw_index(target);
    execute format('drop table %s', target.relation);

    -- many tables have an items_pkey, and all indexes lie in one schema
    for serving in select index.indexrelid::regclass from pg_index as index where index.indrelid = relation loop
        execute format(
            'alter index %s rename to %I', serving, pgvectorize_private._relation_name(target.id, 'theirs_' || serving::oid)
        );
    end loop;
    -- by way of a name that is nobody's: the old one may be taken there, the new one here
    execute format('alter table %s rename to %I', relation, pgvectorize_private._relation_name(target.id, 'table'));
    execute format('alter table %s set schema pgvectorize_data', relation);
    execute format('alter table %s rename to %I', relation, name);

    if not exists (
        select from pg_index as index
        where index.indrelid = relation and index.indisunique and index.indimmediate and index.indisvalid
            and index.indpred is null and index.indexprs is null and index.indnkeyatts = 1
            and index.indkey[0] = (
                select attribute.attnum from pg_attribute as attribute
                where attribute.attrelid = relation and attribute.attname = 'id'
            )
    ) then
        execute format(
            'alter table %s add constraint %I unique (id)', relation, pgvectorize_private._relation_name(target.id, 'id_key')
        );
    end if;
    foreach change in array coalesce(builds, '{}') loop
        execute change;
    end loop;
    serving := null;
    if hnsw is not null then
        select index.indexrelid::regclass into serving
        from pg_index as index
        join pg_class as class on class.oid = index.indexrelid
        join pg_am as method on method.oid = class.relam and method.amname = 'hnsw'
        where index.indrelid = relation and index.indisvalid and index.indpred is null
            and index.indclass[0] = opclass and pg_get_indexdef(index.indexrelid, 1, true) = key
        limit 1;
        if serving is null then
            execute hnsw;
        else
            execute format('alter index %s rename to %I', serving, pgvectorize_private._relation_name(target.id, 'embedding_hnsw'));
        end if;
    end if;

    update pgvectorize_private.indexes
    set relation = _adopt_in_place.relation,
        m = coalesce(theirs.m, indexes.m),
        ef_construction = coalesce(theirs.ef_construction, indexes.ef_construction)
    from (
        select
            max(given.option_value::integer) filter (where given.option_name = 'm') as m,
            max(given.option_value::integer) filter (where given.option_name = 'ef_construction') as ef_construction
        from pg_class as class
        cross join lateral pg_options_to_table(class.reloptions) as given (option_name, option_value)
        where class.oid = serving
    ) as theirs
    where indexes.id = target.id;
    perform pgvectorize_private._refresh_has_other_hnsw(pgvectorize_private._find_index(name));
    perform pgvectorize_private._log_mutation(target);
    return pgvectorize.get_index(name);
end;
$$;

comment on function pgvectorize_private._adopt_in_place
    is 'Make a table an index without copying it.';
