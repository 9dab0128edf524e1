-- Delete all vectors of a namespace and return how many. An empty namespace is not an error.
create or replace function pgvectorize.delete_namespace(
    index      text,
    namespace  text
)
returns pgvectorize.deletion
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    if namespace is null then
        perform pgvectorize_private._refuse_request(
            'namespace is missing', 'To delete all vectors of an index, truncate it.'
        );
    end if;
    return pgvectorize.delete(index, namespace => namespace);
end;
$$;

comment on function pgvectorize.delete_namespace
    is 'Delete all vectors of a namespace.';
