-- Write the expression of the metadata that a search or a listing returns.
create or replace function pgvectorize_private._returned_metadata_sql(
    target           pgvectorize_private.indexes,
    return_metadata  text,
    document         text default 'nearest.metadata'
)
returns text
language plpgsql
stable
parallel safe
as $$
begin
    return case
        when return_metadata in ('none', 'false') then 'null::jsonb'
        when return_metadata in ('all', 'true') then format($sql$coalesce(%s, '{}')$sql$, document)
        when return_metadata = 'indexed' then format(
            'pgvectorize_private._metadata_subset(%s, %L, %L)',
            document,
            array(
                select indexes.property_name from pgvectorize_private.metadata_indexes as indexes
                where indexes.index_id = target.id
                order by indexes.property_name
            ),
            target.is_strict
        )
        else pgvectorize_private._refuse_request(
            format('return_metadata is "%s"', left(return_metadata, 64)),
            pgvectorize_private._suggest_word(return_metadata, array['none', 'indexed', 'all'])
        )
    end;
end;
$$;

comment on function pgvectorize_private._returned_metadata_sql
    is 'The expression of the metadata that a search or a listing returns.';
