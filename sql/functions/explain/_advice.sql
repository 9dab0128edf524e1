-- Return what would make a query faster, after it was run as `explain` tells.
create or replace function pgvectorize_private._advice(
    target            pgvectorize_private.indexes,
    rows              bigint,
    filter            jsonb,
    expected_matches  bigint,
    matches           bigint,
    path              text,
    visited           bigint,
    exact             boolean
)
returns setof pgvectorize.finding
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    with judged as (
        select
            -- an exact search of fewer vectors takes about as long as an HNSW search
            10000 as few,
            greatest(expected_matches, 10)
                not between greatest(matches, 10) / 10 and 10 * greatest(matches, 10) as is_misled
    ),
    compared as (
        -- whatever type the filter compares a property with
        select distinct on (given.member ->> 'key')
            given.member ->> 'key' as property, jsonb_typeof(operand.value) as type
        from jsonb_path_query(filter, '$.** ? (@.type() == "object").keyvalue()')
            with ordinality as given (member, place)
        cross join lateral jsonb_path_query(
            case jsonb_typeof(given.member -> 'value')
                when 'object' then (given.member -> 'value') - '{$exists, $is_null}'::text[]
                else given.member -> 'value'
            end,
            '$.** ? (@.type() == "string" || @.type() == "number" || @.type() == "boolean")'
        ) with ordinality as operand (value, place)
        where not starts_with(given.member ->> 'key', '$')
        order by given.member ->> 'key', given.place, operand.place
    ),
    not_indexed as (
        select jsonb_build_object(
            'index', target.name, 'property_name', named.property, 'index_type', compared.type
        ) as arguments
        from judged
        cross join pgvectorize_private._filter_properties(filter) as named (property)
        join compared using (property)
        where (
                judged.is_misled
                or path = 'exact' and not exact and visited > greatest(judged.few, 10 * matches)
            )
            and not exists (
                select from pgvectorize_private.metadata_indexes as indexes
                where indexes.index_id = target.id and indexes.property_name = named.property
            )
        order by named.property collate "C"
    )

    select pgvectorize_private._finding(
        'notice', 'hnsw_useful', target.name, 'With an HNSW index it would not read so many vectors.',
        action => 'build', arguments => jsonb_build_object('index', target.name)
    )
    from judged
    where pgvectorize_private._hnsw_index(target) is null and rows > judged.few and matches > judged.few

    union all
    select pgvectorize_private._finding(
        'notice', 'metadata_index_useful', target.name,
        'A metadata index would find the matches and tell Postgres how many there are.',
        action => 'create_metadata_index', arguments => not_indexed.arguments
    )
    from not_indexed

    union all
    select pgvectorize_private._finding(
        'notice', 'statistics_misleading', target.name, 'The statistics of the table mislead Postgres.',
        action => 'vacuum', arguments => jsonb_build_object('index', target.name)
    )
    from judged where judged.is_misled and not exists (select from not_indexed)
$$;

comment on function pgvectorize_private._advice
    is 'What would make a query faster.';
