-- Lock a table that is to become an index in place, and refuse it if its shape does not fit.
--
-- columns  its columns for id, embedding, namespace, metadata and content; null for none
create or replace function pgvectorize_private._check_adoptable_table(
    relation  regclass,
    columns   text[]
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    words     text[] := array['id', 'embedding', 'namespace', 'metadata', 'content', 'inserted_by'];
    has_nulls boolean;
    problem   text;
begin
    if (select class.relkind from pg_class as class where class.oid = relation) <> 'r'
        or exists (select from pg_inherits where relation in (inhrelid, inhparent))
    then
        problem := format('%s is no ordinary table', relation);
    elsif (select class.relpersistence from pg_class as class where class.oid = relation) <> 'p' then
        problem := format('%s is temporary or UNLOGGED, so a crash of the server would empty it', relation);
    else
        execute format('lock table %s in access exclusive mode', relation);
        problem := coalesce(
            pgvectorize_private._column_problem(relation, columns[1], array['text', 'varchar']),
            pgvectorize_private._column_problem(relation, columns[2], array['vector', 'halfvec']),
            pgvectorize_private._column_problem(relation, columns[3], array['text', 'varchar']),
            pgvectorize_private._column_problem(relation, columns[4], array['jsonb']),
            pgvectorize_private._column_problem(relation, columns[5], array['text', 'varchar']),
            (
                select min(case
                    when attribute.attname = columns[2] and attribute.atttypmod = -1
                        then format('%s.%I has the type %s without dimensions', relation, attname, typname)
                    when attribute.attgenerated <> '' and attribute.attname = any (columns)
                        then format('%s.%I is a generated column', relation, attname)
                    when not coalesce(sorting.collisdeterministic, true) and attribute.attname = columns[1]
                        then format(
                            '%s.%I has a collation that holds different ids for equal', relation, attname
                        )
                    when attribute.attname = any (words)
                        and attribute.attname is distinct from columns[array_position(words, attname::text)]
                        then format('%s has another column named %s, which an index needs', relation, attname)
                    when attribute.attnotnull and not attribute.atthasdef and attribute.attidentity = ''
                        and attribute.attname <> all (array_remove(columns, null))
                        then format('%s.%I is not null and has no default', relation, attname)
                end)
                from pg_attribute as attribute
                join pg_type as type on type.oid = attribute.atttypid
                left join pg_collation as sorting on sorting.oid = attribute.attcollation
                where attribute.attrelid = relation and attribute.attnum > 0 and not attribute.attisdropped
            ),
            (
                select 'a column is given twice'
                from unnest(columns) as given (name)
                where given.name is not null
                group by given.name having count(*) > 1
                limit 1
            )
        );
        if problem is null and columns[3] is not null then
            execute format('select exists (select from %s where %I is null)', relation, columns[3])
            into has_nulls;
            if has_nulls then
                problem := format('%s.%I has nulls, where an index has empty text', relation, columns[3]);
            end if;
        end if;
    end if;
    if problem is not null then
        perform pgvectorize_private._refuse_request(
            problem, 'Nothing was changed. Change that, or adopt by copy.'
        );
    end if;
end;
$$;

comment on function pgvectorize_private._check_adoptable_table
    is 'Refuse a table whose shape does not fit an index.';
