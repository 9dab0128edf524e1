-- Return what Vectorize charges in a month for so many stored and so many queried dimensions.
-- Its formula charges stored dimensions twice: with the queried ones, and by themselves.
create or replace function pgvectorize_private._vectorize_dollars(stored bigint, queried bigint)
returns numeric
language sql
immutable
parallel safe
as $$
    select sum(
        case prices.item
            when 'stored' then stored
            when 'queried' then coalesce(queried, 0) + stored
        end * prices.dollars / prices.dimensions
    )
    from pgvectorize.prices()
$$;

comment on function pgvectorize_private._vectorize_dollars
    is 'What Vectorize charges in a month.';
