"""Functions, operators and types of a stranger, found before Postgres' own.

Whoever may create in a schema of the operator's search_path could have code of theirs run by the
operator: an unqualified name that fits the arguments better is taken first. Here a schema that
comes before pg_catalog holds a shadow of all that pg_catalog has, each of which raises. Nothing
that the package does may hit one.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

import pgvectorize
from pgvectorize import Client, schema

# Without current_schema, which SQLAlchemy asks of every new connection before anybody can pin its
# path: as pg_catalog comes first unless a search_path says otherwise, a function without arguments
# is not found elsewhere.
SHADOWS = """
do $shadow$
declare
    each     record;
    raises   constant text :=
        'language plpgsql as $$ begin raise exception ''a shadow: %s''; end $$';
    made     integer := 0;
begin
    for each in
        select function.oid, function.proname as name, function.proretset as is_set,
            format_type(function.prorettype, null) as result,
            array(
                select 'pg_catalog.' || quote_ident(type.typname)
                from unnest(function.proargtypes) with ordinality as arguments (oid, place)
                join pg_type as type on type.oid = arguments.oid
                order by place
            ) as arguments
        from pg_proc as function
        where function.pronamespace = 'pg_catalog'::regnamespace and function.prokind = 'f'
            and function.proname not in ('current_schema', 'version')
            and function.provariadic = 0
            and not function.proargtypes::oid[] && array[
                'internal'::regtype, 'cstring'::regtype, '"any"'::regtype
            ]::oid[]
    loop
        begin
            execute format(
                'create function shadows.%I(%s) returns %s%s %s', each.name,
                array_to_string(each.arguments, ', '),
                case when each.is_set then 'setof ' else '' end,
                each.result, format(raises, each.name)
            );
            made := made + 1;
        exception when others then
            null;  -- no language but C may take or return these
        end;
    end loop;
    assert made > 2000, made;

    made := 0;
    for each in
        select oprname as name, oprleft as left, oprright as right,
            nullif('pg_catalog.' || quote_ident(l.typname), 'pg_catalog.-') as left_type,
            'pg_catalog.' || quote_ident(r.typname) as right_type,
            format_type(oprresult, null) as result, operator.oid::bigint as number
        from pg_operator as operator
        left join pg_type as l on l.oid = oprleft
        join pg_type as r on r.oid = oprright
        where oprnamespace = 'pg_catalog'::regnamespace
    loop
        begin
            execute format(
                'create function shadows.%I(%s) returns %s %s', 'operator_' || each.number,
                concat_ws(', ', each.left_type, each.right_type), each.result,
                format(raises, replace(each.name, '%', '%%'))
            );
            execute format(
                'create operator shadows.%s (function = shadows.%I, %s rightarg = %s)',
                each.name, 'operator_' || each.number, 'leftarg = ' || each.left_type || ',',
                each.right_type
            );
            made := made + 1;
        exception when others then
            null;
        end;
    end loop;
    assert made > 700, made;
end
$shadow$
"""
# which fit better than Postgres' own, where pg_catalog comes first
STOLEN = """
    create function public.steal_text(bigint, text) returns text
        language plpgsql as $$ begin raise exception 'a shadow: ||'; end $$;
    create operator public.|| (function = public.steal_text, leftarg = bigint, rightarg = text);
    create function public.steal_text(integer, text) returns text
        language plpgsql as $$ begin raise exception 'a shadow: ||'; end $$;
    create operator public.|| (function = public.steal_text, leftarg = integer, rightarg = text);
    create function public.steal_path(jsonb, jsonb) returns text
        language plpgsql as $$ begin raise exception 'a shadow: #>>'; end $$;
    create operator public.#>> (function = public.steal_path, leftarg = jsonb, rightarg = jsonb);
    create function public.steal_name(name, text) returns boolean
        language plpgsql as $$ begin raise exception 'a shadow: ='; end $$;
    create function public.hashtextextended(text, integer) returns bigint
        language plpgsql as $$ begin raise exception 'a shadow: hashtextextended'; end $$;
    create function public.format(text, text) returns text
        language plpgsql as $$ begin raise exception 'a shadow: format'; end $$;
    create function public.format(text, bigint) returns text
        language plpgsql as $$ begin raise exception 'a shadow: format'; end $$;
    create function public.concat(text, text) returns text
        language plpgsql as $$ begin raise exception 'a shadow: concat'; end $$;
"""
TYPES = ("text", "jsonb", "numeric", "int4", "int8", "bool", "float8", "regclass", "uuid", "name")


@pytest.fixture(params=["before pg_catalog", "in public"])
def shadowed(empty_database: str, request: pytest.FixtureRequest) -> str:
    """The DSN of the owner, in whose search_path somebody has put shadows."""
    with psycopg.connect(empty_database, autocommit=True) as administrator:
        administrator.execute("create schema extensions")
        administrator.execute("create extension vector schema extensions")
        administrator.execute("create extension if not exists pg_prewarm schema extensions")
        administrator.execute("create schema shadows")
        administrator.execute(
            "create table public.theirs (id text, embedding extensions.vector(2))"
        )
        administrator.execute("insert into public.theirs values ('a', '[1, 2]')")
        if request.param == "in public":
            administrator.execute(STOLEN)
            path = "shadows,public"
        else:
            administrator.execute(SHADOWS)
            for name in TYPES:
                administrator.execute(f"create type shadows.{name} as enum ()".encode())
            path = "shadows,public,pg_catalog"
    return make_conninfo(empty_database, options=f"-c search_path={path}")


def test_nothing_of_a_stranger_is_run(shadowed: str, tmp_path: Path) -> None:
    schema.migrate(shadowed)
    assert schema.migrate(shadowed) == (schema.wanted(), schema.wanted())
    assert schema.diagnose(shadowed) == []
    with pgvectorize.connect(shadowed) as client:
        use_everything(client)
    with psycopg.connect(shadowed) as borrowed:
        client = pgvectorize.Client(borrowed)
        client.create_index("within", dimensions=2, metric="cosine")
        index = client.index("within")
        index.upsert([("a", [1, 2], "n", {"lang": "en"})])
        index.create_metadata_index("lang", "string")
        index.create_namespace_index("n")
        index.build(rebuild=True)
        assert [match.id for match in index.query([1, 2], filter={"lang": "en"})] == ["a"]


def use_everything(client: Client) -> None:
    for metric in ("cosine", "euclidean", "dot-product"):
        for storage in ("float32", "float16"):
            name = f"index-{metric}-{storage}"
            client.create_index(name, dimensions=2, metric=metric, storage=storage)
            client.index(name).upsert([("a", [1, 2])])
            assert client.index(name).query([1, 2], return_values=True).count == 1
            client.delete_index(name)
    client.create_index("docs", dimensions=2, metric="cosine", description="one")
    index = client.index("docs")
    rows = [
        (f"v{n}", [n, 1], ("a", None)[n % 2], {"lang": ("en", "de")[n % 2], "n": n, "b": n > 5})
        for n in range(40)
    ]
    index.upsert(rows, batch_size=10)  # straight into an empty index
    index.upsert(rows, batch_size=10)  # staged
    index.insert(rows[:3])
    assert index.bulk_load(rows).mutation.count == 40
    index.create_metadata_index("lang", "string")
    index.create_metadata_index("n", "number")
    index.create_metadata_index("b", "boolean")
    index.create_namespace_index("a")
    assert index.build(rebuild=True, m=8).is_built
    assert index.list_namespace_indexes()[0].is_built
    assert len(index.list_metadata_indexes()) == 3
    assert index.query([1, 1], namespace="a", return_metadata="indexed").count == 5
    for filter in (
        {"lang": "en"},
        {"lang": {"$in": ["en", "de"]}, "n": {"$gte": 3, "$lt": 30}, "b": True},
        {"$or": [{"lang": {"$prefix": "e"}}, {"n": {"$nin": [1, 2]}}, {"x": {"$exists": False}}]},
        {"$not": {"tags": {"$contains": "x"}}, "x.y": {"$ne": None}},
    ):
        assert index.count(filter=filter) > 0
        assert index.query([1, 1], filter=filter, return_metadata="all").count > 0
        assert index.explain([1, 1], filter=filter).attempts
    assert index.query([1, 1], max_distance=2, offset=3, exclude_ids=["v1"], exact=True).count == 5
    assert index.query_by_id("v1").count == 5
    assert len(index.query_many([[1, 1], [2, 1]], filters=[{"lang": "en"}, None])) == 2
    assert len(index.get_by_ids(["v1", "v2"])) == 2
    page = index.list_vectors(count=10, return_values=True)
    assert index.list_vectors(count=10, cursor=page.next_cursor).count == 10
    assert len(list(index)) == 40
    assert len(index.list_namespaces()) == 2
    assert index.facets("lang")
    assert index.facets("n", buckets=3)
    assert index.update_metadata({"seen": True}, filter={"lang": "en"}).count == 20
    assert index.update_metadata({"seen": None}, ids=["v2"], mode="replace").count == 1
    assert index.recall(queries=3)
    index.tune(recall=0.5, queries=3)
    assert index.query([1, 1], recall=0.5).count == 5
    assert index.delete(filter={"n": 7}).count == 1
    assert index.delete(namespace="a", dry_run=True).count > 0
    assert index.delete_by_ids(["v1", "x"]).count == 1
    assert index.vacuum() is not None
    assert index.prewarm()
    assert index.stats() is not None
    assert index.build_progress() == []
    assert index.describe().vector_count == 38
    client.update_index("docs", count_queries=True, description="two", ef_search=50)
    assert index.query([1, 1], top_k=2).count == 2
    assert client.usage("docs")
    client.update_index("docs", new_name="texts")
    index = client.index("texts")
    index.delete_namespace_index("a")
    index.delete_metadata_index("b")
    assert index.delete_namespace("a").count > 0
    index.drop_hnsw()
    columns = {"id_column": "id", "embedding_column": "embedding", "metric": "cosine"}
    client.adopt_index("copied", "public.theirs", **columns)  # type: ignore[arg-type]
    client.adopt_index("moved", "public.theirs", in_place=True, **columns)  # type: ignore[arg-type]
    assert client.index("moved").query([1, 2]).count == 1
    assert client.limits()
    assert client.presets()
    assert client.size(1000, dimensions=10)
    assert client.list_grants()
    client.grant("pg_read_all_data", "reader")
    client.revoke("pg_read_all_data")
    assert client.doctor() is not None
    index.truncate()
    assert [info.name for info in client.list_indexes()] == ["copied", "moved", "texts"]
    client.delete_index("texts")
    strict = client.create_index("strict", dimensions=32, metric="cosine", strict=True)
    assert strict.is_strict
    client.index("strict").upsert([("a", [1] * 32)])
    assert client.index("strict").query([1] * 32).count == 1
    with pytest.raises(pgvectorize.IndexNotFound):
        client.index("nowhere").upsert([("a", [1, 2])])
    with pytest.raises(pgvectorize.InvalidVector):
        client.index("copied").upsert([("a", [1, 2, 3])])
    with pytest.raises(pgvectorize.InvalidFilter):
        client.index("copied").query([1, 2], filter={"a": {"$lt": {}}})
