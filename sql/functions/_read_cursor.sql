-- Read a cursor of `list_vectors`, or refuse one that is not of this index.
create or replace function pgvectorize._read_cursor(target pgvectorize.indexes, cursor text)
returns jsonb
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    place jsonb;
begin
    begin
        place := convert_from(decode(cursor, 'base64'), 'UTF8')::jsonb;
    exception when data_exception then
        place := null;  -- not base64, not UTF-8 or not JSON
    end;
    if (place -> 'index') is distinct from to_jsonb(target.id)
        or jsonb_typeof(place -> 'after') is distinct from 'string'
        or jsonb_typeof(place -> 'total') is distinct from 'number'
        or place ->> 'total' !~ '^[0-9]{1,18}$'  -- a bigint
    then
        perform pgvectorize._refuse(
            format('the cursor is not one of index "%s"', target.name),
            'Start again without a cursor.'
        );
    end if;
    return place;
end;
$$;

comment on function pgvectorize._read_cursor(pgvectorize.indexes, text)
    is 'The place in a listing that a cursor stands for.';
