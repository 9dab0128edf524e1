-- Raise the error that Vectorize raises, with its code if that is known. The function returns
-- text, so that a call can stand where a value is needed.
create or replace function pgvectorize_private._refuse_as_vectorize(
    message         text,
    code            integer default null,
    sqlstate_code   text default 'PV000',
    place           bigint default null
)
returns text
language plpgsql
immutable
parallel safe
as $$
begin
    raise exception '%', message
        using errcode = sqlstate_code,
              detail = concat_ws(', ', 'row ' || place, 'code ' || code),
              hint = 'In strict mode Vectorize''s own limits hold; see the list of limits.';
end;
$$;

comment on function pgvectorize_private._refuse_as_vectorize
    is 'Raise what Vectorize answers.';
