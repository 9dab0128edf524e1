-- Refuse a recall that is not a share.
create or replace function pgvectorize_private._check_recall(recall double precision)
returns void
language plpgsql
immutable
parallel safe
as $$
begin
    if (recall > 0 and recall <= 1) is not true then
        perform pgvectorize_private._refuse_request(
            format('recall must be above 0 and at most 1, got %s', coalesce(recall::text, 'null')),
            'Recall is the share of the true nearest vectors that a search finds, such as 0.98.'
        );
    end if;
end;
$$;

comment on function pgvectorize_private._check_recall
    is 'Refuse a recall that is not a share.';
