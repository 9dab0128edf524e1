-- Return what a search did in words, a line for each thing: the index, what matches, each way
-- that was tried, the answer, and what would make it faster.
--
-- matches  how many vectors match; null without a namespace and a filter
-- expected_matches  null under row-level security, which hides how the search read the table
create or replace function pgvectorize_private._describe_search(
    target            pgvectorize_private.indexes,
    rows              bigint,
    matches           bigint,
    expected_matches  bigint,
    exact             boolean,
    recall            double precision,
    attempts          jsonb,
    path              text,
    count             bigint,
    milliseconds      double precision,
    advice            jsonb
)
returns text
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select concat_ws(
        E'\n',
        format(
            'Index "%s" holds about %s vectors of %s dimensions (%s), with %s.',
            target.name, pgvectorize_private._format_integer(rows), target.dimensions, target.metric,
            case
                when pgvectorize_private._hnsw_index(target) is not null then format(
                    'an HNSW index of %s, m %s, ef_construction %s',
                    target.index_precision, target.m, target.ef_construction
                )
                else 'no HNSW index'
            end
        ),
        case
            when matches is not null then format(
                '%s of them match (%s %%)%s.',
                pgvectorize_private._format_integer(matches),
                to_char(100.0 * matches / greatest(rows, matches, 1), 'FM990.0999'),
                '; Postgres expected ' || pgvectorize_private._format_integer(expected_matches)
            )
        end,
        case
            when exact then 'An exact search is asked for.'
            when recall is not null and attempts #>> '{-1,way}' = 'exact' and jsonb_array_length(attempts) = 1
                then format('No ef_search that was measured reaches a recall of %s.', recall)
        end,
        case when expected_matches is null then
            'Row-level security applies to you, so how the search read the table is not shown.'
        end,
        (
            select string_agg(
                pgvectorize_private._describe_attempt(target, tried.attempt, expected_matches), E'\n'
                order by tried.place
            )
            from jsonb_array_elements(attempts) with ordinality as tried (attempt, place)
            where expected_matches is not null
        ),
        format(
            'Answer: %s matches, by %s, in %s ms on the server.',
            pgvectorize_private._format_integer(count),
            case path when 'hnsw' then 'the HNSW index' else 'the exact search' end,
            to_char(milliseconds, 'FM999,990.0')
        ),
        (
            select string_agg(
                format('%s Run: %s', given.advice ->> 'finding', given.advice ->> 'fix'), E'\n'
                order by given.place
            )
            from jsonb_array_elements(advice) with ordinality as given (advice, place)
        )
    )
$$;

comment on function pgvectorize_private._describe_search
    is 'What a search did, in words.';
