-- Compile the filters under $and or $or.
create or replace function pgvectorize_private._filter_list_sql(
    index_id  bigint,
    filters   jsonb,
    operator  text,
    path      text,
    depth     integer,
    strict    boolean
)
returns text
language plpgsql
stable
parallel safe
as $$
declare
    filter  jsonb;
    place   bigint;
    within  text;
    clauses text[] := '{}';
begin
    if jsonb_typeof(filters) <> 'array' then
        perform pgvectorize_private._refuse_filter(
            path, 'expected an array of filters, got ' || jsonb_typeof(filters),
            'As in {"$or": [{"color": "red"}, {"price": {"$lt": 10}}]}.'
        );
    elsif filters = '[]' then
        perform pgvectorize_private._refuse_filter(
            path, 'the array is empty', 'List at least one filter, or omit the operator.'
        );
    end if;

    for filter, place in select * from jsonb_array_elements(filters) with ordinality loop
        within := format('%s[%s]', path, place - 1);
        if filter = 'null' then
            perform pgvectorize_private._refuse_filter(
                within, 'expected an object, got null', 'Remove the null from the array.'
            );
        end if;
        clauses := clauses || pgvectorize_private._filter_sql(index_id, filter, within, depth + 1, strict);
    end loop;
    return '(' || array_to_string(clauses, case operator when '$and' then ') and (' else ') or (' end) || ')';
end;
$$;

comment on function pgvectorize_private._filter_list_sql
    is 'The filters under $and or $or as a SQL predicate.';
