-- Refuse the options of a query that Vectorize would refuse.
create or replace function pgvectorize_private._check_strict_query(
    target           pgvectorize_private.indexes,
    vector           @vector@.vector,
    top_k            integer,
    return_values    boolean,
    return_metadata  text,
    skip             integer,
    max_distance     double precision,
    return_content   boolean
)
returns void
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    most       bigint := pgvectorize_private._limit('top_k', true);
    most_whole bigint := pgvectorize_private._limit('top_k_whole', true);
begin
    if @vector@.vector_dims(vector) <> target.dimensions then
        perform pgvectorize_private._refuse_as_vectorize(
            format(
                'invalid query vector, expected %s dimensions, and got %s dimensions',
                target.dimensions, @vector@.vector_dims(vector)
            ),
            40006, 'PV004'
        );
    elsif top_k > most_whole and (return_values or return_metadata in ('all', 'true')) then
        perform pgvectorize_private._refuse_as_vectorize(
            format(
                'with returnValues=true or returnMetadata=all, max top K is %s, but got %s; for a top K up to'
                ' %s, retry with returnValues=false and returnMetadata=indexed',
                most_whole, top_k, most
            ),
            40025
        );
    elsif top_k > most then
        perform pgvectorize_private._refuse_as_vectorize(
            format('max top K is %s, but got %s', most, top_k), 40025
        );
    elsif return_metadata not in ('none', 'indexed', 'all', 'true', 'false') then
        perform pgvectorize_private._refuse_as_vectorize(
            format(
                'Invalid returnMetadata option. Expected: true, false, "none", "indexed" or "all"; got: %s',
                return_metadata
            ),
            40026
        );
    elsif skip > 0 or max_distance is not null or return_content then
        perform pgvectorize_private._refuse_as_vectorize(format(
            'Vectorize has no %s',
            case when skip > 0 then 'offset' when return_content then 'content' else 'threshold' end
        ));
    end if;
end;
$$;

comment on function pgvectorize_private._check_strict_query
    is 'Refuse the options of a query that Vectorize would refuse.';
