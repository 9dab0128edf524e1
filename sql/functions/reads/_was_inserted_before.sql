-- Say whether a row was there when a snapshot was taken.
--
-- inserted_by  the transaction that inserted the row; null in a table that is
--              older than its index
-- version      its xmin: the transaction that wrote it as it is now
-- seen         the snapshot
-- own          the transaction that took the snapshot, which is not in it
--
-- A restored dump brings `inserted_by` of another cluster along, whose numbers
-- mean nothing here. It gives itself away where it is newer than the version.
create or replace function pgvectorize_private._was_inserted_before(inserted_by xid8, version xid, seen pg_snapshot, own xid8)
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
    is 'Whether a row was there when a snapshot was taken.';
