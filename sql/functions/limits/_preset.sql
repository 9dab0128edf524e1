-- Find a known embedding model, or refuse.
create or replace function pgvectorize._preset(name text)
returns pgvectorize.preset
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    found_preset pgvectorize.preset;
begin
    select presets.* into found_preset from pgvectorize.presets() where presets.name = _preset.name;
    if not found then
        perform pgvectorize._refuse(
            format('preset "%s" is not known', left(name, 100)),
            pgvectorize._nearest(name, array(select presets.name from pgvectorize.presets()))
                || 'List the presets to see which there are, or give dimensions and metric.'
        );
    end if;
    return found_preset;
end;
$$;

comment on function pgvectorize._preset(text)
    is 'A known embedding model, or an error.';
