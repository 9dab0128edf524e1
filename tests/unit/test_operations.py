"""Plans driven by hand: the test plays the database."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
import pytest
from psycopg.sql import Composed

from pgvectorize import (
    DatabaseError,
    Deletion,
    Facet,
    IndexInfo,
    InvalidFilter,
    InvalidRequest,
    InvalidVector,
    ListedVector,
    Match,
    Matches,
    Mutation,
    Vector,
    VectorList,
    operations,
)
from pgvectorize.encoding import (
    COPY_HEADER,
    COPY_TRAILER,
    Batch,
    Binary,
    batches,
    copy_rows,
    text_array,
)
from pgvectorize.plans import Copy, Handshake, Statement

T = TypeVar("T")

HANDSHAKE = Handshake(vector_oid=70_000)
MUTATION = UUID(int=1)
OPTIONS: dict[str, Any] = {
    "top_k": 5,
    "namespace": None,
    "filter": None,
    "return_values": False,
    "return_metadata": "none",
    "ef_search": None,
    "exact": False,
    "exclude_ids": None,
    "min_score": None,
    "max_distance": None,
    "offset": 0,
}


def answer(plan: Generator[Any, Any, T], rows: list[dict[str, Any]]) -> T:
    """Send the rows that end a plan and return its result."""
    with pytest.raises(StopIteration) as done:
        plan.send(rows)
    result: T = done.value.value
    return result


def statement(step: Statement | Copy) -> Statement:
    assert isinstance(step, Statement)
    return step


def three_batches() -> list[Batch]:
    return list(batches([(str(number), [1.0, number]) for number in range(5)], 2))


def test_query_asks_for_one_statement() -> None:
    plan = operations.query("docs", [1.0, 0.0], **OPTIONS | {"top_k": 1, "filter": {"a": 1}})
    asked = statement(next(plan))
    assert asked.params["index"] == "docs"
    assert asked.params["top_k"] == 1
    assert asked.params["filter"] == Binary(b'\x01{"a":1}')
    match = {"id": "a", "score": 1.0, "namespace": None, "values": None, "metadata": None}
    assert answer(plan, [match]) == Matches(1, [Match("a", 1.0)])


@pytest.mark.parametrize(
    ("given", "sent"), [(True, "all"), (False, "none"), ("indexed", "indexed")]
)
def test_return_metadata_may_be_a_boolean(given: bool | str, sent: str) -> None:
    plan = operations.query("docs", [1.0], **OPTIONS | {"return_metadata": given})
    assert statement(next(plan)).params["return_metadata"] == sent


def test_query_refuses_a_bad_vector_before_anything_is_sent() -> None:
    with pytest.raises(InvalidVector, match="query vector: value 2 is nan"):
        next(operations.query("docs", [1.0, float("nan")], **OPTIONS))


def test_query_refuses_a_filter_that_is_no_json_before_anything_is_sent() -> None:
    with pytest.raises(InvalidFilter, match="cannot be written as JSON"):
        next(operations.query("docs", [1.0], **OPTIONS | {"filter": {"a": object()}}))


def test_query_by_id_asks_for_one_statement() -> None:
    plan = operations.query_by_id("docs", "a", **OPTIONS)
    assert statement(next(plan)).params["id"] == "a"
    assert answer(plan, []) == Matches(0, [])


def test_query_many_sorts_the_rows_by_query() -> None:
    plan = operations.query_many("docs", [[1.0], [2.0], [3.0]], HANDSHAKE, None, **OPTIONS)
    next(plan)
    rest = {"namespace": None, "values": None, "metadata": None}
    rows = [
        {"query": 1, "id": "a", "score": 1.0, **rest},
        {"query": 3, "id": "b", "score": 0.5, **rest},
        {"query": 3, "id": "c", "score": 0.4, **rest},
    ]
    assert [[match.id for match in matches] for matches in answer(plan, rows)] == [
        ["a"],
        [],
        ["b", "c"],
    ]


def test_query_many_of_no_vectors_still_asks() -> None:
    """The database may know that there is no such index."""
    plan = operations.query_many("docs", [], HANDSHAKE, None, **OPTIONS)
    assert statement(next(plan)).params["index"] == "docs"
    assert answer(plan, []) == []


@pytest.mark.parametrize("operation", ["insert", "upsert"])
def test_write_of_one_batch_is_one_statement(operation: operations.Operation) -> None:
    plan = operations.write(operation, "docs", three_batches()[:1], HANDSHAKE)
    asked = statement(next(plan))
    assert f"pgvectorize.{operation}(" in str(asked.sql)
    assert asked.params["ids"] == text_array(["0", "1"])
    row = {"mutation_id": MUTATION, "count": 2, "ids": ["0", "1"]}
    assert answer(plan, [row]) == Mutation(MUTATION, 2, ["0", "1"])


def test_write_of_no_batch_is_still_a_statement() -> None:
    plan = operations.write("upsert", "docs", [], HANDSHAKE)
    assert statement(next(plan)).params["ids"] == text_array([])
    row = {"mutation_id": MUTATION, "count": 0, "ids": []}
    assert answer(plan, [row]) == Mutation(MUTATION, 0, [])


def test_write_of_more_batches_stages_copies_and_writes() -> None:
    given = three_batches()
    plan = operations.write("upsert", "docs", given, HANDSHAKE)
    assert "pgvectorize._stage()" in str(statement(next(plan)).sql)
    copied = plan.send([])
    assert isinstance(copied, Copy)
    assert list(copied.data) == [COPY_HEADER, *map(copy_rows, given), COPY_TRAILER]
    asked = statement(plan.send([]))
    assert "pgvectorize._write_staged(" in str(asked.sql)
    assert asked.params == {"index": "docs", "operation": "upsert"}
    row = {"mutation_id": MUTATION, "count": 0, "ids": []}
    assert answer(plan, [row]) == Mutation(MUTATION, 0, [])


def test_write_reads_only_the_batches_that_it_needs() -> None:
    """The third batch is made while the copy runs, not before."""
    given = iter(three_batches())
    plan = operations.write("upsert", "docs", given, HANDSHAKE)
    next(plan)
    assert len(list(given)) == 1


def test_build_metadata_index_goes_on_until_there_is_no_statement() -> None:
    plan = operations.build_metadata_index("docs", "price", "number")
    asked = next(plan)
    for text in ("create index one", "create index two"):
        assert "_build_metadata_index" in str(asked.sql)
        build = plan.send([{"statement": text, "mutation_id": None}])
        assert isinstance(build.sql, Composed)
        assert build.sql.as_string() == text
        asked = plan.send([])
    assert answer(plan, [{"statement": None, "mutation_id": MUTATION}]) == MUTATION


def test_build_metadata_index_looks_again_after_a_deadlock_and_after_nothing_else() -> None:
    plan = operations.build_metadata_index("docs", "price", "number")
    next(plan)
    plan.send([{"statement": "create index one", "mutation_id": None}])
    asked = statement(plan.throw(DatabaseError("deadlock detected", sqlstate="40P01")))
    assert "_build_metadata_index" in str(asked.sql)
    plan.send([{"statement": "create index one", "mutation_id": None}])
    with pytest.raises(DatabaseError, match="disk full"):
        plan.throw(DatabaseError("disk full", sqlstate="53100"))


def test_build_metadata_index_keeps_a_percent_sign_from_being_a_placeholder() -> None:
    plan = operations.build_metadata_index("docs", "100%", "number")
    next(plan)
    build = statement(plan.send([{"statement": "… -> '100%'", "mutation_id": None}]))
    assert isinstance(build.sql, Composed)
    assert build.sql.as_string() == "… -> '100%%'"


PAGE: dict[str, Any] = {
    "count": 1,
    "total_count": 3,
    "is_truncated": True,
    "next_cursor": "next",
    "cursor_expiration_timestamp": None,
}
NO_VECTOR: dict[str, Any] = {"id": None, "namespace": None, "values": None, "metadata": None}


def test_page_reads_whole_vectors_in_one_statement() -> None:
    plan = operations.page("docs", 2, None)
    asked = statement(next(plan)).params
    assert (asked["count"], asked["return_values"], asked["return_metadata"]) == (2, True, "all")
    values = np.array([1, 2], dtype=np.float32)
    row = {**PAGE, "id": "a", "namespace": "n", "values": values, "metadata": {"k": 1}}
    assert answer(plan, [row]) == ([Vector("a", values, "n", {"k": 1})], "next")


@pytest.mark.parametrize(("given", "sent"), [(True, "all"), (False, "none"), ("all", "all")])
def test_list_vectors_returns_the_page(given: Any, sent: str) -> None:
    plan = operations.list_vectors("docs", 100, None, "n", {"a": 1}, False, given)
    asked = statement(next(plan)).params
    assert (asked["namespace"], asked["return_metadata"]) == ("n", sent)
    assert asked["filter"] == Binary(b'\x01{"a":1}')
    rows = [{**PAGE, **NO_VECTOR, "id": "a"}, {**PAGE, **NO_VECTOR, "id": "b"}]
    page = answer(plan, rows)
    assert page == VectorList([ListedVector("a"), ListedVector("b")], 1, 3, True, "next", None)
    assert page.ids == ["a", "b"]


def test_an_empty_page_is_one_row_without_a_vector() -> None:
    plan = operations.list_vectors("docs", 100, None, None, None, False, "none")
    next(plan)
    row = {**PAGE, **NO_VECTOR, "count": 0, "is_truncated": False, "next_cursor": None}
    assert answer(plan, [row]) == VectorList([], 0, 3, False, None, None)


def test_delete_by_filter_is_one_statement() -> None:
    plan = operations.delete("docs", {"a": 1}, None, True)
    assert statement(next(plan)).params == {
        "index": "docs",
        "filter": Binary(b'\x01{"a":1}'),
        "namespace": None,
        "dry_run": True,
    }
    assert answer(plan, [{"mutation_id": None, "count": 3}]) == Deletion(None, 3)


def test_update_metadata_is_one_statement() -> None:
    plan = operations.update_metadata("docs", {"a": None}, ("x", "y"), None, None, "merge")
    asked = statement(next(plan)).params
    assert asked["patch"] == Binary(b'\x01{"a":null}')
    assert asked["ids"] == ["x", "y"]
    row = {"mutation_id": MUTATION, "count": 1, "ids": ["x"]}
    assert answer(plan, [row]) == Mutation(MUTATION, 1, ["x"])


def test_update_metadata_refuses_before_anything_is_sent() -> None:
    with pytest.raises(InvalidRequest, match="patch: it cannot be written as JSON"):
        next(operations.update_metadata("docs", {"a": object()}, ["x"], None, None, "merge"))
    with pytest.raises(InvalidRequest, match="ids is the string 'xy'"):
        next(operations.update_metadata("docs", {"a": 1}, "xy", None, None, "merge"))
    with pytest.raises(InvalidFilter, match="cannot be written as JSON"):
        next(operations.update_metadata("docs", {"a": 1}, None, {"a": object()}, None, "merge"))


def test_facets_bound_ranges_by_floats() -> None:
    plan = operations.facets("docs", "price", None, None, 20, 2)
    next(plan)
    rows: list[dict[str, Any]] = [
        {"value": None, "lower": Decimal("0.5"), "upper": Decimal(10), "count": 3},
        {"value": "x", "lower": None, "upper": None, "count": 1},
    ]
    assert answer(plan, rows) == [Facet(None, 0.5, 10.0, 3), Facet("x", None, None, 1)]


@pytest.mark.parametrize("operation", [operations.get_by_ids, operations.delete_by_ids])
def test_ids_that_are_one_string_are_refused(operation: Any) -> None:
    with pytest.raises(InvalidRequest, match="ids is the string 'abc'"):
        next(operation("docs", "abc"))


def test_create_index_returns_the_configuration() -> None:
    plan = operations.create_index("docs", 2, "cosine", None, None, strict=False)
    assert statement(next(plan)).params["dimensions"] == 2
    now = datetime.now(timezone.utc)
    row: dict[str, Any] = {
        "name": "docs",
        "dimensions": 2,
        "metric": "cosine",
        "preset": None,
        "description": None,
        "relation": "pgvectorize_data.docs",
        "has_hnsw": True,
        "is_strict": False,
        "is_counted": False,
        "created_on": now,
        "modified_on": now,
        "storage": "float32",
        "index_precision": "float32",
        "m": 16,
        "ef_construction": 64,
        "ef_search": None,
    }
    assert answer(plan, [row]) == IndexInfo(**row)
