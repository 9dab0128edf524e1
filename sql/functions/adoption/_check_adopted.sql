-- Refuse rows that an index cannot hold; the error lists the ids of the first ten.
create or replace function pgvectorize_private._check_adopted(target pgvectorize_private.indexes, source text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    found_count bigint;
    listed      text;
begin
    execute format(
        $sql$
        with given (id, namespace, embedding, metadata, content) as (%s),
        problem (id, reason) as (
            select
                id,
                coalesce(
                    pgvectorize_private._vector_problem($1, id, embedding, namespace, metadata, content),
                    case
                        when $1.is_strict
                            then pgvectorize_private._strict_problem(
                                $1, id, embedding, namespace, metadata, content
                            ) ->> 'message'
                    end
                )
            from given
            union all
            select id, format('%%s rows have this id', count(*)) from given where id is not null
            group by id having count(*) > 1
        ),
        numbered as (
            select id, reason, row_number() over (order by coalesce(id, '') collate "C", reason) as position
            from problem where reason is not null
        )
        select
            count(*),
            string_agg(format('id "%%s": %%s', left(id, 64), reason), '; ' order by position)
                filter (where position <= 10)
        from numbered
        $sql$,
        source
    ) into found_count, listed using target;
    if found_count > 0 then
        raise exception 'what does not fit an index: %',
            listed || case when found_count > 10 then format('; and %s more', found_count - 10) else '' end
            using errcode = 'PV004',
                  hint = 'Nothing was changed. Fix or delete these rows, or adopt a view without them.';
    end if;
end;
$$;

comment on function pgvectorize_private._check_adopted
    is 'Refuse rows that an index cannot hold, by their ids.';
