-- Append to the log of mutations and return the new mutation's id. The log is
-- append-only, so writers never wait for one another here; about one write in
-- a hundred also drops what lies behind the newest thousand or so, skipping rows
-- that another writer is dropping.
create or replace function pgvectorize._record_mutation(target pgvectorize.indexes)
returns uuid
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    mutation uuid := gen_random_uuid();
begin
    insert into pgvectorize.mutations (mutation_id, index_id, processed_at)
    values (mutation, target.id, clock_timestamp());

    if random() < 0.01 then
        delete from pgvectorize.mutations
        where mutations.mutation_id in (
            select old.mutation_id
            from pgvectorize.mutations as old
            where old.index_id = target.id
            order by old.processed_at desc
            offset 1000
            for update skip locked
        );
    end if;
    return mutation;
end;
$$;

comment on function pgvectorize._record_mutation(pgvectorize.indexes)
    is 'Append to the log of mutations.';
