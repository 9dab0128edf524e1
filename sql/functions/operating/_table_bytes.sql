-- Return the size of the table of an index just after a load, with its TOAST table and the
-- indexes on ids and namespaces.
--
-- metadata_bytes, id_bytes and namespace_bytes are the stored averages of a row. A row of more
-- than 2,032 bytes stores its embedding out of line, in chunks of 1,996 bytes with 20 bytes in
-- an index for each; and its metadata, too, if it is still too large. Pages of the table are
-- filled as create_index says, pages of indexes to 90 %.
create or replace function pgvectorize_private._table_bytes(
    vectors          bigint,
    dimensions       integer,
    storage          text,
    metadata_bytes   double precision,
    id_bytes         double precision,
    namespace_bytes  double precision
)
returns double precision
language sql
immutable
parallel safe
as $$
    select vectors * 8192 * (
        1 / greatest(floor(pages.usable / (4 + rows.bytes)), 1)  -- the table
        + outside.pages  -- TOAST
        + outside.chunks * 20 / entries.usable
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
            fixed.short + 8 + values_ + metadata_bytes > 2032 as is_embedding,
            fixed.short + 18 + metadata_bytes > 2032 as is_metadata
    ) as out_of_line
    cross join lateral (
        select 8 * ceil((
            fixed.short
            + case when out_of_line.is_embedding then 18 else 8 + values_ end
            + case when out_of_line.is_metadata then 18 else metadata_bytes end
        ) / 8) as bytes
    ) as rows
    cross join lateral (
        select 8168 - 8192 * (100 - pgvectorize_private._fillfactor(dimensions, storage)) / 100 as usable
    ) as pages
    cross join lateral (
        select
            coalesce(sum(pgvectorize_private._toast_pages(long.bytes)), 0) as pages,
            coalesce(sum(ceil(long.bytes / 1996)), 0) as chunks
        from (
            select 4 + values_ as bytes where out_of_line.is_embedding
            union all
            select metadata_bytes where out_of_line.is_metadata
        ) as long
    ) as outside
$$;

comment on function pgvectorize_private._table_bytes
    is 'Size of the table of an index with its vectors just written.';
