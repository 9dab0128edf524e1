-- What each metric means to Postgres: the only function that maps a metric to an operator, an
-- operator class and a score. All are null for an unknown metric. `opclass` follows a type, as in
-- `vector_cosine_ops`. `score` is an expression over `distance`. With each operator the best match
-- comes first in ascending order.
create or replace function pgvectorize_private._metric(
    metric        text,
    out operator  text,
    out opclass   text,
    out score     text
)
language plpgsql
immutable
parallel safe
as $$
begin
    case metric
        when 'cosine' then
            operator := 'operator(@vector@.<=>)';
            opclass := 'cosine_ops';
            score := '1 - distance';
        when 'euclidean' then
            operator := 'operator(@vector@.<->)';
            opclass := 'l2_ops';
            score := 'distance';
        when 'dot-product' then
            operator := 'operator(@vector@.<#>)';
            opclass := 'ip_ops';
            score := 'distance';
        else null;
    end case;
end;
$$;

comment on function pgvectorize_private._metric
    is 'Distance operator, operator class and score expression of a metric.';
