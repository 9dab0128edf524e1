-- Take the next step towards a metadata index: return the statement to run now, or null when the
-- metadata index is built and in use. The caller runs the statement and calls again, so the
-- statement can be `create index concurrently`, which no function may run. The caller may begin at
-- any step, so the next build repairs what a killed one left:
--
--     nothing there                → create it
--     INVALID, or of another type  → drop the leftover, create it
--     valid, not in the catalog    → store it in the catalog, analyze
--
-- Under the lock of `_lock_for_build` nobody builds: what is INVALID then is a leftover, and a
-- running build is never dropped.
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
    most      constant bigint := pgvectorize_private._limit('metadata_indexes', true);
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
            'To change the type, delete that one first.'
        );
    end if;

    if target.is_strict and known is null and most <= (
        select count(*) from pgvectorize_private.metadata_indexes as indexes
        where indexes.index_id = target.id
    ) then
        perform pgvectorize_private._refuse_as_vectorize(
            format('too many metadata indexes; max is %s', most)
        );
    end if;

    loop
        if pgvectorize_private._is_valid_index(name) then
            if known is not null then
                return null;
            end if;
            -- with more statistics the planner estimates better how many rows match a filter
            execute format('alter index pgvectorize_data.%I alter column 1 set statistics 500', name);
            insert into pgvectorize_private.metadata_indexes (index_id, property_name, index_type)
            values (target.id, property_name, index_type)
            on conflict do nothing;
            -- the planner needs statistics of the new expression
            return format('analyze %s', target.relation);
        end if;
        exit when is_locked;

        perform pgvectorize_private._lock_for_build(target);
        is_locked := true;  -- look again: a build may have ended meanwhile
    end loop;

    for leftover in
        select found.relation
        from unnest(array['string', 'number', 'boolean']) as types (type)
        cross join to_regclass(format(
            'pgvectorize_data.%I',
            pgvectorize_private._metadata_index_name(target.id, property_name, types.type)
        )) as found (relation)
        where found.relation is not null
    loop
        perform pgvectorize_private._lock_exclusively(target);
        perform pgvectorize_private._execute_ddl(format('drop index %s', leftover));
    end loop;
    return format(
        'create index %s if not exists %I on %s ((%s))',
        how, name, target.relation,
        pgvectorize_private._indexed_property_sql(property_name, index_type, 'metadata')
    );
end;
$$;

comment on function pgvectorize_private._metadata_index_step
    is 'The next statement towards a metadata index, or null.';
