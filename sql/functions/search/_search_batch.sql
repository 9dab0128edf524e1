-- Answer the queries of a batch with one statement, if that is possible. The statement is planned once,
-- and Postgres goes from vector to vector without PL/pgSQL in between. Every query has a row in the
-- result, by its number. If is_whole is false, the query was not run or has too few matches, and
-- `_search` has to answer it.
create or replace function pgvectorize_private._search_batch(
    target           pgvectorize_private.indexes,
    vectors          @vector@.vector[],
    top_k            integer,
    predicate        text,
    return_values    boolean,
    return_metadata  text,
    ef_search        integer,
    exact            boolean,
    skip             integer,
    max_distance     double precision,
    recall           double precision,
    filters          jsonb[],
    return_content   boolean
)
returns table (number integer, answer pgvectorize.match[], is_whole boolean)
language plpgsql
stable
parallel unsafe
set search_path = pg_catalog, pg_temp
set hnsw.ef_search = 100
set hnsw.iterative_scan = off
set hnsw.max_scan_tuples = 20000
set hnsw.scan_mem_multiplier = 1
set enable_seqscan = on
as $$
declare
    depth   integer;
    breadth integer;
    ignored text;
    hnsw    regclass := pgvectorize_private._hnsw_index(target);
    others  regclass[] := case
        when target.has_other_hnsw then pgvectorize_private._other_hnsw_indexes(target)
    end;
begin
    if not pgvectorize_private._fits_one_statement(
        target, vectors, top_k, predicate, ef_search, exact, skip, recall, filters
    ) then
        return query select asked.number, null::pgvectorize.match[], false
        from generate_series(1, cardinality(vectors)) as asked (number);
        return;
    end if;

    depth := top_k + skip;
    breadth := pgvectorize_private._effective_ef_search(
        target, ef_search, top_k, false,
        pgvectorize_private._ef_search_growth(hnsw, target.dimensions, target.index_precision, target.m)
    );
    ignored := pgvectorize_private._set_search_settings(breadth, 'off', 20000, true);
    return query execute format(
        $sql$
        select asked.number::integer, found.matches[$3 + 1 : $4], found.count >= $4 %s
        from unnest($1) with ordinality as asked (vector, number)
        cross join lateral (%s) as found (matches, count)
        order by asked.number
        $sql$,
        -- where the plan does not use the HNSW index, signs alone chose the candidates
        case
            when target.index_precision = 'binary'
                then 'and (pgvectorize_private._hnsw_scan_counters($5, $6))[1] > $7'
        end,
        pgvectorize_private._search_sql(
            target, 'asked.vector', predicate, 'off', pgvectorize_private._scan_limit(target, breadth, depth),
            case when return_values then 'stored.embedding' else 'null' end,
            pgvectorize_private._returned_metadata_sql(target, return_metadata),
            case when return_content then 'nearest.content' else 'null' end,
            case when max_distance is not null then 'nearest.distance <= $2' end
        )
    ) using vectors, max_distance, skip, depth, hnsw, others,
        (pgvectorize_private._hnsw_scan_counters(hnsw, others))[1];
end;
$$;

comment on function pgvectorize_private._search_batch
    is 'The queries of a batch that one statement can answer.';
