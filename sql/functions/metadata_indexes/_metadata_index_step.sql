-- Take the next step towards a metadata index: return the statement that must
-- be run now, or null when the index is built and in use. The caller runs the
-- statement and comes back, so `create index concurrently`, which no function
-- may run, fits in; and it can begin anywhere, so a build that was killed is
-- mended by the next one:
--
--     nothing there               → create it
--     INVALID, or of another type → drop the leftover, create it
--     valid, not in the catalog   → enter it, analyze
--
-- Under `_lock_for_build` nobody builds: what is INVALID then is a leftover, and a live
-- build is never dropped.
create or replace function pgvectorize_private._metadata_index_step(
    target         pgvectorize_private.indexes,
    property_name  text,
    index_type     text,
    how            text  -- 'concurrently' or ''
)
returns text
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    name      text := pgvectorize_private._metadata_index_name(target.id, property_name, index_type);
    known     text;
    leftover  regclass;
    is_locked boolean := false;
begin
    perform pgvectorize_private._check_property_name(property_name, 'PV000');
    if index_type is null or index_type not in ('string', 'number', 'boolean') then
        perform pgvectorize_private._refuse_request(
            format('index_type "%s" is not known', left(index_type, 64)),
            pgvectorize_private._suggest_word(index_type, array['string', 'number', 'boolean'])
        );
    end if;

    select indexes.index_type into known
    from pgvectorize_private.metadata_indexes as indexes
    where indexes.index_id = target.id and indexes.property_name = _metadata_index_step.property_name;
    if known <> index_type then
        perform pgvectorize_private._refuse_request(
            format('property "%s" has a metadata index of type %s already', property_name, known),
            'Delete that one first to change the type.'
        );
    end if;

    if target.is_strict and known is null and (
        select count(*) from pgvectorize_private.metadata_indexes as indexes where indexes.index_id = target.id
    ) >= pgvectorize_private._limit('metadata_indexes', true) then
        perform pgvectorize_private._refuse_as_vectorize(
            format('too many metadata indexes; max is %s', pgvectorize_private._limit('metadata_indexes', true))
        );
    end if;

    loop
        if pgvectorize_private._is_valid_index(name) then
            if known is not null then
                return null;
            end if;
            -- a filter is weighed by what the planner knows of its value
            execute format('alter index pgvectorize_data.%I alter column 1 set statistics 500', name);
            insert into pgvectorize_private.metadata_indexes (index_id, property_name, index_type)
            values (target.id, property_name, index_type)
            on conflict do nothing;
            return format('analyze %s', target.relation);  -- the planner needs statistics of the new expression
        end if;
        exit when is_locked;

        perform pgvectorize_private._lock_for_build(target);
        is_locked := true;  -- look once more: a build may have ended just now
    end loop;

    for leftover in
        select found.relation
        from unnest(array['string', 'number', 'boolean']) as types (type)
        cross join to_regclass(format(
            'pgvectorize_data.%I', pgvectorize_private._metadata_index_name(target.id, property_name, types.type)
        )) as found (relation)
        where found.relation is not null
    loop
        perform pgvectorize_private._execute_ddl(format('drop index %s', leftover));
    end loop;
    return format(
        'create index %s if not exists %I on %s ((%s))',
        how, name, target.relation, pgvectorize_private._indexed_property_sql(property_name, index_type, 'metadata')
    );
end;
$$;

comment on function pgvectorize_private._metadata_index_step
    is 'The next statement towards a metadata index, or null.';
