-- Give an adopted table the Postgres indexes of an index. A unique index on ids and an HNSW
-- index as the catalog wants it, whatever its m and ef_construction, stay in use; what is
-- missing is built. Returns the catalog row with the options of the HNSW index.
--
-- definitions  the indexes that are always built
create or replace function pgvectorize_private._take_over_indexes(
    target       pgvectorize_private.indexes,
    relation     regclass,
    definitions  text[]
)
returns pgvectorize_private.indexes
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    definition text;
    hnsw_name  text := pgvectorize_private._hnsw_name(target.id);
    theirs     record;
begin
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
            'alter table %s add constraint %I unique (id)',
            relation, pgvectorize_private._relation_name(target.id, 'id_key')
        );
    end if;
    foreach definition in array definitions loop
        execute definition;
    end loop;
    if not target.wants_hnsw then
        return target;
    end if;

    select index.indexrelid::regclass as relation, given.m, given.ef_construction
    into theirs
    from pg_index as index
    join pg_class as class on class.oid = index.indexrelid
    join pg_am as method on method.oid = class.relam and method.amname = 'hnsw'
    cross join lateral (
        select
            coalesce(max(option_value::integer) filter (where option_name = 'm'), 16) as m,
            coalesce(max(option_value::integer) filter (where option_name = 'ef_construction'), 64)
                as ef_construction
        from pg_options_to_table(class.reloptions)
    ) as given
    where index.indrelid = _take_over_indexes.relation and index.indisvalid and index.indpred is null
        and pgvectorize_private._hnsw_matches_catalog(
            jsonb_populate_record(target, to_jsonb(given)), index.indexrelid
        )
    limit 1;
    if found then
        execute format('alter index %s rename to %I', theirs.relation, hnsw_name);
        target.m := theirs.m;
        target.ef_construction := theirs.ef_construction;
    else
        execute format(
            'create index %I on %s %s', hnsw_name, relation, pgvectorize_private._hnsw_definition_sql(target)
        );
    end if;
    return target;
end;
$$;

comment on function pgvectorize_private._take_over_indexes
    is 'Give an adopted table the Postgres indexes of an index.';
