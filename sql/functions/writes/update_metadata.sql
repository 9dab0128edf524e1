-- Change the metadata of vectors, chosen by ids, or by filter and namespace, without those of
-- `exclude_ids`. Values and namespaces stay.
--
-- mode  merge: apply `patch` as a JSON Merge Patch (RFC 7396), whose keys replace those of the metadata;
--       null removes a key, objects are merged. replace: `patch` becomes the metadata
--
-- Return the count of the chosen vectors that exist, and their ids in the order given, or no ids
-- if a filter or a namespace chose them. A vector that does not change is not written again. Rows
-- are locked in the order of their ids, as by other writers, and patched as they are once they are
-- locked.
create or replace function pgvectorize.update_metadata(
    index        text,
    patch        jsonb,
    ids          text[] default null,
    filter       jsonb default null,
    namespace    text default null,
    mode         text default 'merge',
    exclude_ids  text[] default null
)
returns pgvectorize.mutation
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target    pgvectorize_private.indexes := pgvectorize_private._lock_index(index, 'row exclusive');
    predicate text := pgvectorize_private._predicate_sql(
        target, namespace, filter, exclude_ids => exclude_ids
    );
    problem   text := case
        when patch is null then 'it is missing'
        else pgvectorize_private._metadata_problem(patch)
    end;
    mutation  pgvectorize.mutation;
begin
    perform pgvectorize_private._check_strict_call(target.is_strict, 'update_metadata');
    if problem is not null then
        perform pgvectorize_private._refuse_request(
            'patch: ' || problem, 'A patch is an object, such as {"price": 10, "color": null}.'
        );
    elsif mode is null or mode not in ('merge', 'replace') then
        perform pgvectorize_private._refuse_request(
            format('mode "%s" is not known', left(mode, 64)),
            pgvectorize_private._suggest_word(mode, array['merge', 'replace'])
        );
    elsif (ids is null) = (
        namespace is null and coalesce(filter, '{}') = '{}'
        and coalesce(array_remove(exclude_ids, null), '{}') = '{}'
    ) then
        perform pgvectorize_private._refuse_request(
            'give either ids, or a filter or a namespace', 'They say which vectors are changed.'
        );
    end if;
    if ids is null then
        perform pgvectorize_private._check_is_meant(target, namespace, filter, exclude_ids);
    end if;

    execute format(
        $sql$
        with chosen as materialized (
            select stored.id, stored.metadata as found, %3$s as wanted
            from %1$s as stored
            where %2$s
            order by stored.id collate "C"
            for update
        ),
        changed as (
            update %1$s as stored set metadata = chosen.wanted
            from chosen
            where stored.id = chosen.id and chosen.wanted::text is distinct from chosen.found::text
        )
        select count(*), %4$s from chosen %5$s
        $sql$,
        target.relation,
        case when ids is null then predicate else 'stored.id = any ($2)' end,
        case mode when 'merge' then 'pgvectorize_private._merge_patch(stored.metadata, $1)' else '$1' end,
        case
            when ids is null then 'null::text[]'
            else 'array_agg(chosen.id order by given.position)'
        end,
        case when ids is not null then
            'join (
                select listed.id, min(listed.position) as position
                from unnest($2) with ordinality as listed (id, position)
                group by listed.id
            ) as given using (id)'
        end
    ) into mutation.count, mutation.ids using patch, ids;

    mutation.ids := coalesce(mutation.ids, '{}');
    mutation.mutation_id := pgvectorize_private._log_mutation(target);
    return mutation;
end;
$$;

comment on function pgvectorize.update_metadata
    is 'Change the metadata of vectors.';
