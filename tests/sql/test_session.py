"""Whatever the caller's session is like, the functions work and leave it as it was."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from pgvectorize import Client, InvalidFilter

Connection = psycopg.Connection[tuple[object, ...]]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("search_path", ""),
        ("search_path", "pg_catalog"),
        ("search_path", '"$user"'),
        ("search_path", "pg_temp, nowhere"),
        ("standard_conforming_strings", "off"),
        ("jit_above_cost", "0"),
        ("debug_parallel_query", "on"),
        ("default_transaction_isolation", "serializable"),
        ("quote_all_identifiers", "on"),
        ("array_nulls", "off"),
        ("extra_float_digits", "-15"),
        ("enable_indexscan", "off"),
        ("plan_cache_mode", "force_generic_plan"),
        ("plpgsql.extra_errors", "strict_multi_assignment,too_many_rows"),
        ("plpgsql.variable_conflict", "use_column"),
    ],
)
def test_the_main_job_is_done_with_any_setting(
    connection: Connection, make_index: Callable[..., str], setting: str, value: str
) -> None:
    connection.execute("load 'plpgsql'")
    connection.execute("select set_config(%s, %s, false)", [setting, value])
    index = Client(connection).index(make_index(dimensions=2, metric="cosine"))
    tricky = "back\\slash 'quote' null"
    index.upsert([("a", [1.0, 0.1], "n", {"text": tricky, "price": 1e23})])
    index.insert([("b", [0.5, 0.5], None, {"price": 2, "in": {"ner": True}}), ("c", [0.0, 1.0])])
    index.create_metadata_index("price", "number")
    index.create_metadata_index("in.ner", "boolean")

    assert [match.id for match in index.query([1.0, 0.0])] == ["a", "b", "c"]
    assert [match.id for match in index.query_by_id("b", exact=True)] == ["b", "a", "c"]
    assert [match.id for match in index.query([1.0, 0.0], filter={"text": tricky})] == ["a"]
    assert index.count(filter={"price": {"$gt": " 1.5 ", "$lte": 2}}) == 1
    (match,) = index.query([1.0, 0.0], filter={"in.ner": True}, return_metadata="indexed")
    assert match.metadata == {"price": 2, "in": {"ner": True}}
    assert [len(matches) for matches in index.query_many([[1.0, 0.0]] * 2, top_k=2)] == [2, 2]
    assert index.query_many([]) == []
    assert list(index) == index.get_by_ids(["a", "b", "c"])
    assert index.describe().vector_count == 3
    assert index.delete_by_ids(["c", "d"]).ids == ["c"]


def test_a_query_leaves_no_trace_in_the_session(
    connection: Connection, make_index: Callable[..., str]
) -> None:
    index = Client(connection).index(make_index())
    index.query([1.0, 2.0, 3.0])  # loads pgvector and its settings
    with connection.transaction():
        connection.execute("set local hnsw.ef_search = 7")
        before = connection.execute("select name, setting from pg_settings").fetchall()
        index.query([1.0, 2.0, 3.0], top_k=1_000, ef_search=300, filter={"a": 1})
        index.query_many([[1.0, 2.0, 3.0]], exact=True)
        with pytest.raises(InvalidFilter), connection.transaction():
            index.query([1.0, 2.0, 3.0], filter={"a": []})
        assert connection.execute("select name, setting from pg_settings").fetchall() == before


def test_reading_works_in_a_read_only_transaction(
    connection: Connection, make_index: Callable[..., str]
) -> None:
    index = Client(connection).index(make_index(dimensions=1, metric="euclidean"))
    index.upsert([("a", [1.0])])
    connection.execute("set default_transaction_read_only = on")
    assert len(index.query([1.0])) == 1
    assert index.describe().vector_count == 1
    assert [vector.id for vector in index] == ["a"]


@pytest.mark.parametrize("filter", [None, {"price": {"$lt": 3}}])
def test_a_query_is_one_round_trip(
    connection: Connection,
    make_index: Callable[..., str],
    tmp_path: Path,
    filter: dict[str, object] | None,
) -> None:
    index = Client(connection).index(make_index())
    index.query([1.0, 2.0, 3.0])  # shakes hands, once
    trace = tmp_path / "trace"
    with trace.open("w") as file:
        connection.pgconn.trace(file.fileno())
        index.query([1.0, 2.0, 3.0], namespace="n", filter=filter, return_metadata="all")
        connection.pgconn.untrace()
    assert re.findall(r"\t(Query|Sync)\b", trace.read_text()) == ["Sync"]


def test_an_index_may_be_named_like_anything_in_sql(connection: Connection) -> None:
    client = Client(connection)
    client.create_index("select", dimensions=1, metric="euclidean")
    client.index("select").upsert([("a", [1.0])])
    table = sql.Identifier("pgvectorize_data", "select")
    assert connection.execute(sql.SQL("select id from {}").format(table)).fetchall() == [("a",)]
    client.delete_index("select")
