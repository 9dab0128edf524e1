-- Refuse a number that is out of its bounds.
create or replace function pgvectorize_private._check_between(
    name   text,
    value  bigint,
    lowest bigint,
    most   bigint,
    hint   text
)
returns void
language plpgsql
immutable
parallel safe
as $$
begin
    if value is null or value not between lowest and most then
        perform pgvectorize_private._refuse_request(
            format('%s must be between %s and %s, got %s', name, lowest, most, coalesce(value::text, 'null')),
            hint
        );
    end if;
end;
$$;

comment on function pgvectorize_private._check_between
    is 'Refuse a number that is out of its bounds.';
