-- Keep the function of an index, and who may use it, as the catalog has it: the trigger
-- on the catalog, through which every new index comes.
create or replace function pgvectorize._compile_changed()
returns trigger
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'DELETE' or tg_op = 'UPDATE' and old.name <> new.name then
        execute format(
            'drop function if exists pgvectorize_data.%I(@vector@.vector, integer, boolean, text)', old.name
        );
    end if;
    if tg_op <> 'DELETE' then
        perform pgvectorize._compile(new);
        perform pgvectorize._share(new);
    end if;
    return null;
end;
$$;

comment on function pgvectorize._compile_changed()
    is 'Keep the function of an index as its catalog row has it.';
