-- Refuse more ids than Vectorize accepts in one call.
create or replace function pgvectorize_private._check_strict_ids(ids text[], limit_name text)
returns void
language plpgsql
immutable
parallel safe
as $$
declare
    most constant bigint := pgvectorize_private._limit(limit_name, true);
begin
    if cardinality(ids) > most then
        perform pgvectorize_private._refuse_as_vectorize(
            format('too many ids in payload; max id count is %s, got %s', most, cardinality(ids)), 40007
        );
    end if;
end;
$$;

comment on function pgvectorize_private._check_strict_ids
    is 'Refuse more ids than Vectorize accepts.';
