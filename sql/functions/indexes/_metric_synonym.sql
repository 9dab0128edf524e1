-- Return the metric that other libraries know by this name, or null. Words that are only mistyped are left
-- to `_suggest_word`.
create or replace function pgvectorize_private._metric_synonym(word text)
returns text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select case
        when plain.word in ('cos', 'angular') then 'cosine'
        when plain.word in ('l2', 'l2distance', 'euclid') then 'euclidean'
        when plain.word in ('dot', 'ip', 'inner', 'innerproduct') then 'dot-product'
    end
    from (select lower(translate(word, ' _-', ''))) as plain (word)
$$;

comment on function pgvectorize_private._metric_synonym
    is 'The metric that other libraries know by a name.';
