-- Name a constraint or a Postgres index of an index's table. The name is made from the id, so that
-- it fits into 63 bytes however long the index's own name is. No index name may begin with an
-- underscore, so the two cannot be equal.
create or replace function pgvectorize_private._relation_name(index_id bigint, suffix text)
returns text
language sql
immutable
parallel safe
as $$
    select '_idx_' || index_id || '_' || suffix
$$;

comment on function pgvectorize_private._relation_name
    is 'Name of a constraint or Postgres index that belongs to an index.';
