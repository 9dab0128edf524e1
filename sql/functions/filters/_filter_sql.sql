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
--
-- In PL/pgSQL a statement costs ten times what a call or an expression costs, and a filter is compiled in
-- every search. So one statement goes through all members, and the functions that it calls have none for
-- a usual condition.
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
    predicate text;
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

    select '(' || string_agg(
        case
            when not starts_with(member.key, '$') then
                pgvectorize_private._property_conditions_sql(
                    member.key, known.index_type, member.value, known.operators, path, strict
                )
            when member.key in ('$and', '$or') then
                pgvectorize_private._filter_list_sql(
                    _filter_sql.index_id, member.value, member.key, path || '.' || member.key, depth, strict
                )
            when member.key = '$not' then format(
                '(%s) is not true',
                pgvectorize_private._filter_sql(
                    _filter_sql.index_id, member.value, path || '.$not', depth + 1, strict
                )
            )
            else
                pgvectorize_private._refuse_filter(
                    path, format('"%s" is not allowed here', left(member.key, 64)),
                    pgvectorize_private._suggest_word(member.key, array['$and', '$or', '$not'])
                        || ' Other operators belong to a property, as in {"price": {"$lt": 100}}.'
                )
        end,
        ') and ('
    ) || ')'
    into predicate
    from jsonb_each(filter) as member
    cross join lateral (
        select
            (
                select indexes.index_type from pgvectorize_private.metadata_indexes as indexes
                where indexes.index_id = _filter_sql.index_id and indexes.property_name = member.key
            ),
            array(select jsonb_object_keys(member.value) where jsonb_typeof(member.value) = 'object')
    ) as known (index_type, operators);
    return predicate;
end;
$$;

comment on function pgvectorize_private._filter_sql
    is 'A metadata filter as a SQL predicate.';
