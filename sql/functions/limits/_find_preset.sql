-- Find a known embedding model, or refuse its name.
create or replace function pgvectorize_private._find_preset(name text)
returns pgvectorize.preset
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    found_preset pgvectorize.preset;
begin
    select presets.* into found_preset from pgvectorize.presets() where presets.name = _find_preset.name;
    if not found then
        perform pgvectorize_private._refuse_request(
            format('preset "%s" is not known', left(name, 100)),
            pgvectorize_private._suggest_word(name, array(select presets.name from pgvectorize.presets()))
                || 'List the presets to see which exist, or give dimensions and metric.'
        );
    end if;
    return found_preset;
end;
$$;

comment on function pgvectorize_private._find_preset
    is 'A known embedding model, or an error.';
