-- Create the search function of one index, named as its table. It answers what `query` with only a vector,
-- filter and namespaces would, but Postgres plans its statements once per session. To find the index and
-- to plan each time costs a quarter of a search of 100,000 vectors, and five times what a filter costs
-- that matches a few. It calls `query` for everything that is not that simple, and if it finds too few
-- matches.
--
-- A plan that is kept does not know how many rows match a filter. So the function first looks for the rows
-- of one condition after another, by its metadata index, and stops beyond 20, then beyond 200. If a condition
-- matches no more, these rows are compared with the vector, and with the other conditions. Otherwise
-- `query` plans the search; the look has then cost about 2 % of it. Row addresses stay valid in between, as
-- all statements of a stable function have one snapshot.
--
-- The triggers `_on_catalog_change` and `_on_metadata_index_change` create it again when the catalog changes.
create or replace function pgvectorize_private._create_search_function(target pgvectorize_private.indexes)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $body$
declare
    -- the planner must know the limit, or it would not use the HNSW index in a plan that it keeps
    depth      constant integer := 10;
    longest    constant bigint := pgvectorize_private._limit('vector_length', false);
    most       constant bigint := pgvectorize_private._limit('ef_search', false);
    breadth    integer := pgvectorize_private._effective_ef_search(target, null, depth, false, 1);
    hnsw_name  text := 'pgvectorize_data.' || pgvectorize_private._hnsw_name(target.id);
    -- where the plan does not use a binary HNSW index, signs alone choose the candidates
    scans      text := case when target.wants_hnsw and target.index_precision = 'binary' then format(
        'pg_stat_get_xact_numscans(to_regclass(%L))', hnsw_name
    ) end;
    is_fast    boolean := not target.is_strict and not target.is_counted
        -- where float16 could refuse a query vector, query says so
        and not pgvectorize_private._must_fit_float16(target);
    known      record;
    properties text[] := '{}';
    variables  text := '';
    bounds     text := '';
    looks      text := '';
    conditions text := '';
begin
    perform '[0]'::@vector@.vector;  -- loads the library, without which hnsw.* settings are unknown
    for known in
        select indexes.property_name, indexes.index_type, row_number() over (order by property_name) as place,
            pgvectorize_private._indexed_property_sql(indexes.property_name, indexes.index_type) as key
        from pgvectorize_private.metadata_indexes as indexes
        where indexes.index_id = target.id
        order by property_name
        limit 10  -- a session parses all of them when it first uses the function
    loop
        properties := properties || known.property_name;
        variables := variables || format(
            'bound_%s %s;', known.place,
            case known.index_type when 'number' then 'numrange' when 'string' then 'text[]' else 'boolean' end
        );
        bounds := bounds || format(
            $sql$
            if is_usual and filter ? %2$L then
                bound_%1$s := pgvectorize_private.%3$I(filter -> %2$L);
                is_usual := bound_%1$s is not null;
            end if;
            $sql$,
            known.place, known.property_name,
            case known.index_type
                when 'number' then '_number_bound' when 'string' then '_string_bound' else '_boolean_bound'
            end
        );
        looks := looks || format(
            $sql$
            if bound_%1$s is not null and (rows is null or cardinality(rows) > few) then
                rows := array(select stored.ctid from %2$s as stored where %3$s limit few + 1);
            end if;
            $sql$,
            known.place, target.relation,
            case known.index_type
                when 'number' then format(
                    $sql$
                    %1$s >= coalesce(lower(bound_%2$s), '-infinity')
                        and %1$s <= coalesce(upper(bound_%2$s), 'infinity')
                    $sql$,
                    known.key, known.place
                )
                when 'string' then format('%s = any (bound_%s)', known.key, known.place)
                else format('%s = bound_%s', known.key, known.place)
            end
        );
        conditions := conditions || format(
            case known.index_type
                when 'number' then ' and (bound_%2$s is null or %1$s <@ bound_%2$s)'
                when 'string' then ' and (bound_%2$s is null or %1$s = any (bound_%2$s))'
                else ' and (bound_%2$s is null or %1$s = bound_%2$s)'
            end,
            known.key, known.place
        );
    end loop;

    execute format(
        $sql$
        create or replace function pgvectorize_data.%1$I(
            vector           @vector@.vector,
            top_k            integer default 5,
            return_values    boolean default false,
            return_metadata  text default 'none',
            filter           jsonb default null,
            namespaces       text[] default null,
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
        set plan_cache_mode = force_generic_plan
        set enable_seqscan = on
        set enable_bitmapscan = on
        as $$
        #variable_conflict use_variable
        declare
            matches  pgvectorize.match[];
            found    bigint;
            wanted   bigint := top_k;
            is_usual boolean;
            within   text[];
            few      integer;
            rows     tid[];
            before   bigint%6$s;
            ignored  text;
            %3$s
        begin
            %4$s
            return query select * from pgvectorize.query(
                index => %5$L, vector => vector, top_k => top_k, return_values => return_values,
                return_metadata => return_metadata, filter => filter, namespaces => namespaces,
                return_content => return_content
            );
        end;
        $$
        $sql$,
        target.name,
        breadth,
        variables,
        case when is_fast then format(
            $sql$
            if top_k between 1 and %1$s and return_metadata in ('none', 'all') and return_values is not null
                and return_content is not null and @vector@.vector_dims(vector) = %2$s and %3$s
                and not pgvectorize_private._session_is_strict()
            then
                if namespaces is null and coalesce(filter, '{}') = '{}' then
                    %11$s
                    %4$s
                    into matches, found;
                    %10$s
                else
                    is_usual := case
                        when namespaces = '{}' or '' = any (namespaces) then false
                        -- under a policy the conditions could not use their metadata indexes
                        when row_security_active(%8$L) then false
                        when filter is null then true
                        when jsonb_typeof(filter) <> 'object' then false
                        else filter - %5$L::text[] = '{}'
                    end;
                    within := array_replace(namespaces, null, '');
                    %6$s
                    if is_usual then
                        -- an index scan ends when it has found enough
                        ignored := set_config('enable_seqscan', 'off', true)
                            || set_config('enable_bitmapscan', 'off', true);
                        foreach few in array array[20, 200] loop
                            rows := null;
                            %7$s
                            if within is not null and (rows is null or cardinality(rows) > few) then
                                rows := array(
                                    select stored.ctid from %8$s as stored
                                    where stored.namespace = any (within)
                                    limit few + 1
                                );
                            end if;
                            exit when cardinality(rows) <= few;
                        end loop;
                        if cardinality(rows) <= few then
                            %9$s
                            into matches, found;
                            wanted := found;
                        end if;
                    end if;
                end if;
                if found >= wanted then
                    for place in 1 .. least(found, top_k) loop
                        return next matches[place];
                    end loop;
                    return;
                end if;
                ignored := set_config('enable_seqscan', 'on', true)
                    || set_config('enable_bitmapscan', 'on', true);
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
                'case when return_values then stored.embedding end',
                $sql$case return_metadata when 'all' then coalesce(nearest.metadata, '{}') end$sql$,
                'case when return_content then nearest.content end'
            ),
            properties,
            bounds,
            looks,
            target.relation,
            pgvectorize_private._search_sql(
                target, 'vector',
                'stored.ctid = any (rows) and (within is null or stored.namespace = any (within))'
                    || conditions,
                'exact', depth,
                'case when return_values then stored.embedding end',
                $sql$case return_metadata when 'all' then coalesce(nearest.metadata, '{}') end$sql$,
                'case when return_content then nearest.content end'
            ),
            'wanted := case when ' || scans || ' > before then top_k end;',
            case when target.wants_hnsw and target.ef_search is null then format(
                $sql$
                ignored := set_config('hnsw.ef_search', least(%1$s * pgvectorize_private._ef_search_growth(
                    to_regclass(%2$L), %3$s, %4$L, %5$s
                ), %6$s)::integer::text, true);
                $sql$,
                breadth, hnsw_name, target.dimensions, target.index_precision, target.m, most
            ) end
        ) end,
        target.name,
        ' := ' || scans
    );
    execute format(
        'comment on function pgvectorize_data.%I('
        '@vector@.vector, integer, boolean, text, jsonb, text[], boolean) is %L',
        target.name, format('pgvectorize.query of index %s, planned once per session', target.name)
    );
end;
$body$;

comment on function pgvectorize_private._create_search_function
    is 'Create the search function of one index.';
