-- Refuse more ids than Vectorize takes in one call.
create or replace function pgvectorize._check_strict_ids(ids text[], limit_name text)
returns void
language plpgsql
immutable
parallel safe
as $$
begin
    if cardinality(ids) > pgvectorize._limit(limit_name, true) then
        perform pgvectorize._refuse_strictly(
            format(
                'too many ids in payload; max id count is %s, got %s', pgvectorize._limit(limit_name, true), cardinality(ids)
            ),
            40007
        );
    end if;
end;
$$;

comment on function pgvectorize._check_strict_ids(text[], text)
    is 'Refuse more ids than Vectorize takes.';
