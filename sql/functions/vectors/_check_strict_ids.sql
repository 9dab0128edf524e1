-- Refuse more ids than Vectorize takes in one call.
create or replace function pgvectorize_private._check_strict_ids(ids text[], limit_name text)
returns void
language plpgsql
immutable
parallel safe
as $$
begin
    if cardinality(ids) > pgvectorize_private._limit(limit_name, true) then
        perform pgvectorize_private._refuse_as_vectorize(
            format(
                'too many ids in payload; max id count is %s, got %s', pgvectorize_private._limit(limit_name, true), cardinality(ids)
            ),
            40007
        );
    end if;
end;
$$;

comment on function pgvectorize_private._check_strict_ids
    is 'Refuse more ids than Vectorize takes.';
