-- Refuse a configuration that Vectorize would not take.
create or replace function pgvectorize._check_strict_config(dimensions integer, metric text)
returns void
language plpgsql
immutable
parallel safe
as $$
declare
    least_dimensions bigint := pgvectorize._limit('dimensions_least', true);
    most_dimensions  bigint := pgvectorize._limit('dimensions', true);
begin
    if dimensions is null or metric is null then
        perform pgvectorize._refuse_strictly('vectorize.index.invalid_config - Config must be provided');
    elsif dimensions not between least_dimensions and most_dimensions then
        perform pgvectorize._refuse_strictly(
            format(
                'vectorize.index.invalid_config - Dimensions must be in range: [%s, %s]', least_dimensions, most_dimensions
            )
        );
    end if;
end;
$$;

comment on function pgvectorize._check_strict_config(integer, text)
    is 'Refuse a configuration that Vectorize would not take.';
