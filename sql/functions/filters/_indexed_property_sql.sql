-- Write the expression that a metadata index is built on. A btree row holds at most 2,704 bytes, so the
-- index has the first 512 characters of a string (at most 2,048 bytes). If an operand is as long,
-- `_equal_sql`, `_range_sql` and `_prefix_sql` also compare the whole string.
create or replace function pgvectorize_private._indexed_property_sql(
    property_name  text,
    index_type     text,
    document       text default 'stored.metadata'
)
returns text
language sql
immutable
parallel safe
as $$
    select case index_type
        when 'string' then format(
            'pg_catalog.left(%s, 512)',
            pgvectorize_private._property_sql(property_name, index_type, document)
        )
        else pgvectorize_private._property_sql(property_name, index_type, document)
    end
$$;

comment on function pgvectorize_private._indexed_property_sql
    is 'The expression that a metadata index is built on.';
