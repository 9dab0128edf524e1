-- Refuse a name that is not valid or is taken. Until the transaction ends, nobody else can take it.
--
-- A table of that name is created, which the caller drops. Until this transaction ends, everybody
-- who creates one waits. That needs the right to create tables there; an advisory lock would need no
-- right, so anybody could block a name. The caller has no lock on an index yet: nobody waits for it.
create or replace function pgvectorize_private._reserve_name(name text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    is_taken boolean;
begin
    if coalesce(name, '') !~ '^[a-z]+[a-z0-9_-]*[a-z0-9]+$'
        or octet_length(name) > pgvectorize_private._limit('name_bytes', false)
    then
        perform pgvectorize_private._refuse_request(
            format('index name "%s" is not valid', left(name, 100)),
            'A name has 2 to 63 characters: a-z first, then a-z, 0-9, "-" and "_", and a-z or 0-9 last.'
        );
    end if;

    -- waits for whoever deletes or renames it
    perform from pgvectorize_private.indexes where indexes.name = _reserve_name.name for key share;
    is_taken := found;
    if not is_taken and to_regtype(format('pgvectorize_data.%I', name)) is null
        and to_regclass(format('pgvectorize_data.%I', name)) is null
        and not exists (
            select from pg_proc as function
            where function.pronamespace = 'pgvectorize_data'::regnamespace
                and function.proname = _reserve_name.name
        )
    then
        begin
            execute format('create table pgvectorize_data.%I ()', name);
            return;
        exception when unique_violation or duplicate_table then
            is_taken := true;  -- just now
        end;
    end if;

    if is_taken then
        if pgvectorize_private._session_is_strict() then
            perform pgvectorize_private._refuse_as_vectorize(
                format('vectorize.index.duplicate_name - Index name "%s"', name), 3002, 'PV002'
            );
        end if;
        raise exception 'index "%" already exists', name
            using errcode = 'PV002', hint = 'Delete it first, or choose another name.';
    end if;
    raise exception 'something else in schema pgvectorize_data has the name "%"', name
        using errcode = 'PV002', hint = 'Rename or drop that table, type or function, or choose another name.';
exception when deadlock_detected then
    raise exception 'index name "%" is being used by another session, which waits for this one', name
        using errcode = 'PV007', hint = 'Try again. Change one index in one transaction.';
end;
$$;

comment on function pgvectorize_private._reserve_name
    is 'Reserve a name for a new index, or refuse it.';
