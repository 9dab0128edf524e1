-- Say how large an HNSW index is that was just built. A vector takes an element, of 72
-- bytes, 8 and its values, and a list of its neighbours, of 4 and 12 m; both go on one page
-- of 8,160 bytes, each with a pointer of 4, and neither is divided among pages. One of m
-- vectors is in a higher layer, too, and its list is longer by 6 m: where the page has
-- no room for that, one vector fewer is on it. How far that holds: see `size`.
create or replace function pgvectorize_private._hnsw_bytes(
    vectors          bigint,
    dimensions       integer,
    index_precision  text,
    m                integer
)
returns double precision
language sql
immutable
parallel safe
as $$
    select 8192 + vectors * 8192 / case
        when 4 + one.element + one.neighbours > 8160 then 0.5  -- a page for each of the two
        when many.fit * one.bytes + 6 * m > 8160 then many.fit - 1 + (1 - 1.0 / m) ^ many.fit
        else many.fit
    end::double precision
    from (
        select
            sizes.element, sizes.neighbours, sizes.element + sizes.neighbours + 8 as bytes
        from (
            select
                8 * ceil((80 + ceil(pgvectorize_private._value_bytes(dimensions, index_precision))) / 8) as element,
                8 * ceil((4 + 12 * m) / 8.0) as neighbours
        ) as sizes
    ) as one
    cross join lateral (select floor(8160 / one.bytes)::numeric as fit) as many
$$;

comment on function pgvectorize_private._hnsw_bytes
    is 'Size of an HNSW index that was just built.';
