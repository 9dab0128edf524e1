-- Return what a condition of a filter demands of a property with a metadata index of type number, as a range.
-- It is null for a condition that `_filter_sql` has to compile, or to refuse.
create or replace function pgvectorize_private._number_bound(condition jsonb)
returns numrange
language plpgsql
immutable
parallel safe
as $$
declare
    lowest  jsonb := coalesce(condition -> '$gt', condition -> '$gte', condition -> '$eq');
    highest jsonb := coalesce(condition -> '$lt', condition -> '$lte', condition -> '$eq');
begin
    if jsonb_typeof(condition) = 'number' then
        return numrange(condition::numeric, condition::numeric, '[]');
    elsif jsonb_typeof(condition) <> 'object'
        or condition = '{}'
        or condition - array['$gt', '$gte', '$lt', '$lte', '$eq'] <> '{}'
        or condition ?& array['$gt', '$gte'] or condition ?& array['$lt', '$lte']
        or condition ? '$eq' and condition <> jsonb_build_object('$eq', lowest)
        or jsonb_typeof(lowest) <> 'number' or jsonb_typeof(highest) <> 'number'
    then
        return null;
    elsif lowest::numeric > highest::numeric then
        return 'empty';
    end if;
    return numrange(
        lowest::numeric, highest::numeric,
        case when condition ? '$gt' then '(' else '[' end || case when condition ? '$lt' then ')' else ']' end
    );
end;
$$;

comment on function pgvectorize_private._number_bound
    is 'What a condition demands of a number, as a range.';
