-- Return the 64-bit number of a transaction of which the last 32 bits are given:
-- of those that end in them the nearest to the next transaction's.
create or replace function pgvectorize_private._extend_xid(version xid, next xid8)
returns xid8
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    next_number constant bigint := next::text;
    age constant         bigint := (next_number - version::text::bigint) & 4294967295;
begin
    return greatest(next_number - age + case when age > 2147483648 then 4294967296 else 0 end, 0)::text;
end;
$$;

comment on function pgvectorize_private._extend_xid
    is 'The 64-bit number of a transaction.';
