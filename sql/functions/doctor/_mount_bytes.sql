-- Return the size of a memory file system from a list of mounts such as /proc/mounts; null if
-- it is not listed or has no size there. Of two mounts on one path the later hides the other.
create or replace function pgvectorize_private._mount_bytes(mounts text, path text)
returns bigint
language sql
immutable
parallel safe
as $$
    select (found[2])::bigint
        * case found[3] when 'k' then 1024 when 'm' then 1048576 when 'g' then 1073741824 else 1 end
    from regexp_matches(mounts, E'^\\S+ (\\S+) tmpfs \\S*\\msize=([0-9]+)([kmg]?)\\M', 'gn')
        with ordinality as mounts (found, place)
    where found[1] = path
    order by place desc
    limit 1
$$;

comment on function pgvectorize_private._mount_bytes
    is 'Size of a memory file system.';
