-- Return what one way of a search did, in words; `_search` describes each way in an attempt.
--
-- expected  how many rows Postgres expected to match
create or replace function pgvectorize_private._describe_attempt(
    target    pgvectorize_private.indexes,
    attempt   jsonb,
    expected  bigint
)
returns text
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    hnsw          text := pgvectorize_private._hnsw_in_plan(target, attempt -> 'plan');
    found         bigint := (attempt ->> 'found')::numeric;
    wanted        bigint := (attempt ->> 'wanted')::numeric;
    steps         bigint := (attempt ->> 'steps')::numeric;
    trusted_steps bigint := (attempt ->> 'trusted_steps')::numeric;
    milliseconds  text := to_char(
        (attempt #>> '{plan,Planning Time}')::numeric + (attempt #>> '{plan,Execution Time}')::numeric,
        'FM999,990.0'
    );
    by_signs      boolean := target.index_precision = 'binary' and attempt ->> 'way' <> 'exact'
        and found >= greatest((attempt ->> 'ef_search')::integer, wanted);
    searching     text;
    reading       text;
begin
    found := least(found, wanted);  -- of more than are wanted, the best are chosen
    if hnsw is not null then
        searching := format(
            'It searches %s (ef_search %s%s)', hnsw, attempt ->> 'ef_search',
            case when attempt ->> 'way' <> 'off' then ', and goes on until there are enough matches' end
        );
        if found < wanted then
            return format(
                '%s. The search ends after %s vectors with %s of %s, in %s ms.%s',
                searching, pgvectorize_private._format_integer(steps),
                pgvectorize_private._format_integer(found), pgvectorize_private._format_integer(wanted),
                milliseconds,
                case
                    when attempt ->> 'way' = 'off'
                        then ' Deleted vectors that are not vacuumed away use up candidates.'
                    when steps >= (attempt ->> 'most_steps')::numeric / 2 then format(
                        ' It may visit about %s: more would cost more than an exact search.',
                        pgvectorize_private._format_integer((attempt ->> 'most_steps')::bigint)
                    )
                    else ''
                end
            );
        elsif steps > trusted_steps then
            return format(
                '%s and finds %s, but only after %s vectors, in %s ms. Matches near the query vector would '
                'be found within %s. These lie elsewhere, and the search may have missed nearer ones, so '
                'they are not trusted.',
                searching, pgvectorize_private._format_integer(found),
                pgvectorize_private._format_integer(steps), milliseconds,
                pgvectorize_private._format_integer(trusted_steps)
            );
        end if;
        return format(
            '%s and finds %s of %s among %s vectors, in %s ms.',
            searching, pgvectorize_private._format_integer(found),
            pgvectorize_private._format_integer(wanted),
            pgvectorize_private._format_integer(steps), milliseconds
        );
    end if;

    select string_agg(
        case
            when node.node_type = 'Seq Scan' then format('the whole table, %s vectors', nodes.rows)
            when node.index_name is not null then format(
                '%s, which gives %s',
                pgvectorize_private._describe_postgres_index(target, node.index_name), nodes.rows
            )
        end,
        ' and '
    ) into reading
    from pgvectorize_private._plan_nodes(attempt -> 'plan') as node
    cross join lateral pgvectorize_private._format_integer(node.rows + node.rows_removed) as nodes (rows);
    return format(
        '%s. It reads %s, and %s, in %s ms.',
        case
            when attempt ->> 'way' = 'exact' then 'It searches exactly'
            when by_signs then format(
                'It does not use the HNSW index: the planner expects %s to match, and to read them all to be '
                'cheaper',
                pgvectorize_private._format_integer(expected)
            )
            else format(
                'It does not use the HNSW index but searches exactly: the planner expects %s to match, and '
                'an exact search of them to be cheaper',
                pgvectorize_private._format_integer(expected)
            )
        end,
        coalesce(reading, 'nothing'),
        case
            when by_signs then format(
                'compares the %s whose signs are nearest, which is not exact',
                pgvectorize_private._format_integer(found)
            )
            else 'compares each match'
        end,
        milliseconds
    );
end;
$$;

comment on function pgvectorize_private._describe_attempt
    is 'What one way of a search did, in words.';
