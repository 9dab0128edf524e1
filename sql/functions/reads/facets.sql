-- Count the values of a metadata property: how many of the matching vectors have each value, the most
-- frequent value first.
--
-- top_k    how many values to return, 1 to 1,000
-- buckets  count the numbers of the property in this number of ranges instead, 1 to 1,000. The ranges
--          have equal width, from the lowest number to the highest, and empty ranges are returned, too.
--          A range has lower <= number < upper; the last one has number <= upper
--
-- A value is a string, a number or a boolean. Each value in an array counts, once per vector. If the
-- property is missing, null or an object, the vector is not counted.
create or replace function pgvectorize.facets(
    index          text,
    property_name  text,
    filter         jsonb default null,
    namespace      text default null,
    top_k          integer default 20,
    buckets        integer default null
)
returns setof pgvectorize.facet
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    found  text;
begin
    perform pgvectorize_private._check_strict_call(target.is_strict, 'facets');
    perform pgvectorize_private._check_property_name(property_name, 'PV000');
    perform pgvectorize_private._check_between(
        'top_k', top_k, 1, pgvectorize_private._limit('facets', false), 'The default is 20.'
    );
    if buckets is not null then
        perform pgvectorize_private._check_between(
            'buckets', buckets, 1, pgvectorize_private._limit('facets', false),
            'The numbers are divided into so many ranges.'
        );
    end if;

    found := format(
        $sql$
        with property as materialized (select %2$s as value from %1$s as stored where %3$s)
        select property.value
        from property
        where jsonb_typeof(property.value) in ('string', 'number', 'boolean')
        union all
        select element.value
        from property
        cross join lateral (
            select distinct listed.value
            from jsonb_array_elements(
                case jsonb_typeof(property.value) when 'array' then property.value else '[]' end
            ) as listed (value)
            where jsonb_typeof(listed.value) in ('string', 'number', 'boolean')
        ) as element
        where jsonb_typeof(property.value) = 'array'
        $sql$,
        target.relation,
        pgvectorize_private._property_sql(property_name, null),
        pgvectorize_private._predicate_sql(target, namespace, filter)
    );

    if buckets is null then
        return query execute format(
            $sql$
            select found.value, null::numeric, null::numeric, count(*) as count
            from (%s) as found
            group by found.value
            order by count desc, jsonb_typeof(found.value),
                case jsonb_typeof(found.value) when 'number' then found.value::numeric end,
                (found.value #>> '{}') collate "C"
            limit %s
            $sql$,
            found, top_k
        );
    else
        return query execute format(
            $sql$
            with numbers as materialized (
                select found.value::numeric as number
                from (%s) as found
                where jsonb_typeof(found.value) = 'number'
            ),
            extent as materialized (
                select min(numbers.number) as lowest, max(numbers.number) as highest,
                    case when min(numbers.number) = max(numbers.number) then 1 else $1 end as buckets
                from numbers
                having count(*) > 0
            ),
            bounds as materialized (
                select array_agg(
                    trim_scale(
                        extent.lowest + (extent.highest - extent.lowest) * (bucket - 1) / extent.buckets
                    )
                    order by bucket
                ) as lower
                from extent cross join lateral generate_series(1, extent.buckets) as bucket
            ),
            counted as (
                select width_bucket(numbers.number, bounds.lower) as bucket, count(*) as count
                from numbers cross join bounds
                group by bucket
            )
            select null::jsonb, bounds.lower[bucket], coalesce(bounds.lower[bucket + 1], extent.highest),
                coalesce(counted.count, 0)
            from extent
            cross join bounds
            cross join lateral generate_series(1, extent.buckets) as bucket
            left join counted using (bucket)
            order by bucket
            $sql$,
            found
        ) using buckets;
    end if;
end;
$$;

comment on function pgvectorize.facets
    is 'The values of a metadata property, counted.';
