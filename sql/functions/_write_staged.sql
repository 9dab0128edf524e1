-- Write what was copied into the staging table since `_stage`.
create or replace function pgvectorize._write_staged(index text, operation text)
returns pgvectorize.mutation
language sql
volatile
as $$
    select pgvectorize._write(pgvectorize._index(index), operation, 'table pg_temp.pgvectorize_staging')
$$;

comment on function pgvectorize._write_staged(text, text)
    is 'Write the staging table as one batch.';
