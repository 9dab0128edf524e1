-- Whether schema pgvectorize_data has a Postgres index of this name that is completely built.
create or replace function pgvectorize_private._is_valid_index(relation_name text)
returns boolean
language sql
stable
parallel safe
as $$
    select exists (
        select from pg_catalog.pg_index as index
        where index.indexrelid = to_regclass(format('pgvectorize_data.%I', relation_name))
            and index.indisvalid
    )
$$;

comment on function pgvectorize_private._is_valid_index
    is 'Whether there is such a Postgres index, completely built.';
