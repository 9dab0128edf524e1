-- Refuse a number that is out of its bounds.
create or replace function pgvectorize._check_between(
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
        perform pgvectorize._refuse(
            format('%s must be between %s and %s, got %s', name, lowest, most, coalesce(value::text, 'null')), hint
        );
    end if;
end;
$$;

comment on function pgvectorize._check_between(text, bigint, bigint, bigint, text)
    is 'Refuse a number that is out of its bounds.';
