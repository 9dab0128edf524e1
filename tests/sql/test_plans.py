"""Which Postgres index answers which query, on 20,000 vectors of 16 dimensions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from pgvectorize import Client, Index

pytestmark = pytest.mark.slow

VECTOR = [0.5] * 16

# One row in two has half = 0; one in a thousand has each of the others, and the namespace.
ROWS = """
    insert into pgvectorize_data.planned (id, namespace, embedding, metadata)
    select number, case when number % 1000 = 7 then 'small' else '' end,
        array(select random() + 0 * number from generate_series(1, 16)),
        jsonb_build_object(
            'half', number % 2, 'unindexed', number % 2,
            'code', number % 1000, 'kind', 'kind ' || number % 1000, 'rare', number % 1000 = 7
        )
    from generate_series(1, 20000) as numbers (number)
"""


@pytest.fixture(scope="module")
def planned(client: Client, dsn: str) -> Iterator[Index]:
    """Filled from below, and its HNSW index built in one go: that is quicker."""
    client.create_index("planned", dimensions=16, metric="euclidean")
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(
            """
            select indexes.indexrelid::regclass::text, pg_get_indexdef(indexes.indexrelid)
            from pg_index as indexes
            join pg_class as class on class.oid = indexes.indexrelid
            join pg_am as method on method.oid = class.relam
            where indexes.indrelid = 'pgvectorize_data.planned'::regclass
                and method.amname = 'hnsw'
            """
        ).fetchone()
        assert row is not None
        connection.execute(f"drop index {row[0]}")
        connection.execute("select setseed(0.5)")
        connection.execute(ROWS)
        connection.execute(row[1])
        connection.execute("vacuum analyze pgvectorize_data.planned")
    index = client.index("planned")
    index.create_metadata_index("half", "number")
    index.create_metadata_index("code", "number")
    index.create_metadata_index("kind", "string")
    index.create_metadata_index("rare", "boolean")
    yield index
    client.delete_index("planned")


@pytest.fixture
def name(connection: psycopg.Connection[tuple[object, ...]]) -> Callable[..., str]:
    """Name a Postgres index of the index: "embedding_hnsw", or of a property and a type."""

    def of(suffix: str, index_type: str | None = None) -> str:
        function = "_relation_name" if index_type is None else "_metadata_index_name"
        arguments = [suffix] if index_type is None else [suffix, index_type]
        row = connection.execute(
            f"select pgvectorize_private.{function}(id, {', '.join(['%s'] * len(arguments))}) "
            "from pgvectorize_private.indexes where name = 'planned'",
            arguments,
        ).fetchone()
        assert row is not None
        return str(row[0])

    return of


@pytest.fixture
def used(
    planned: Index, connection: psycopg.Connection[tuple[object, ...]]
) -> Callable[..., set[str]]:
    """Run a query and return the Postgres indexes in the plans of its searches."""
    plans: list[str] = []

    def keep(notice: psycopg.errors.Diagnostic) -> None:
        _, _, plan = (notice.message_primary or "").partition("plan:\n")
        if "as nearest" in plan:
            plans.append(plan)

    connection.add_notice_handler(keep)
    connection.execute("load 'auto_explain'")
    for setting, value in {
        "auto_explain.log_min_duration": "0",
        "auto_explain.log_nested_statements": "on",
        "auto_explain.log_format": "json",
        "auto_explain.log_analyze": "on",
        "client_min_messages": "log",
    }.items():
        connection.execute("select set_config(%s, %s, false)", [setting, value])

    def run(count: int = 5, **options: Any) -> set[str]:
        plans.clear()
        matches = Client(connection).index(planned.name).query(VECTOR, **options)
        print(*plans, sep="\n")  # pytest shows it when the test fails
        assert matches.count == count
        assert plans
        return {index for plan in plans for index in _indexes(json.loads(plan)["Plan"])}

    return run


def _indexes(node: dict[str, Any]) -> Iterator[str]:
    if "Index Name" in node:
        yield node["Index Name"]
    for inner in node.get("Plans", []):
        yield from _indexes(inner)


def test_a_plain_query_uses_hnsw(used: Callable[..., set[str]], name: Callable[..., str]) -> None:
    assert used() == {name("embedding_hnsw")}


@pytest.mark.parametrize("top_k", [50, 100])
def test_a_wide_query_uses_hnsw(
    used: Callable[..., set[str]], name: Callable[..., str], top_k: int
) -> None:
    assert used(top_k, top_k=top_k) == {name("embedding_hnsw")}


@pytest.mark.parametrize(
    "filter",
    [
        {"half": 0},
        {"half": {"$lt": 1}},
        {"unindexed": 0},
        {"unindexed": {"$ne": 0}},
        {"unindexed": {"$lt": 1}},
        {"half": {"$ne": 0}},
        {"code": {"$gte": 300}},
        {"kind": {"$nin": ["kind 7"]}},
        {"rare": False},
    ],
)
def test_a_common_filter_uses_hnsw(
    used: Callable[..., set[str]], name: Callable[..., str], filter: dict[str, Any]
) -> None:
    assert used(filter=filter) == {name("embedding_hnsw")}


@pytest.mark.parametrize(
    ("filter", "index"),
    [
        ({"code": 7}, ("code", "number")),
        ({"code": {"$gte": 7, "$lt": 8}}, ("code", "number")),
        ({"code": {"$in": ["7", 7]}}, ("code", "number")),
        ({"kind": "kind 7"}, ("kind", "string")),
        ({"kind": {"$in": ["kind 7", "none"]}}, ("kind", "string")),
        ({"kind": {"$gte": "kind 7", "$lte": "kind 7"}}, ("kind", "string")),
        ({"kind": {"$prefix": "kind 777"}}, ("kind", "string")),
        ({"$or": [{"code": 7}, {"code": -1}]}, ("code", "number")),
        ({"$and": [{"code": 7}, {"half": 1}]}, ("code", "number")),
        ({"rare": True}, ("rare", "boolean")),
    ],
)
def test_a_rare_filter_uses_its_metadata_index(
    used: Callable[..., set[str]],
    name: Callable[..., str],
    filter: dict[str, Any],
    index: tuple[str, str],
) -> None:
    assert used(20, top_k=100, filter=filter) == {name(*index)}


def test_a_small_namespace_uses_its_index(
    used: Callable[..., set[str]], name: Callable[..., str]
) -> None:
    assert used(20, top_k=100, namespace="small") == {name("namespace_id_idx")}


def test_an_exact_query_uses_no_hnsw(used: Callable[..., set[str]]) -> None:
    assert used(exact=True) == set()


def test_an_exact_query_with_a_rare_filter_uses_its_metadata_index(
    used: Callable[..., set[str]], name: Callable[..., str]
) -> None:
    assert used(filter={"code": 7}, exact=True) == {name("code", "number")}
