-- Append a mutation to the log and return its id. Nothing in the log is updated, so writers do not
-- wait for one another here. About one write in a hundred deletes all but the newest thousand
-- mutations of the index, and skips rows that another writer is deleting.
create or replace function pgvectorize_private._log_mutation(target pgvectorize_private.indexes)
returns uuid
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    mutation uuid := gen_random_uuid();
begin
    insert into pgvectorize_private.mutations (mutation_id, index_id, processed_at)
    values (mutation, target.id, clock_timestamp());

    if random() < 0.01 then
        delete from pgvectorize_private.mutations
        where mutations.mutation_id in (
            select old.mutation_id
            from pgvectorize_private.mutations as old
            where old.index_id = target.id
            order by old.processed_at desc
            offset 1000
            for update skip locked
        );
    end if;
    return mutation;
end;
$$;

comment on function pgvectorize_private._log_mutation
    is 'Append to the log of mutations.';
