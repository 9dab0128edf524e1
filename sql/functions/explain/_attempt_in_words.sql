-- Say in words what one way of a search did, of which `_search` tells.
--
-- expected  how many rows Postgres thought would match
create or replace function pgvectorize._attempt_in_words(target pgvectorize.indexes, attempt jsonb, expected bigint)
returns text
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    graph         text := pgvectorize._graph_of_plan(target, attempt -> 'plan');
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
                '%s, which ends after %s vectors with %s of %s, in %s ms.%s', walk, pgvectorize._number(steps),
                pgvectorize._number(found), pgvectorize._number(wanted), milliseconds,
                case
                    when attempt ->> 'way' = 'off' then ' Deleted vectors that are not vacuumed away use up candidates.'
                    when steps >= (attempt ->> 'most_steps')::numeric / 2 then
                        format(
                            ' It may take about %s: more would cost more than an exact search.',
                            pgvectorize._number((attempt ->> 'most_steps')::bigint)
                        )
                    else ''
                end
            );
        elsif steps > trusted_steps then
            return format(
                '%s and finds %s, but only after %s vectors, in %s ms. Matches near the query vector come within %s: '
                'these lie elsewhere, nearer ones may have been missed, and so they are not trusted.',
                walk, pgvectorize._number(found), pgvectorize._number(steps), milliseconds, pgvectorize._number(trusted_steps)
            );
        end if;
        return format(
            '%s and finds %s of %s among %s vectors, in %s ms.',
            walk, pgvectorize._number(found), pgvectorize._number(wanted), pgvectorize._number(steps), milliseconds
        );
    end if;

    select string_agg(
        case
            when node.node_type = 'Seq Scan' then format('the whole table, %s vectors', pgvectorize._number(node.rows + node.rows_removed))
            when node.index_name is not null then
                format('%s, which gives %s', pgvectorize._index_in_words(target, node.index_name), pgvectorize._number(node.rows + node.rows_removed))
        end,
        ' and '
    ) into reading
    from pgvectorize._plan_nodes(attempt -> 'plan') as node;
    return format(
        '%s. It reads %s, and compares each match, in %s ms.',
        case
            when attempt ->> 'way' = 'exact' then 'It searches exactly'
            else format(
                'It does not walk the HNSW index but searches exactly: the planner takes that to be cheaper, as it expects %s to match',
                pgvectorize._number(expected)
            )
        end,
        coalesce(reading, 'nothing'), milliseconds
    );
end;
$$;

comment on function pgvectorize._attempt_in_words(pgvectorize.indexes, jsonb, bigint)
    is 'What one way of a search did, in words.';
