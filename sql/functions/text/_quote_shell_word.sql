-- Write a text as one word of a shell, quoted where it has to be.
create or replace function pgvectorize_private._quote_shell_word(word text)
returns text
language sql
immutable
parallel safe
as $$
    select case when word ~ '^[A-Za-z0-9_./-]+$' then word else '''' || replace(word, '''', E'''\\''''') || '''' end
$$;

comment on function pgvectorize_private._quote_shell_word
    is 'A text as one word of a shell.';
