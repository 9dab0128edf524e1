-- Raise what Vectorize answers, with its code where one is known. It returns
-- text, so that it can stand where a value is wanted.
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
              hint = 'In strict mode Vectorize''s own limits hold; they are listed as limits.';
end;
$$;

comment on function pgvectorize_private._refuse_as_vectorize
    is 'Raise what Vectorize answers.';
