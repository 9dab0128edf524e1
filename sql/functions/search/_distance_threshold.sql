-- Return the threshold of a search as a distance: max_distance, or 1 - min_score. min_score works only with
-- the metric cosine, whose score is a similarity.
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
    if 'NaN' in (min_score, max_distance) then
        perform pgvectorize_private._refuse_request(
            format('%s is not a number', case min_score when 'NaN' then 'min_score' else 'max_distance' end),
            'Give a number, or leave it out for no limit.'
        );
    elsif min_score is null then
        return max_distance;
    elsif target.metric <> 'cosine' then
        perform pgvectorize_private._refuse_request(
            format('min_score works only with the metric cosine, not with %s', target.metric),
            'Use max_distance, which is compared with the score.'
        );
    end if;
    return least(1 - min_score, max_distance);
end;
$$;

comment on function pgvectorize_private._distance_threshold
    is 'The threshold of a search as a distance.';
