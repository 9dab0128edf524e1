-- Refuse to delete or change every vector of an index or a namespace merely because of a name that is wrong:
-- $ne, $nin and $not also match the vectors that lack the property, so they match all if no vector has it;
-- and ids that are not in the index exclude none. `$exists` on the property says that this is meant.
create or replace function pgvectorize_private._check_is_meant(
    target       pgvectorize_private.indexes,
    namespace    text,
    filter       jsonb,
    exclude_ids  text[]
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    chosen   text := pgvectorize_private._filter_sql(target.id, filter, strict => target.is_strict);
    stated   text[];
    property text;
    is_all   boolean;
    is_known boolean;
begin
    if chosen = 'true' then
        if namespace is null then
            execute format(
                'select exists (select from %1$s) and not exists (select from %1$s where id = any ($1))',
                target.relation
            ) into is_all using exclude_ids;
            if is_all then
                perform pgvectorize_private._refuse_request(
                    'none of exclude_ids is in the index, so every vector would match',
                    'To delete all vectors of an index, truncate it.'
                );
            end if;
        end if;
        return;
    end if;

    execute format('select %s from (values (''{}''::jsonb)) as stored (metadata)', chosen) into is_all;
    if is_all then
        execute format(
            'select exists (select from %1$s as stored where %2$s)
                and not exists (select from %1$s as stored where %2$s and (%3$s) is not true)',
            target.relation,
            pgvectorize_private._predicate_sql(target, namespace, null, exclude_ids => exclude_ids),
            chosen
        ) into is_all;
    end if;
    if is_all then
        stated := array(
            select member.found ->> 'key'
            from jsonb_path_query(filter, '$.** ? (@.type() == "object").keyvalue()') as member (found)
            where member.found #> '{value,$exists}' is not null
        );
        for property in
            select named.property from pgvectorize_private._filter_properties(filter) as named (property)
            where named.property <> all (stated)
            order by named.property collate "C"
        loop
            execute format(
                'select exists (select from %s as stored where %s is not null)',
                target.relation, pgvectorize_private._property_sql(property, null)
            ) into is_known;
            if not is_known then
                perform pgvectorize_private._refuse_filter(
                    'filter',
                    format('every vector matches, and none has the property "%s"', left(property, 64)),
                    format(
                        'To spare ids, use exclude_ids. To choose the vectors that lack the property, use '
                        '{"%s": {"$exists": false}}.', left(property, 64)
                    )
                );
            end if;
        end loop;
    end if;
end;
$$;

comment on function pgvectorize_private._check_is_meant
    is 'Refuse to delete or change all vectors because of a wrong name.';
