-- Apply a JSON Merge Patch (RFC 7396): its keys replace those of the document, null removes a key,
-- objects are merged at every depth, arrays are replaced.
create or replace function pgvectorize_private._merge_patch(document jsonb, patch jsonb)
returns jsonb
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    merged jsonb := case when jsonb_typeof(document) = 'object' then document else '{}' end;
    key    text;
    value  jsonb;
begin
    if jsonb_typeof(patch) <> 'object' then
        return patch;
    end if;
    for key, value in select * from jsonb_each(patch) loop
        merged := case
            when value = 'null' then merged - key
            else merged || jsonb_build_object(key, pgvectorize_private._merge_patch(document -> key, value))
        end;
    end loop;
    return merged;
end;
$$;

comment on function pgvectorize_private._merge_patch
    is 'A document with a JSON Merge Patch applied.';
