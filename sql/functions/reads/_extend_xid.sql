-- Return the 64-bit number of a transaction whose last 32 bits are given. Of the numbers that end in these
-- bits, it is the nearest to the number of the next transaction.
create or replace function pgvectorize_private._extend_xid(version xid, next xid8)
returns xid8
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    next_number constant bigint := next::text;
    age         constant bigint := (next_number - version::text::bigint) & 4294967295;
begin
    return greatest(next_number - age + case when age > 2147483648 then 4294967296 else 0 end, 0)::text;
end;
$$;

comment on function pgvectorize_private._extend_xid
    is 'The 64-bit number of a transaction.';
