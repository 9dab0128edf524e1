-- What each metric means to Postgres: the one place where a metric becomes an
-- operator, an operator class and a score. `score` is an expression over
-- `distance`. All three operators put the best match first in ascending order.
create or replace function pgvectorize._metric(
    metric          text,
    out operator    text,
    out opclass     text,
    out score       text
)
language sql
immutable
parallel safe
as $$
    select known.operator, known.opclass, known.score
    from (
        values
            ('cosine',      'operator(@vector@.<=>)', '@vector@.vector_cosine_ops', '1 - distance'),
            ('euclidean',   'operator(@vector@.<->)', '@vector@.vector_l2_ops',     'distance'),
            ('dot-product', 'operator(@vector@.<#>)', '@vector@.vector_ip_ops',     'distance')
    ) as known (metric, operator, opclass, score)
    where known.metric = _metric.metric
$$;

comment on function pgvectorize._metric(text)
    is 'Distance operator, operator class and score expression of a metric.';
