-- Read a cursor of `list_vectors`. Refuse it if it has expired or belongs to another listing.
create or replace function pgvectorize_private._read_cursor(
    target       pgvectorize_private.indexes,
    namespace    text,
    filter       jsonb,
    exclude_ids  text[],
    cursor       text,
    out after    text,         -- the last id of the previous page
    out total    bigint,       -- how many vectors there were at the first page
    out seen     pg_snapshot,  -- the snapshot of the first page
    out own      xid8          -- the transaction of the first page, if it had written something
)
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    place jsonb;
    until timestamptz;
begin
    begin
        place := convert_from(decode(cursor, 'base64'), 'UTF8')::jsonb;
        if place ->> 'check'
            = pgvectorize_private._cursor_digest(target, namespace, filter, exclude_ids, place)
        then
            after := place ->> 'after';
            total := place ->> 'total';
            seen := place ->> 'seen';
            own := place ->> 'own';
            until := place ->> 'until';
        end if;
    exception when data_exception or program_limit_exceeded then
        after := null;  -- not base64, not UTF-8, not JSON, nested too deep, or not a cursor
    end;
    if after is null or total is null or seen is null or until is null then
        perform pgvectorize_private._refuse_request(
            format('the cursor does not belong to index "%s" with this namespace and filter', target.name),
            'Start again without a cursor.'
        );
    elsif until < clock_timestamp() then
        perform pgvectorize_private._refuse_request(
            'the cursor expired at ' || to_char(until at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'),
            'Start again without a cursor.'
        );
    end if;
end;
$$;

comment on function pgvectorize_private._read_cursor
    is 'The place in a listing that a cursor means.';
