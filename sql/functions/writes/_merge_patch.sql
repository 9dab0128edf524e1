-- Apply a JSON Merge Patch (RFC 7396): its keys replace those of the document, null removes a key,
-- objects are merged at every depth, arrays are replaced.
create or replace function pgvectorize_private._merge_patch(document jsonb, patch jsonb)
returns jsonb
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
    if jsonb_typeof(patch) <> 'object' then
        return patch;
    end if;
    if jsonb_typeof(document) is distinct from 'object' then
        document := '{}';
    end if;
    return (
        select coalesce(jsonb_object_agg(member.key, member.value), '{}')
        from (
            select kept.key, kept.value from jsonb_each(document) as kept where not patch ? kept.key
            union all
            select given.key, pgvectorize_private._merge_patch(document -> given.key, given.value)
            from jsonb_each(patch) as given
            where given.value <> 'null'
        ) as member
    );
end;
$$;

comment on function pgvectorize_private._merge_patch
    is 'A document with a JSON Merge Patch applied.';
