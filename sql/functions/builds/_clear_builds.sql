-- Drop what a build that failed left behind, unless another session builds by now.
create or replace function pgvectorize._clear_builds(index text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
    target pgvectorize.indexes := pgvectorize._index(index);
begin
    perform pgvectorize._be_patient();
    perform pgvectorize._claim_build(target);
    perform pgvectorize._drop_builds(target);
end;
$$;

comment on function pgvectorize._clear_builds(text)
    is 'Drop what a build that failed left behind.';
