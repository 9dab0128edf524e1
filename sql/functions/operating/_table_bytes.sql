-- Return the size of the table of an index just after a load, with its TOAST table and the
-- indexes on ids and namespaces.
--
-- metadata_bytes, id_bytes, namespace_bytes and content_bytes are the stored averages of a row. A
-- row of more than 2,032 bytes stores the largest of embedding, metadata and content out of line,
-- in chunks of 1,996 bytes with 20 bytes in an index for each; and the next one, too, if it is
-- still too large. Pages of the table are filled as create_index says, pages of indexes to 90 %.
create or replace function pgvectorize_private._table_bytes(
    vectors          bigint,
    dimensions       integer,
    storage          text,
    metadata_bytes   double precision,
    id_bytes         double precision,
    namespace_bytes  double precision,
    content_bytes    double precision
)
returns double precision
language sql
immutable
parallel safe
as $$
    select vectors * 8192 * (
        1 / greatest(floor(pages.usable / (4 + rows.bytes)), 1)  -- the table
        + rows.toast_pages
        + rows.chunks * 20 / entries.usable
        + (4 + 8 * ceil((9 + id_bytes) / 8)) / entries.usable
        + (4 + 8 * ceil((10 + id_bytes + namespace_bytes) / 8)) / entries.usable
    )
    from pgvectorize_private._value_bytes(dimensions, storage) as values_
    cross join lateral (select 8152 * 0.9::double precision as usable) as entries
    cross join lateral (
        -- the header of a row, its short columns, inserted_by
        select 34 + id_bytes + namespace_bytes as short
    ) as fixed
    cross join lateral (
        select
            8 * ceil((fixed.short + sum(case when is_outside then 18 else part.inside end)) / 8) as bytes,
            coalesce(
                sum(pgvectorize_private._toast_pages(part.outside)) filter (where is_outside), 0
            ) as toast_pages,
            coalesce(sum(ceil(part.outside / 1996)) filter (where is_outside), 0) as chunks
        from (
            select
                listed.*,
                listed.inside > 18
                and fixed.short + sum(listed.inside) over () - coalesce(
                    sum(listed.inside - 18) over (
                        order by listed.inside desc, listed.place
                        rows between unbounded preceding and 1 preceding
                    ),
                    0
                ) > 2032 as is_outside
            from (
                values
                    (1, 8 + values_, 4 + values_),
                    (2, metadata_bytes, metadata_bytes),
                    (3, content_bytes, content_bytes)
            ) as listed (place, inside, outside)
        ) as part
    ) as rows
    cross join lateral (
        select 8168 - 8192 * (100 - pgvectorize_private._fillfactor(dimensions, storage)) / 100 as usable
    ) as pages
$$;

comment on function pgvectorize_private._table_bytes
    is 'Size of the table of an index with its vectors just written.';
