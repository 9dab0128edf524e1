-- Return what is wrong with the metadata of a vector to be stored, or null. Python reads no JSON of thousands
-- of levels, and no integer of more than 4,300 digits. The length of the text is compared first, because
-- that takes a microsecond, a third of what it takes to look at every number.
--
-- 100 and 4300 are metadata_depth and metadata_digits of `limits`. To look them up would take 0.15 ms more for
-- each plan, and each write makes one.
--
-- Postgres inlines this function. With `format`, which is not immutable, it would not: 8 µs a vector, not 4.
create or replace function pgvectorize_private._metadata_problem(metadata jsonb)
returns text
language sql
immutable
parallel safe
as $$
    select case
        when jsonb_typeof(metadata) <> 'object'
            then 'metadata is not an object but ' || jsonb_typeof(metadata)
        when pgvectorize_private._forbidden_key(metadata) is not null
            then 'a metadata key is empty, begins with "$", or contains "." or a double quote: '
                || left(pgvectorize_private._forbidden_key(metadata)::text, 64)
        when metadata @? 'strict $.**{101}' then 'metadata is nested more than 100 levels deep'
        when octet_length(metadata::text) > 4300 and metadata @? '$.** ? (@ >= 1e4300 || @ <= -1e4300)'
            then 'a number in the metadata has more than 4300 digits'
    end
$$;

comment on function pgvectorize_private._metadata_problem
    is 'What is wrong with the metadata of a vector to be stored, or null.';
