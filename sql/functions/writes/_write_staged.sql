-- Write the staging table as one batch, by the rules of `_write`.
--
-- operation   insert or upsert; replace if all rows of the index came by this call, see `_on_conflict_sql`
-- is_checked  the client checked each vector by the rules of `_begin_load`
-- is_sorted   ids are in code-point order, and none occurs twice: the rows need not be sorted, which
--             takes a third of the time. A seq scan of a temporary table returns rows in the order in
--             which they were copied.
--
-- ids and count are returned for insert only, in any order. For an upsert the client knows them,
-- and to send them back would take as long as to send them here.
create or replace function pgvectorize_private._write_staged(
    index       text,
    operation   text,
    is_checked  boolean,
    is_sorted   boolean
)
returns pgvectorize.mutation
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target   pgvectorize_private.indexes := pgvectorize_private._lock_index(index, 'row exclusive');
    mutation pgvectorize.mutation;
begin
    if not is_checked then
        perform pgvectorize_private._check_batch(target, 'table pg_temp.pgvectorize_staging');
    end if;
    execute format(
        $sql$
        with written as (
            insert into %1$s as stored (id, namespace, embedding, metadata, content)
            select %2$s
                staged.id, coalesce(staged.namespace, ''), staged.embedding, staged.metadata, staged.content
            from pg_temp.pgvectorize_staging as staged
            %3$s
            %4$s
            %5$s
        )
        %6$s
        $sql$,
        target.relation,
        case when not is_sorted then 'distinct on (staged.id collate "C")' end,
        case when not is_sorted then
            'order by staged.id collate "C", staged.position '
            || case operation when 'insert' then 'asc' else 'desc' end
        end,
        pgvectorize_private._on_conflict_sql(operation),
        case operation when 'insert' then 'returning stored.id' end,
        case operation
            when 'insert' then 'select array_agg(written.id) from written'
            else 'select null::text[]'
        end
    ) into mutation.ids;

    if operation = 'insert' then
        mutation.ids := coalesce(mutation.ids, '{}');
        mutation.count := cardinality(mutation.ids);
    end if;
    mutation.mutation_id := pgvectorize_private._log_mutation(target);
    return mutation;
end;
$$;

comment on function pgvectorize_private._write_staged
    is 'Write the staging table as one batch.';
