-- Return how many pages a value of so many bytes uses out of line, on average. Postgres cuts
-- it into chunks of 1,996 bytes and a rest, each with a header of 36 bytes and a pointer of 4,
-- and puts one after the other on pages of 8,168 bytes. If a chunk does not fit on a page, only
-- rests use the space that is left there. Half a page can be lost that way, so this lays out
-- a few hundred values.
create or replace function pgvectorize_private._toast_pages(bytes double precision)
returns double precision
language plpgsql
immutable
parallel safe
as $$
declare
    repeats constant integer := 300;
    whole   constant double precision := 2036;
    chunks  constant integer := floor(bytes / 1996);
    rest    constant double precision := 4 + 8 * ceil((36 + bytes - 1996 * chunks) / 8);
    pages   integer := 0;
    free    double precision := 0;  -- on the page that is being filled
    spare   integer := 0;           -- rests that fit on earlier pages
    chunk   double precision;
begin
    for repeat in 1..repeats loop
        for number in 1..chunks + 1 loop
            chunk := case when number <= chunks then whole else rest end;
            if chunk <= free then
                free := free - chunk;
            elsif number > chunks and spare > 0 then
                spare := spare - 1;
            else
                spare := spare + floor(free / rest);
                pages := pages + 1;
                free := 8168 - chunk;
            end if;
        end loop;
    end loop;
    return pages::double precision / repeats;
end;
$$;

comment on function pgvectorize_private._toast_pages
    is 'Pages that a value uses out of line.';
