-- Return the least ef_search that reaches a recall, as `recall` or `tune` measured this
-- index; null where none does, so that only an exact search will do, or one was asked for.
-- For more matches than were measured it grows with them.
create or replace function pgvectorize._ef_search(
    target  pgvectorize.indexes,
    recall  double precision,
    depth   integer,
    exact   boolean
)
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
    elsif exact or pgvectorize._hnsw(target) is null then
        return null;
    end if;
    select
        min(ceil(recalls.ef_search * greatest(depth::numeric / recalls.top_k, 1)))
            filter (where recalls.recall - recalls.standard_error >= _ef_search.recall),
        max(recalls.recall)
    into enough, best
    from pgvectorize.recalls where recalls.index_id = target.id;
    if best is null then
        perform pgvectorize._refuse(
            format('the recall of index "%s" has not been measured', target.name),
            format('Run: pgvectorize tune %s --recall %s', target.name, recall)
        );
    end if;
    return case when enough <= pgvectorize._limit('ef_search', false) then enough end;
end;
$$;

comment on function pgvectorize._ef_search(pgvectorize.indexes, double precision, integer, boolean)
    is 'The least ef_search that reaches a recall.';
