-- Measure what share of the true nearest an index finds, and in what time, at one
-- ef_search after another; the last row, without ef_search, is the exact search that
-- they are compared with. An index without an HNSW index has that row only.
--
-- queries  how many; each takes one exact search and a dozen others. The exact ones
--          compare with every vector: about half a second for a million of them
-- top_k    of how many nearest the share is meant; ask for what your queries ask for
-- vectors  the queries themselves, all of them: take real ones if you have them. Without
--          them, mixtures of stored vectors that are drawn by lot, which are as hard as
--          what is not stored or a little harder, so that no more is promised than holds
-- store    keep the rows, in the place of those before, for the `recall` of queries;
--          without it nothing is written, as on a replica
--
-- recall is the mean over the queries; what ties with the last of the true nearest is
-- right too. standard_error is by how much it would differ with other queries, in two
-- of three cases less. milliseconds is the median of a query, on the server, with the
-- time to plan it; while others are busy it is longer.
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
    target pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    points pgvectorize.recall_point[];
begin
    if store and current_setting('transaction_read_only')::boolean then
        perform pgvectorize_private._refuse_request(
            'what is measured cannot be stored in a read-only transaction', 'Measure with store => false.'
        );
    elsif store and not has_table_privilege('pgvectorize_private.recalls', 'insert') then
        raise insufficient_privilege
            using message = 'permission denied for table recalls', hint = 'Measure with store => false.';
    end if;
    points := array(select point from pgvectorize_private._measure_recall_curve(target, queries, top_k, vectors) as point);
    if store then
        perform pgvectorize_private._store_recalls(target, points);
    end if;
    return query select point.* from unnest(points) as point;
end;
$$;

comment on function pgvectorize.recall
    is 'What share of the true nearest an index finds, by ef_search.';
