-- Refuse a storage, or parameters of an HNSW index, that are not known or do not go together.
create or replace function pgvectorize._check_graph(
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
        perform pgvectorize._refuse(
            format('storage "%s" is not known', left(storage, 100)),
            pgvectorize._nearest(storage, array['float32', 'float16'])
        );
    elsif index_precision not in ('float32', 'float16', 'binary') then
        perform pgvectorize._refuse(
            format('index_precision "%s" is not known', left(index_precision, 100)),
            pgvectorize._nearest(index_precision, array['float32', 'float16', 'binary'])
        );
    elsif storage = 'float16' and index_precision = 'float32' then
        perform pgvectorize._refuse(
            'an HNSW index of float32 holds no more than the float16 that is stored',
            'Leave index_precision out, or store float32.'
        );
    end if;
    most := pgvectorize._limit('hnsw_dimensions_' || index_precision, false);
    if dimensions > most then
        perform pgvectorize._refuse(
            format('an HNSW index of %s holds at most %s dimensions, got %s', index_precision, most, dimensions),
            'Leave index_precision out for the best that holds them.'
        );
    end if;
    perform pgvectorize._check_between(
        'm', m, pgvectorize._limit('m_least', false), pgvectorize._limit('m', false),
        'It is how many neighbours a vector has in the HNSW index; the default is 16.'
    );
    perform pgvectorize._check_between(
        'ef_construction', ef_construction,
        greatest(pgvectorize._limit('ef_construction_least', false), 2 * m), pgvectorize._limit('ef_construction', false),
        'It is how many candidates are kept while neighbours are sought, at least 2 m; the default is 64, or 2 m.'
    );
end;
$$;

comment on function pgvectorize._check_graph(integer, text, text, integer, integer)
    is 'Refuse parameters of an HNSW index that are not known or do not go together.';
