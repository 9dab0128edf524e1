-- Refuse a filter that Vectorize would refuse: one that is too large, or that uses an operator that
-- Vectorize does not have. The rest of the grammar is checked where the filter is compiled.
create or replace function pgvectorize_private._check_strict_filter(filter jsonb)
returns void
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    bytes    constant integer := pgvectorize_private._compact_json_bytes(filter);
    most     constant bigint := pgvectorize_private._limit('filter_bytes', true);
    member   text;
    operator text;
begin
    if bytes > most then
        perform pgvectorize_private._refuse_as_vectorize(
            format('filter too large; max is %s bytes of compact JSON, got %s bytes', most, bytes),
            null, 'PV003'
        );
    end if;
    for member, operator in
        select members.key, operators.key
        from jsonb_each(case jsonb_typeof(filter) when 'object' then filter else '{}' end)
            as members (key, condition)
        left join lateral jsonb_object_keys(
            case jsonb_typeof(members.condition) when 'object' then members.condition else '{}' end
        ) as operators (key) on true
    loop
        if member in ('$and', '$or', '$not')
            or operator in ('$exists', '$is_null', '$prefix', '$contains', '$contains_any', '$contains_all')
        then
            perform pgvectorize_private._refuse_as_vectorize(
                'filter: Vectorize has no ' || case when member like '$%' then member else operator end,
                null, 'PV003'
            );
        end if;
    end loop;
end;
$$;

comment on function pgvectorize_private._check_strict_filter
    is 'Refuse a filter that Vectorize would refuse.';
