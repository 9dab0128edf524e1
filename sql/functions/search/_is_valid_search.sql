-- Say whether nothing is wrong with a search. If it is not valid, or the index is strict,
-- `_check_search` checks it again and refuses it. One expression, because PL/pgSQL evaluates that in
-- place, which is much faster than a call.
create or replace function pgvectorize_private._is_valid_search(
    target     pgvectorize_private.indexes,
    vector     @vector@.vector,
    top_k      integer,
    ef_search  integer,
    skip       integer
)
returns boolean
language sql
immutable
parallel safe
as $$
    select (
        not target.is_strict
        and pgvectorize_private._values_problem(target, vector) is null
        and top_k between 1 and pgvectorize_private._limit('top_k', false)
        and skip between 0 and pgvectorize_private._limit('offset', false)
        and coalesce(ef_search, 1) between 1 and pgvectorize_private._limit('ef_search', false)
    ) is true
$$;

comment on function pgvectorize_private._is_valid_search
    is 'Whether nothing is wrong with a search.';
