-- Refuse a configuration that Vectorize would refuse.
create or replace function pgvectorize_private._check_strict_config(
    dimensions       integer,
    metric           text,
    storage          text,
    index_precision  text,
    m                integer,
    ef_construction  integer,
    hnsw             boolean
)
returns void
language plpgsql
immutable
parallel safe
as $$
declare
    least_dimensions bigint := pgvectorize_private._limit('dimensions_least', true);
    most_dimensions  bigint := pgvectorize_private._limit('dimensions', true);
    unknown          text := case
        when storage <> 'float32' then 'storage'
        when index_precision is not null then 'index_precision'
        when m <> pgvectorize_private._limit('m', true) then 'm'
        when ef_construction <> pgvectorize_private._limit('ef_construction', true) then 'ef_construction'
        when not hnsw then 'choice of hnsw'
    end;
begin
    if dimensions is null or metric is null then
        perform pgvectorize_private._refuse_as_vectorize(
            'vectorize.index.invalid_config - Config must be provided'
        );
    elsif dimensions not between least_dimensions and most_dimensions then
        perform pgvectorize_private._refuse_as_vectorize(
            format(
                'vectorize.index.invalid_config - Dimensions must be in range: [%s, %s]',
                least_dimensions, most_dimensions
            )
        );
    elsif unknown is not null then
        perform pgvectorize_private._refuse_as_vectorize(format('Vectorize has no %s', unknown));
    end if;
end;
$$;

comment on function pgvectorize_private._check_strict_config
    is 'Refuse a configuration that Vectorize would refuse.';
