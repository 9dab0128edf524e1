-- Return that a column has none of these types (as pg_type names them), or null.
create or replace function pgvectorize_private._column_problem(
    relation     regclass,
    column_name  text,
    wanted       text[]
)
returns text
language sql
stable
parallel safe
as $$
    select format(
        '%s.%I is of type %s',
        relation, attribute.attname, format_type(attribute.atttypid, attribute.atttypmod)
    )
    from pg_catalog.pg_attribute as attribute
    join pg_catalog.pg_type as type on type.oid = attribute.atttypid
    where attribute.attrelid = relation and attribute.attname = column_name and type.typname <> all (wanted)
$$;

comment on function pgvectorize_private._column_problem
    is 'What is wrong with the type of a column, or null.';
