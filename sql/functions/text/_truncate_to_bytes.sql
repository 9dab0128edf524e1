-- Return the first bytes of a string, cut back to a whole character. A UTF-8 character has at most
-- four bytes; all but the first begin with the bits 10.
create or replace function pgvectorize_private._truncate_to_bytes(content text, wanted bigint)
returns text
language plpgsql
immutable
parallel safe
strict
set search_path = pg_catalog, pg_temp
as $$
declare
    bytes bytea := convert_to(content, 'UTF8');
    ends  integer := wanted;
begin
    if octet_length(bytes) <= wanted then
        return content;
    end if;
    while get_byte(bytes, ends) & 192 = 128 loop
        ends := ends - 1;
    end loop;
    return convert_from(substring(bytes for ends), 'UTF8');
end;
$$;

comment on function pgvectorize_private._truncate_to_bytes
    is 'The beginning of a string by its bytes.';
