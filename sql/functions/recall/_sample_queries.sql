-- Make vectors to query an index with from its stored vectors: as many as wanted, or as there are.
--
-- A stored vector would be too easy a query, even if it is left out of the answer, because the HNSW index
-- links it to its neighbours. A mixture of two parts of one stored vector and one part of another is as
-- hard as a vector that was never stored, or a little harder (see docs/decisions.md).
--
-- The vectors are taken from random pages, 20 for each query, so that a large table is not read whole.
create or replace function pgvectorize_private._sample_queries(
    target   pgvectorize_private.indexes,
    queries  integer,
    seed     integer default (2147483647 * random())::integer
)
returns @vector@.vector[]
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    pages   bigint := pg_relation_size(target.relation) / current_setting('block_size')::bigint;
    percent double precision := least(100, 100 * 20.0 * queries / greatest(pages, 1));
    sample  @vector@.vector[];
begin
    loop
        execute format(
            $sql$
            select array_agg(drawn.embedding)
            from (
                select stored.embedding::@vector@.vector as embedding
                from %s as stored tablesample system ($1) repeatable ($2)
                where stored.embedding is not null
                order by hashtextextended(stored.id, $2)
                limit $3
            ) as drawn
            $sql$,
            target.relation
        ) into sample using percent, seed, queries;
        exit when percent = 100 or cardinality(sample) = queries;
        percent := 100;  -- many pages are empty, so read all of them
    end loop;

    return array(
        select (
            select @vector@.avg(
                case target.metric when 'cosine' then @vector@.l2_normalize(part) else part end
            )
            from unnest(array[one.embedding, one.embedding, other.embedding]) as mixed (part)
        )
        from unnest(sample) with ordinality as one (embedding, place)
        join unnest(sample) with ordinality as other (embedding, place)
            on other.place = one.place % cardinality(sample) + 1
    );
end;
$$;

comment on function pgvectorize_private._sample_queries
    is 'Vectors to query an index with, made from its stored vectors.';
