-- Return a hint for a wrong word: the known word that is meant, and all known words. `synonym` is the one
-- that means the same, if there is one. Otherwise the nearest is meant: the one with the fewest letters to
-- change, add or drop (Levenshtein distance). Only errors come here, so speed does not matter.
create or replace function pgvectorize_private._suggest_word(word text, known text[], synonym text default null)
returns text
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    candidate text;
    previous  integer[];
    current   integer[];
    nearest   text;
    distance  integer;
begin
    word := left(coalesce(word, ''), 64);
    foreach candidate in array known loop
        previous := array(select generate_series(0, char_length(candidate)));
        for i in 1 .. char_length(word) loop
            current := array[i];
            for j in 1 .. char_length(candidate) loop
                current := current || least(
                    previous[j + 1] + 1,
                    current[j] + 1,
                    previous[j] + (substr(lower(word), i, 1) <> substr(lower(candidate), j, 1))::integer
                );
            end loop;
            previous := current;
        end loop;
        if distance is null or previous[char_length(candidate) + 1] < distance then
            distance := previous[char_length(candidate) + 1];
            nearest := candidate;
        end if;
    end loop;

    return concat(
        case
            when synonym is not null or distance <= greatest(2, char_length(word) / 3)
                then format('Did you mean %s? ', coalesce(synonym, nearest))
        end,
        case
            when cardinality(known) <= 20 then format('Known are %s.', array_to_string(known, ', '))
        end
    );
end;
$$;

comment on function pgvectorize_private._suggest_word
    is 'Hint that names the known word that a wrong one means.';
