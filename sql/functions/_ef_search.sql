-- Return the least ef_search that reaches a recall, as `recall` or `tune` measured this
-- index; null where none does, so that only an exact search will do.
create or replace function pgvectorize._ef_search(target pgvectorize.indexes, recall double precision)
returns integer
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    enough integer;
    best   double precision;
begin
    perform pgvectorize._check_recall(recall);
    if target.is_strict then
        perform pgvectorize._refuse_strictly('Vectorize has no choice of recall');
    elsif pgvectorize._hnsw(target) is null then
        return null;
    end if;
    select min(recalls.ef_search) filter (where recalls.recall - recalls.standard_error >= _ef_search.recall), max(recalls.recall)
    into enough, best
    from pgvectorize.recalls where recalls.index_id = target.id;
    if best is null then
        perform pgvectorize._refuse(
            format('the recall of index "%s" has not been measured', target.name),
            format('Run: pgvectorize tune %s --recall %s', target.name, recall)
        );
    end if;
    return enough;
end;
$$;

comment on function pgvectorize._ef_search(pgvectorize.indexes, double precision)
    is 'The least ef_search that reaches a recall.';
