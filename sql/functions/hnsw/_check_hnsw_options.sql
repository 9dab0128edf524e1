-- Refuse a storage or HNSW options that are unknown or do not fit together.
create or replace function pgvectorize_private._check_hnsw_options(
    dimensions       integer,
    storage          text,
    index_precision  text,
    m                integer,
    ef_construction  integer
)
returns void
language plpgsql
immutable
parallel safe
as $$
declare
    most bigint;
begin
    if storage is null or storage not in ('float32', 'float16') then
        perform pgvectorize_private._refuse_request(
            format('storage "%s" is not known', left(storage, 100)),
            pgvectorize_private._suggest_word(storage, array['float32', 'float16'])
        );
    elsif index_precision not in ('float32', 'float16', 'binary') then
        perform pgvectorize_private._refuse_request(
            format('index_precision "%s" is not known', left(index_precision, 100)),
            pgvectorize_private._suggest_word(index_precision, array['float32', 'float16', 'binary'])
        );
    elsif storage = 'float16' and index_precision = 'float32' then
        perform pgvectorize_private._refuse_request(
            'index_precision float32 needs storage float32, but storage is float16',
            'Leave out index_precision, or store float32.'
        );
    end if;
    most := pgvectorize_private._limit('hnsw_dimensions_' || index_precision, false);
    if dimensions > most then
        perform pgvectorize_private._refuse_request(
            format(
                'index_precision %s supports at most %s dimensions, got %s', index_precision, most, dimensions
            ),
            'Leave out index_precision to use one that supports them.'
        );
    end if;
    perform pgvectorize_private._check_between(
        'm', m, pgvectorize_private._limit('m_least', false), pgvectorize_private._limit('m', false),
        'm is how many neighbours a vector has in the HNSW index; the default is 16.'
    );
    perform pgvectorize_private._check_between(
        'ef_construction', ef_construction,
        greatest(pgvectorize_private._limit('ef_construction_least', false), 2 * m),
        pgvectorize_private._limit('ef_construction', false),
        'ef_construction is how many candidates are kept in the search for neighbours, at least 2 m; '
        'the default is 64, or 2 m if that is more.'
    );
end;
$$;

comment on function pgvectorize_private._check_hnsw_options
    is 'Refuse HNSW options that are unknown or do not fit together.';
