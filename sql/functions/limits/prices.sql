-- Return Vectorize's prices: the price of a number of dimensions per month, beyond what the paid
-- and the free plan include. Source: Cloudflare's documentation, platform/pricing, as of the date
-- given.
create or replace function pgvectorize.prices()
returns setof pgvectorize.price
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    values
        ('queried', 0.01, 1000000::bigint,   50000000::bigint, 30000000::bigint, date '2026-10-01'),
        ('stored',  0.05, 100000000::bigint, 10000000::bigint, 5000000::bigint,  date '2026-10-01')
$$;

comment on function pgvectorize.prices
    is 'What Vectorize charges.';
