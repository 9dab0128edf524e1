-- Compile a metadata filter to a predicate on `stored`. The grammar is Vectorize's
-- (reference/metadata-filtering) with additions:
--
--     filter    := { member, … }                     all of them must hold
--     member    := property : condition
--                | "$and" : [filter, …] | "$or" : [filter, …] | "$not" : filter
--     condition := scalar | { operator : operand, … }
--
-- Keys and operands are data. Keys become quoted jsonb keys, operands become quoted literals. A filter
-- that is not valid is refused with the path to the mistake.
create or replace function pgvectorize_private._filter_sql(
    index_id  bigint,
    filter    jsonb,
    path      text default 'filter',
    depth     integer default 1,
    strict    boolean default false
)
returns text
language plpgsql
stable
parallel safe
as $$
declare
    member  text;
    operand jsonb;
    clauses text[] := '{}';
begin
    if filter is null or filter = '{}' then
        return 'true';
    elsif jsonb_typeof(filter) <> 'object' then
        perform pgvectorize_private._refuse_filter(
            path, 'expected an object, got ' || jsonb_typeof(filter),
            'A filter looks like {"price": {"$lt": 100}}.'
        );
    elsif depth > pgvectorize_private._limit('filter_depth', false) then
        perform pgvectorize_private._refuse_filter(
            left(path, 64) || '…',
            format('filters are nested more than %s deep', pgvectorize_private._limit('filter_depth', false)),
            'Use fewer levels of $and, $or and $not.'
        );
    end if;

    for member, operand in select * from jsonb_each(filter) loop
        clauses := clauses || case
            when member in ('$and', '$or') then
                pgvectorize_private._filter_list_sql(
                    index_id, operand, member, path || '.' || member, depth, strict
                )
            when member = '$not' then format(
                '(%s) is not true',
                pgvectorize_private._filter_sql(index_id, operand, path || '.$not', depth + 1, strict)
            )
            when member like '$%' then
                pgvectorize_private._refuse_filter(
                    path, format('"%s" is not allowed here', left(member, 64)),
                    pgvectorize_private._suggest_word(member, array['$and', '$or', '$not'])
                        || ' Other operators belong to a property, as in {"price": {"$lt": 100}}.'
                )
            else pgvectorize_private._property_conditions_sql(index_id, member, operand, path, strict)
        end;
    end loop;
    return '(' || array_to_string(clauses, ') and (') || ')';
end;
$$;

comment on function pgvectorize_private._filter_sql
    is 'A metadata filter as a SQL predicate.';
