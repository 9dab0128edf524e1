-- Refuse a page that would not continue the page before it.
create or replace function pgvectorize_private._refuse_page(
    top_k     integer,
    skip      integer,
    is_plain  boolean,
    breadth   integer
)
returns text
language sql
immutable
parallel safe
as $$
    select pgvectorize_private._refuse_request(
        case
            when is_plain then format(
                'offset %s with top_k %s goes beyond ef_search, which is %s', skip, top_k, breadth
            )
            else format('offset %s needs an exact search, because the search is filtered', skip)
        end,
        format(
            'Pages of different searches would overlap. Ask for all matches at once, with top_k up to %s%s, or '
            'ask for each page with exact.',
            pgvectorize_private._limit('top_k', false),
            case when is_plain then '; give each page the same ef_search, at least offset + top_k' end
        )
    )
$$;

comment on function pgvectorize_private._refuse_page
    is 'Refuse a page that would not continue the page before it.';
