-- Calculate the size of an HNSW index that was just built.
--
-- A vector has an element of 72 + 8 bytes and its values, and a list of neighbours of 4 + 12 m
-- bytes. Both lie on one page of 8,160 bytes, each with a pointer of 4, and neither is split. One
-- of m vectors is also in a higher layer, which makes its list 6 m longer: if the page has no
-- space for that, it holds one vector fewer. `size` says how accurate this is.
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
                8 * ceil(
                    (80 + ceil(pgvectorize_private._value_bytes(dimensions, index_precision))) / 8
                ) as element,
                8 * ceil((4 + 12 * m) / 8.0) as neighbours
        ) as sizes
    ) as one
    cross join lateral (select floor(8160 / one.bytes)::numeric as fit) as many
$$;

comment on function pgvectorize_private._hnsw_bytes
    is 'Size of an HNSW index that was just built.';
