-- Say whether a row existed when a snapshot was taken.
--
-- inserted_by  the transaction that inserted the row; null if the table is older than its index
-- version      the xmin of the row: the transaction that wrote its current version
-- seen         the snapshot
-- own          the transaction that took the snapshot, which does not contain it
--
-- In a restored dump `inserted_by` is a number of another cluster, which means nothing here. It can be
-- recognised if it is newer than the version.
create or replace function pgvectorize_private._was_inserted_before(
    inserted_by  xid8,
    version      xid,
    seen         pg_snapshot,
    own          xid8
)
returns boolean
language sql
stable
parallel safe
as $$
    select inserted_by is null
        or pg_visible_in_snapshot(inserted_by, seen)
        or inserted_by is not distinct from own
        or inserted_by > pgvectorize_private._extend_xid(version, pg_snapshot_xmax(pg_current_snapshot()))
$$;

comment on function pgvectorize_private._was_inserted_before
    is 'Whether a row existed when a snapshot was taken.';
