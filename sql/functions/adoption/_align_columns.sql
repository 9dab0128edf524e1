-- Give a table the columns that the table of an index has: rename them, add what is missing,
-- and set types, defaults, checks and not null. `_check_adopted` has checked the rows.
--
-- pattern  the table of an index
-- columns  the columns of the other for id, embedding, namespace, metadata and content; null for none
create or replace function pgvectorize_private._align_columns(
    relation  regclass,
    pattern   regclass,
    columns   text[]
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    words  text[] := array['id', 'embedding', 'namespace', 'metadata', 'content'];
    wanted record;
begin
    for wanted in
        select
            attribute.attname as name, attribute.attnotnull as is_not_null,
            format_type(attribute.atttypid, attribute.atttypmod) as type,
            pg_get_expr(expression.adbin, expression.adrelid) as default_value,
            columns[array_position(words, attribute.attname::text)] as given
        from pg_attribute as attribute
        left join pg_attrdef as expression
            on expression.adrelid = attribute.attrelid and expression.adnum = attribute.attnum
        where attribute.attrelid = pattern and attribute.attnum > 0
    loop
        -- A nullable column is null in the rows that are there: a default would claim they are new.
        if wanted.given is null and wanted.is_not_null then
            execute format(
                'alter table %s add column %I %s not null default %s',
                relation, wanted.name, wanted.type, wanted.default_value
            );
        elsif wanted.given is null then
            execute format('alter table %s add column %I %s', relation, wanted.name, wanted.type);
        elsif wanted.given <> wanted.name then
            execute format('alter table %s rename column %I to %I', relation, wanted.given, wanted.name);
        end if;
        if wanted.type <> (
            select format_type(attribute.atttypid, attribute.atttypmod)
            from pg_attribute as attribute
            where attribute.attrelid = relation and attribute.attname = wanted.name
        ) then
            begin
                execute format('alter table %s alter column %I type %s', relation, wanted.name, wanted.type);
            exception when feature_not_supported then  -- a view uses it, or a policy
                perform pgvectorize_private._refuse_request(
                    format('%s.%I is not of type %s: %s', relation, wanted.given, wanted.type, sqlerrm),
                    'Nothing was changed. Change that, or adopt by copy.'
                );
            end;
        end if;
        execute format(
            'alter table %1$s alter column %2$I %3$s not null, alter column %2$I %4$s',
            relation, wanted.name,
            case when wanted.is_not_null then 'set' else 'drop' end,
            coalesce('set default ' || wanted.default_value, 'drop default')
        );
    end loop;
    for wanted in
        select checks.conname as name, pg_get_constraintdef(checks.oid) as definition
        from pg_constraint as checks
        where checks.conrelid = pattern and checks.contype = 'c'
    loop
        execute format('alter table %s add constraint %I %s not valid', relation, wanted.name, wanted.definition);
    end loop;
end;
$$;

comment on function pgvectorize_private._align_columns
    is 'Give a table the columns of an index.';
