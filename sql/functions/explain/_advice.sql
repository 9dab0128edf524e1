-- Say what would make a query faster that was run as `explain` tells, with the commands.
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
returns text[]
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    -- an exact search of fewer takes about as long as a walk (docs/architecture.md, decision 8)
    few        constant bigint := 10000;
    is_misled  boolean := greatest(expected_matches, 10) not between greatest(matches, 10) / 10 and 10 * greatest(matches, 10);
    advice     text[] := '{}';
    properties text[];  -- of which Postgres knows nothing
begin
    if pgvectorize_private._hnsw_index(target) is null and rows > few and matches > few then
        advice := advice || format('An HNSW index would spare reading so many vectors: pgvectorize build %s', target.name);
    end if;
    if is_misled or path = 'exact' and not exact and visited > greatest(few, 10 * matches) then
        properties := array(
            select named.property
            from pgvectorize_private._filter_properties(filter) as named (property)
            where not exists (
                select from pgvectorize_private.metadata_indexes as indexes
                where indexes.index_id = target.id and indexes.property_name = named.property
            )
            order by named.property collate "C"
        );
        advice := advice || array(
            select format(
                'A metadata index would find the matches, and tell Postgres how many they are: '
                'pgvectorize create-metadata-index %s --property-name %s --type TYPE',
                target.name, pgvectorize_private._quote_shell_word(property)
            )
            from unnest(properties) as property
        );
        if is_misled and properties = '{}' then
            advice := advice || format('Its statistics mislead Postgres: pgvectorize vacuum %s', target.name);
        end if;
    end if;
    return advice;
end;
$$;

comment on function pgvectorize_private._advice
    is 'What would make a query faster.';
