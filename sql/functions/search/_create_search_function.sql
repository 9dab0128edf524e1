-- Create the search function of one index, named as its table. It answers what `query` with only a vector
-- would, but Postgres plans its statement once per session. To find the index and to plan each time
-- costs a quarter of a search of 100,000 vectors. It calls `query` for everything that is not that
-- simple, and if it finds too few matches.
--
-- `_on_catalog_change` creates it again when the catalog row changes.
create or replace function pgvectorize_private._create_search_function(target pgvectorize_private.indexes)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $body$
declare
    -- the planner must know the limit, or it would not use the HNSW index in a plan that it keeps
    depth   constant integer := 10;
    longest constant bigint := pgvectorize_private._limit('vector_length', false);
    breadth integer := pgvectorize_private._effective_ef_search(target, null, depth);
    -- where the plan does not use a binary HNSW index, signs alone choose the candidates
    scans   text := case when target.wants_hnsw and target.index_precision = 'binary' then format(
        'pg_stat_get_xact_numscans(to_regclass(%L))',
        'pgvectorize_data.' || pgvectorize_private._hnsw_name(target.id)
    ) end;
    is_fast boolean := not target.is_strict and not target.is_counted
        -- where float16 could refuse a query vector, query says so
        and not pgvectorize_private._must_fit_float16(target);
begin
    perform '[0]'::@vector@.vector;  -- loads the library, without which hnsw.* settings are unknown
    execute format(
        $sql$
        create or replace function pgvectorize_data.%1$I(
            vector           @vector@.vector,
            top_k            integer default 5,
            return_values    boolean default false,
            return_metadata  text default 'none',
            return_content   boolean default false
        )
        returns setof pgvectorize.match
        language plpgsql
        stable
        parallel unsafe
        rows 10
        set search_path = pg_catalog, pg_temp
        set hnsw.ef_search = %2$s
        set hnsw.iterative_scan = off
        as $$
        #variable_conflict use_variable
        declare
            matches pgvectorize.match[];
            found   bigint;
            before  bigint%5$s;
        begin
            %3$s
            return query select * from pgvectorize.query(
                index => %4$L, vector => vector, top_k => top_k, return_values => return_values,
                return_metadata => return_metadata, return_content => return_content
            );
        end;
        $$
        $sql$,
        target.name,
        breadth,
        case when is_fast then format(
            $sql$
            if top_k between 1 and %1$s and return_metadata in ('none', 'all') and return_values is not null
                and return_content is not null and @vector@.vector_dims(vector) = %2$s and %3$s
                and not pgvectorize_private._session_is_strict()
            then
                %4$s
                into matches, found;
                if found >= top_k %5$s then
                    for place in 1 .. top_k loop
                        return next matches[place];
                    end loop;
                    return;
                end if;
            end if;
            $sql$,
            depth,
            target.dimensions,
            -- this excludes what _values_problem refuses; a zero vector's distance to itself is NaN
            case target.metric
                when 'cosine' then 'vector operator(@vector@.<=>) vector < 1'
                else format('@vector@.vector_norm(vector) <= %s', longest)
            end,
            pgvectorize_private._search_sql(
                target, 'vector', 'true',
                -- without an HNSW index its key would only make the answer less exact
                case when target.wants_hnsw then 'off' else 'exact' end,
                pgvectorize_private._scan_limit(target, breadth, depth),
                'case when return_values then nearest.embedding end',
                $sql$case return_metadata when 'all' then coalesce(nearest.metadata, '{}') end$sql$,
                'case when return_content then nearest.content end'
            ),
            'and ' || scans || ' > before'
        ) end,
        target.name,
        ' := ' || scans
    );
    execute format(
        'comment on function pgvectorize_data.%I(@vector@.vector, integer, boolean, text, boolean) is %L',
        target.name, format('pgvectorize.query of index %s, planned once per session', target.name)
    );
end;
$body$;

comment on function pgvectorize_private._create_search_function
    is 'Create the search function of one index.';
