-- Return the least ef_search that reaches a recall, as `recall` or `tune` measured it for this index. It is
-- null if the search has to be exact: because no ef_search reaches the recall, because there is no HNSW
-- index, or because the caller wants it. For more matches than were measured, ef_search grows with them.
create or replace function pgvectorize_private._ef_search_for_recall(
    target  pgvectorize_private.indexes,
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
    enough     integer;
    best       double precision;
    is_changed boolean;
begin
    perform pgvectorize_private._check_recall(recall);
    if target.is_strict then
        perform pgvectorize_private._refuse_as_vectorize('Vectorize has no choice of recall');
    elsif exact or pgvectorize_private._hnsw_index(target) is null then
        return null;
    end if;
    select
        min(ceil(recalls.ef_search * greatest(depth::numeric / recalls.top_k, 1)))
            filter (
                where recalls.recall - recalls.standard_error >= _ef_search_for_recall.recall
                    and recalls.build <> 'changed'
            ),
        max(recalls.recall) filter (where recalls.build <> 'changed'),
        count(*) > 0
    into enough, best, is_changed
    from pgvectorize_private.recalls where recalls.index_id = target.id;
    if best is null then
        perform pgvectorize_private._refuse_with_action(
            format(
                'the recall of index "%s" has not been measured%s', target.name,
                case when is_changed then ' since its HNSW index was built with other options' end
            ),
            'Run:',
            action => 'tune', arguments => jsonb_build_object('index', target.name, 'recall', recall)
        );
    end if;
    return case when enough <= pgvectorize_private._limit('ef_search', false) then enough end;
end;
$$;

comment on function pgvectorize_private._ef_search_for_recall
    is 'The least ef_search that reaches a recall.';
