-- Return the default of ef_construction: 64, or 2 m if that is more. `_check_hnsw_options` refuses an m that
-- is out of its bounds, for which 2 m might be no integer.
create or replace function pgvectorize_private._default_ef_construction(m integer)
returns integer
language sql
immutable
parallel safe
as $$
    select greatest(64, 2 * least(greatest(m, 0), 1000))
$$;

comment on function pgvectorize_private._default_ef_construction
    is 'The default of ef_construction.';
