-- Return the statement that performs an action: a call of the public function that the
-- action names, or `vacuum`, which Postgres allows in no function. A client has its own way
-- to say the same.
create or replace function pgvectorize_private._call_sql(action text, arguments jsonb)
returns text
language sql
immutable
strict
parallel safe
as $$
    select case action
        when 'vacuum' then format(
            'vacuum (analyze, index_cleanup on) pgvectorize_data.%I;', arguments ->> 'index'
        )
        else format(
            'select pgvectorize.%I(%s);',
            action,
            (
                select string_agg(
                    format(
                        '%I => %s',
                        argument.key,
                        case jsonb_typeof(argument.value)
                            when 'string' then quote_literal(argument.value #>> '{}')
                            else argument.value::text
                        end
                    ),
                    ', ' order by argument.key <> 'index', argument.key collate "C"
                )
                from jsonb_each(arguments) as argument
            )
        )
    end
$$;

comment on function pgvectorize_private._call_sql
    is 'The statement that performs an action.';
