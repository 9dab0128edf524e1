-- Return by how much the default ef_search of an index grows with its vectors. With the same ef_search,
-- recall falls: the share that is not found grows with the square root of the number of vectors. (128
-- dimensions, ef_search 200: recall@10 is 0.990 of 100,000 vectors, 0.976 of 300,000, 0.948 of 1,000,000.)
-- That share is inversely proportional to ef_search, so ef_search must grow with the square root too. It grows in steps, one for each
-- doubling from 150,000 on, so that the pages of an answer fit together. A binary HNSW index has its own
-- default, as most of what it does not find is lost to the signs.
--
-- The size of the HNSW index tells how many vectors there are: Postgres' own estimates take a query, or are
-- missing on a replica. This is one expression, which is evaluated in place.
create or replace function pgvectorize_private._ef_search_growth(
    hnsw             regclass,
    dimensions       integer,
    index_precision  text,
    m                integer
)
returns double precision
language sql
volatile
as $$
    select case
        -- 150,000 vectors take more, whatever their dimensions; this saves the calculation
        when index_precision <> 'binary' and pg_relation_size(hnsw) > 40000000 then sqrt(2) ^ greatest(
            floor(
                ln(
                    pg_relation_size(hnsw)
                    / pgvectorize_private._hnsw_bytes(150000, dimensions, index_precision, m)
                ) / ln(2)
            ),
            0
        )
        else 1
    end
$$;

comment on function pgvectorize_private._ef_search_growth
    is 'By how much the default ef_search grows with the vectors.';
