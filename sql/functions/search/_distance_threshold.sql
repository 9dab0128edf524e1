-- Read the threshold of a search as a distance: min_score where the score is a
-- similarity, which it is for cosine only, or max_distance.
create or replace function pgvectorize_private._distance_threshold(
    target        pgvectorize_private.indexes,
    min_score     double precision,
    max_distance  double precision
)
returns double precision
language plpgsql
immutable
parallel safe
as $$
begin
    if min_score is null then
        return max_distance;
    elsif target.metric <> 'cosine' then
        perform pgvectorize_private._refuse_request(
            format('min_score does not fit the metric %s, whose best score is the least', target.metric),
            'Use max_distance, which is compared with the score itself.'
        );
    end if;
    return least(1 - min_score, max_distance);
end;
$$;

comment on function pgvectorize_private._distance_threshold
    is 'The threshold of a search as a distance.';
