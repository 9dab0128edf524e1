-- Measure which share of the true nearest vectors an index finds, and how long that takes, with one ef_search
-- after another. The last row has no ef_search. It is the exact search, with which the others are
-- compared. An index without an HNSW index has only that row.
--
-- queries  how many queries. Each of them needs one exact search and a dozen HNSW searches. An exact search
--          compares with every vector: about half a second for a million vectors
-- top_k    how many nearest vectors the share refers to; use the top_k of your queries
-- vectors  the query vectors, all of them; use real ones if you have them. By default they are mixtures of
--          random stored vectors, which are as hard as vectors that are not stored, or a little harder
-- store    store the rows for the `recall` of queries, and replace earlier ones. With false nothing is
--          written, which also works on a replica
--
-- recall is the mean of all queries; a match that ties with the last of the true nearest counts, too.
-- standard_error says how much recall would change with other queries: in two of three cases less than
-- this. milliseconds is the median time of a query on the server, with planning. It is longer while
-- the server is busy.
create or replace function pgvectorize.recall(
    index    text,
    queries  integer default 200,
    top_k    integer default 10,
    vectors  @vector@.vector[] default null,
    store    boolean default true
)
returns setof pgvectorize.recall_point
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target   pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    measured record;
begin
    if store then
        perform pgvectorize_private._check_recalls_can_be_stored();
    end if;
    measured := pgvectorize_private._measure_recall_curve(target, queries, top_k, vectors);
    if store then
        perform pgvectorize_private._store_recalls(target, measured.points, measured.baseline);
    end if;
    return query select point.* from unnest(measured.points) as point;
end;
$$;

comment on function pgvectorize.recall
    is 'Which share of the true nearest vectors an index finds, by ef_search.';
