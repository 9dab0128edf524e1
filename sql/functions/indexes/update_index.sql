-- Change the name of an index, its description, whether its queries are counted (see usage), or
-- the default ef_search of its queries. Null keeps a value, an empty description removes the
-- description, and an ef_search of 0 restores the default. `tune` finds the ef_search for a given recall. A new
-- name renames the table too, which waits for readers and writers of the index to end (ACCESS
-- EXCLUSIVE).
create or replace function pgvectorize.update_index(
    name           text,
    new_name       text default null,
    description    text default null,
    count_queries  boolean default null,
    ef_search      integer default null
)
returns pgvectorize.index_info
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize_private.indexes := pgvectorize_private._find_index(name);
begin
    if new_name is null and description is null and count_queries is null and ef_search is null then
        perform pgvectorize_private._refuse_request(
            'give a new name, a description, whether to count queries, or ef_search',
            'Nothing else of an index can be changed.'
        );
    elsif ef_search is not null then
        perform pgvectorize_private._check_between(
            'ef_search', ef_search, 0, pgvectorize_private._limit('ef_search', false),
            'ef_search is how many candidates the HNSW scan keeps; 0 restores the default.'
        );
    end if;

    if new_name <> name then
        perform pgvectorize_private._reserve_name(new_name);
        perform pgvectorize_private._lock_exclusively(target);
    else
        perform pgvectorize_private._lock_table(target, 'access share');
    end if;
    perform pgvectorize_private._lock_row(target);
    if new_name <> name then
        execute format('drop table pgvectorize_data.%I', new_name);
        execute format('alter table %s rename to %I', target.relation, new_name);
    end if;
    update pgvectorize_private.indexes
    set name = coalesce(new_name, update_index.name),
        description = nullif(coalesce(update_index.description, indexes.description), ''),
        is_counted = coalesce(count_queries, is_counted),
        ef_search = nullif(coalesce(update_index.ef_search, indexes.ef_search), 0),
        modified_on = clock_timestamp()
    where indexes.id = target.id;
    return pgvectorize.get_index(coalesce(new_name, name));
end;
$$;

comment on function pgvectorize.update_index
    is 'Change the name, the description or the settings of an index.';
