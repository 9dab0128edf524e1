-- List the vectors of an index page by page, in the order of the primary key. To get the next page, pass
-- `next_cursor` of this page as `cursor`, with the same namespace, filter and exclude_ids. A cursor is valid for an
-- hour.
--
-- namespace        only vectors of this namespace; by default all of them
-- filter           a metadata filter, such as {"price": {"$lt": 100}}
-- return_values    also return the values of each vector
-- return_metadata  none, indexed (properties with a metadata index) or all
-- return_content   also return the content of each vector
-- exclude_ids      no vectors with these ids
--
-- Vectors that are inserted after the first page do not appear on later pages. Changed vectors appear as
-- they are when their page is read; deleted vectors do not appear. `total_count` is counted once, for
-- the first page, and the whole table may be read for it.
--
-- A page ends early with the vector whose metadata bring it above 64 MB as text (the limit page_bytes).
-- is_truncated and next_cursor say whether more follow.
--
-- To get one row per vector:
--     select listed.* from pgvectorize.list_vectors('docs') as page, unnest(page.vectors) as listed
create or replace function pgvectorize.list_vectors(
    index            text,
    count            integer default 100,
    cursor           text default null,
    namespace        text default null,
    filter           jsonb default null,
    return_values    boolean default false,
    return_metadata  text default 'none',
    exclude_ids      text[] default null,
    return_content   boolean default false
)
returns pgvectorize.vector_list
language plpgsql
stable
parallel unsafe  -- because pg_current_xact_id_if_assigned is
set search_path = pg_catalog, pg_temp
as $$
declare
    target     pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    predicate  text := pgvectorize_private._predicate_sql(
        target, namespace, filter, exclude_ids => exclude_ids
    );
    most_bytes constant bigint := pgvectorize_private._limit('page_bytes', false);
    bytes      bigint := 0;
    listed     pgvectorize.stored_vector;
    vectors    pgvectorize.stored_vector[] := '{}';
    page       pgvectorize.vector_list;
    place      record;
    following  jsonb;
begin
    if return_values or return_content or return_metadata not in ('none', 'false')
        or coalesce(namespace, filter::text) is not null
    then
        -- not for a strict index alone: iteration and export list its vectors
        perform pgvectorize_private._check_strict_call(
            pgvectorize_private._session_is_strict(), 'list_vectors'
        );
    end if;
    perform pgvectorize_private._check_between(
        'count', count, 1, pgvectorize_private._limit('vectors_to_list', false), 'The default is 100.'
    );

    if cursor is null then
        select
            null::text as after, 0::bigint as total, pg_current_snapshot() as seen,
            pg_current_xact_id_if_assigned() as own
        into place;
        execute format('select count(*) from %s as stored where %s', target.relation, predicate)
            into place.total;
    else
        place := pgvectorize_private._read_cursor(target, namespace, filter, exclude_ids, cursor);
        predicate := 'stored.id > $1'
            ' and pgvectorize_private._was_inserted_before(stored.inserted_by, stored.xmin, $2, $3) and '
            || predicate;
    end if;

    page.is_truncated := false;
    for listed in execute format(
        $sql$
        select stored.id, nullif(stored.namespace, ''), %2$s, %3$s, %6$s
        from %1$s as stored
        where %4$s
        order by stored.id
        limit %5$s
        $sql$,
        target.relation,
        case when return_values then 'stored.embedding::@vector@.vector' else 'null' end,
        case
            when return_metadata in ('all', 'true') then 'stored.metadata'
            else pgvectorize_private._returned_metadata_sql(target, return_metadata, 'stored.metadata')
        end,
        predicate,
        count + 1,
        case when return_content then 'stored.content' else 'null' end
    ) using place.after, place.seen, place.own loop
        if cardinality(vectors) = count or bytes > most_bytes then
            page.is_truncated := true;
            exit;
        end if;
        vectors := array_append(vectors, listed);
        bytes := bytes + coalesce(octet_length(listed.metadata::text), 0)
            + coalesce(octet_length(listed.content), 0);
    end loop;

    page.vectors := vectors;
    page.total_count := place.total;
    page.count := cardinality(page.vectors);
    if page.is_truncated then
        page.cursor_expiration_timestamp := clock_timestamp() + interval '1 hour';
        following := jsonb_build_object(
            'after', (page.vectors[page.count]).id, 'total', place.total, 'seen', place.seen,
            'own', place.own, 'until', page.cursor_expiration_timestamp
        );
        following := following || jsonb_build_object(
            'check', pgvectorize_private._cursor_digest(target, namespace, filter, exclude_ids, following)
        );
        page.next_cursor := translate(encode(convert_to(following::text, 'UTF8'), 'base64'), E'\n', '');
    end if;
    return page;
end;
$$;

comment on function pgvectorize.list_vectors
    is 'The vectors of an index, page by page.';
