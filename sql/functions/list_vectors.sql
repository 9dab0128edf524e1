-- List the ids of an index page by page, in the order of its primary key. Pass
-- `next_cursor` of a page as `cursor` to get the next one. The total is counted
-- for the first page and carried along in the cursor.
create or replace function pgvectorize.list_vectors(
    index   text,
    count   integer default 100,
    cursor  text default null
)
returns pgvectorize.vector_list
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize.indexes := pgvectorize._index(index);
    page   pgvectorize.vector_list;
    place  jsonb;
begin
    if count is null or count not between 1 and 1000 then
        perform pgvectorize._refuse(
            format('count must be between 1 and 1000, got %s', coalesce(count::text, 'null')), 'The default is 100.'
        );
    end if;

    if cursor is null then
        page.total_count := pgvectorize.count(index);
    else
        place := pgvectorize._read_cursor(target, cursor);
        page.total_count := (place ->> 'total')::bigint;
    end if;

    execute format(
        'select array(select stored.id from %s as stored where %s order by stored.id limit %s)',
        target.relation,
        case when cursor is null then 'true' else 'stored.id > $1' end,
        count + 1
    ) into page.ids using place ->> 'after';

    page.is_truncated := cardinality(page.ids) > count;
    page.ids := page.ids[:count];
    page.count := cardinality(page.ids);
    if page.is_truncated then
        page.next_cursor := translate(
            encode(
                convert_to(
                    jsonb_build_object('index', target.id, 'after', page.ids[page.count], 'total', page.total_count)::text,
                    'UTF8'
                ),
                'base64'
            ),
            E'\n', ''
        );
    end if;
    return page;
end;
$$;

comment on function pgvectorize.list_vectors(text, integer, text)
    is 'The ids of an index, page by page.';
