-- Count the bytes of a JSON document without white space. jsonb writes a space after each `,` and
-- `:`; the spaces outside of strings are not counted.
create or replace function pgvectorize_private._compact_json_bytes(document jsonb)
returns integer
language sql
immutable
parallel safe
as $$
    select octet_length(document::text)
        - regexp_count(regexp_replace(document::text, E'"(?:[^"\\\\]|\\\\.)*"', '', 'g'), ' ')
$$;

comment on function pgvectorize_private._compact_json_bytes
    is 'Bytes of a JSON document without white space.';
