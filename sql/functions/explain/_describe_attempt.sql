-- Say in words what one way of a search did, of which `_search` tells.
--
-- expected  how many rows Postgres thought would match
create or replace function pgvectorize_private._describe_attempt(target pgvectorize_private.indexes, attempt jsonb, expected bigint)
returns text
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    graph         text := pgvectorize_private._hnsw_in_plan(target, attempt -> 'plan');
    found         bigint := (attempt ->> 'found')::numeric;
    wanted        bigint := (attempt ->> 'wanted')::numeric;
    steps         bigint := (attempt ->> 'steps')::numeric;
    trusted_steps bigint := (attempt ->> 'trusted_steps')::numeric;
    milliseconds  text := to_char(
        (attempt #>> '{plan,Planning Time}')::numeric + (attempt #>> '{plan,Execution Time}')::numeric, 'FM999,990.0'
    );
    walk          text;
    reading       text;
begin
    if graph is not null then
        walk := format(
            'It walks %s (ef_search %s%s)', graph, attempt ->> 'ef_search',
            case when attempt ->> 'way' = 'off' then '' else ', going on until there are enough' end
        );
        if found < wanted then
            return format(
                '%s, which ends after %s vectors with %s of %s, in %s ms.%s', walk, pgvectorize_private._format_integer(steps),
                pgvectorize_private._format_integer(found), pgvectorize_private._format_integer(wanted), milliseconds,
                case
                    when attempt ->> 'way' = 'off' then ' Deleted vectors that are not vacuumed away use up candidates.'
                    when steps >= (attempt ->> 'most_steps')::numeric / 2 then
                        format(
                            ' It may take about %s: more would cost more than an exact search.',
                            pgvectorize_private._format_integer((attempt ->> 'most_steps')::bigint)
                        )
                    else ''
                end
            );
        elsif steps > trusted_steps then
            return format(
                '%s and finds %s, but only after %s vectors, in %s ms. Matches near the query vector come within %s: '
                'these lie elsewhere, nearer ones may have been missed, and so they are not trusted.',
                walk, pgvectorize_private._format_integer(found), pgvectorize_private._format_integer(steps), milliseconds, pgvectorize_private._format_integer(trusted_steps)
            );
        end if;
        return format(
            '%s and finds %s of %s among %s vectors, in %s ms.',
            walk, pgvectorize_private._format_integer(found), pgvectorize_private._format_integer(wanted), pgvectorize_private._format_integer(steps), milliseconds
        );
    end if;

    select string_agg(
        case
            when node.node_type = 'Seq Scan' then format('the whole table, %s vectors', pgvectorize_private._format_integer(node.rows + node.rows_removed))
            when node.index_name is not null then
                format('%s, which gives %s', pgvectorize_private._describe_postgres_index(target, node.index_name), pgvectorize_private._format_integer(node.rows + node.rows_removed))
        end,
        ' and '
    ) into reading
    from pgvectorize_private._plan_nodes(attempt -> 'plan') as node;
    return format(
        '%s. It reads %s, and compares each match, in %s ms.',
        case
            when attempt ->> 'way' = 'exact' then 'It searches exactly'
            else format(
                'It does not walk the HNSW index but searches exactly: the planner takes that to be cheaper, as it expects %s to match',
                pgvectorize_private._format_integer(expected)
            )
        end,
        coalesce(reading, 'nothing'), milliseconds
    );
end;
$$;

comment on function pgvectorize_private._describe_attempt
    is 'What one way of a search did, in words.';
