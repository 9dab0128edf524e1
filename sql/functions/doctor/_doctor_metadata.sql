-- Return whether the table of an index holds metadata that no write of ours accepts. SQL on the table itself can
-- bring it in: a check in the table would cost a COPY about 8 %. A sample of about a hundred pages is read.
create or replace function pgvectorize_private._doctor_metadata(target pgvectorize_private.indexes)
returns setof pgvectorize.finding
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    pages   bigint := pg_relation_size(target.relation) / current_setting('block_size')::integer;
    id      text;
    problem text;
begin
    if pages = 0 then
        return;
    end if;
    execute format(
        $sql$
        select stored.id, pgvectorize_private._metadata_problem(stored.metadata) as problem
        from %s as stored tablesample system (%s)
        where pgvectorize_private._metadata_problem(stored.metadata) is not null
        limit 1
        $sql$,
        target.relation, least(100, 10000.0 / pages)
    ) into id, problem;
    if problem is not null then
        return next pgvectorize_private._finding(
            'warning', 'metadata_not_valid', target.name,
            format(
                'Vector "%s", and perhaps others, was written by SQL on the table: %s. Filters may not find it, '
                'and Python may not read it. Write it again with other metadata.',
                left(id, 64), problem
            )
        );
    end if;
end;
$$;

comment on function pgvectorize_private._doctor_metadata
    is 'Whether a table holds metadata that no write accepts.';
