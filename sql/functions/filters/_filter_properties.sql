-- List the properties that a filter uses, each once. The filter is known to be valid.
create or replace function pgvectorize_private._filter_properties(filter jsonb)
returns setof text
language sql
immutable
parallel safe
as $$
    with recursive parts (filter) as (
        select filter
        union all
        select inner_parts.filter
        from parts
        cross join lateral jsonb_each(parts.filter) as member
        cross join lateral (
            select value
            from jsonb_array_elements(case when member.key in ('$and', '$or') then member.value else '[]' end)
            union all
            select member.value where member.key = '$not'
        ) as inner_parts (filter)
    )
    select distinct member.key
    from parts
    cross join lateral jsonb_each(parts.filter) as member
    where not starts_with(member.key, '$')
$$;

comment on function pgvectorize_private._filter_properties
    is 'The properties that a filter uses.';
