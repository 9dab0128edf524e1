-- Write the expression for the metadata that a search returns, over `nearest`.
create or replace function pgvectorize._metadata_sql(target pgvectorize.indexes, return_metadata text)
returns text
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
    return case
        when return_metadata in ('none', 'false') then 'null::jsonb'
        when return_metadata in ('all', 'true') then $sql$coalesce(nearest.metadata, '{}')$sql$
        when return_metadata = 'indexed' then format(
            'pgvectorize._pick(nearest.metadata, %L)',
            array(
                select indexes.property_name from pgvectorize.metadata_indexes as indexes
                where indexes.index_id = target.id
                order by indexes.property_name
            )
        )
        else pgvectorize._refuse(
            format('return_metadata is "%s"', left(return_metadata, 64)),
            pgvectorize._nearest(return_metadata, array['none', 'indexed', 'all'])
        )
    end;
end;
$$;

comment on function pgvectorize._metadata_sql(pgvectorize.indexes, text)
    is 'Expression for the metadata that a search returns.';
