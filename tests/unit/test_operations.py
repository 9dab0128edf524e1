"""Plans driven by hand: the test plays the database."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict, replace
from datetime import UTC, datetime
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
    IndexBuild,
    IndexBusy,
    IndexInfo,
    IndexNotFound,
    InvalidFilter,
    InvalidRequest,
    InvalidVector,
    ListedVector,
    Match,
    Matches,
    Mutation,
    SchemaOutdated,
    Vector,
    VectorList,
)
from pgvectorize.encoding.batches import Batch, batches
from pgvectorize.encoding.values import query_rows
from pgvectorize.encoding.wire import COPY_HEADER, COPY_TRAILER, Binary, copy_rows, text_array
from pgvectorize.operations import builds, indexes, metadata_indexes, reads, search, writes
from pgvectorize.plans import Copy, Handshake, Statement

T = TypeVar("T")

HANDSHAKE = Handshake(vector_oid=70_000, backend_pid=1)
MUTATION = UUID(int=1)
OPTIONS: dict[str, Any] = {
    "top_k": 5,
    "namespace": None,
    "filter": None,
    "return_values": False,
    "return_metadata": "none",
    "return_content": False,
    "ef_search": None,
    "exact": False,
    "exclude_ids": None,
    "min_score": None,
    "max_distance": None,
    "offset": 0,
    "recall": None,
}


def answer(plan: Generator[Any, Any, T], rows: list[Any]) -> T:
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
    plan = search.query(
        index="docs",
        vector=[1.0, 0.0],
        **OPTIONS | {"top_k": 1, "filter": {"a": 1}, "exact": True},
    )
    asked = statement(next(plan))
    assert asked.params["index"] == "docs"
    assert asked.params["top_k"] == 1
    assert asked.params["filter"] == Binary(b'\x01{"a":1}')
    assert answer(plan, [("a", 1.0, None, None, None, None)]) == Matches(1, [Match("a", 1.0)])


@pytest.mark.parametrize(
    ("given", "sent"), [(True, "all"), (False, "none"), ("indexed", "indexed")]
)
def test_return_metadata_may_be_a_boolean(given: bool | str, sent: str) -> None:
    plan = search.query(index="docs", vector=[1.0], **OPTIONS | {"return_metadata": given})
    assert statement(next(plan)).params["return_metadata"] == sent


def test_a_plain_query_asks_the_index_its_own_function() -> None:
    for more in ({}, {"namespace": "n"}, {"filter": {"a": 1}}):
        asked = statement(next(search.query(index="docs", vector=[1.0], **OPTIONS | more)))
        assert b'pgvectorize_data."docs"(' in asked.sql


@pytest.mark.parametrize(
    "more",
    [
        {"ef_search": 100},
        {"exact": True},
        {"exclude_ids": []},
        {"min_score": 0.0},
        {"max_distance": 0.0},
        {"offset": 1},
        {"recall": 1.0},
    ],
)
def test_any_other_query_asks_the_function_for_all(more: dict[str, Any]) -> None:
    asked = statement(next(search.query(index="docs", vector=[1.0], **OPTIONS | more)))
    assert "pgvectorize.query(" in str(asked.sql)


@pytest.mark.parametrize("name", ["", "Docs", "docs%s", 'do"cs', "a" * 64])
def test_what_cannot_be_an_index_has_no_function(name: str) -> None:
    asked = statement(next(search.query(index=name, vector=[1.0], **OPTIONS)))
    assert "pgvectorize.query(" in str(asked.sql)


def missing(sqlstate: str) -> SchemaOutdated:
    return SchemaOutdated("function pgvectorize_data.docs(…) does not exist", sqlstate=sqlstate)


def test_a_query_without_the_function_asks_the_one_for_all() -> None:
    plan = search.query(index="docs", vector=[1.0], **OPTIONS)
    next(plan)
    assert "pgvectorize.query(" in str(statement(plan.throw(missing("42883"))).sql)
    assert answer(plan, []) == Matches(0, [])


def test_a_query_without_the_function_in_a_transaction_finds_no_index() -> None:
    plan = search.query(index="docs", vector=[1.0], **OPTIONS)
    next(plan)
    first = missing("42883")
    plan.throw(first)
    with pytest.raises(IndexNotFound, match='index "docs" does not exist'):
        plan.throw(first)  # as a runner does in a transaction that has failed


def test_query_refuses_a_bad_vector_before_anything_is_sent() -> None:
    with pytest.raises(InvalidVector, match="query vector: value 2 is nan"):
        next(search.query(index="docs", vector=[1.0, float("nan")], **OPTIONS))


def test_query_refuses_a_filter_that_is_no_json_before_anything_is_sent() -> None:
    with pytest.raises(InvalidFilter, match='filter property "a" is of the type object'):
        next(search.query(index="docs", vector=[1.0], **OPTIONS | {"filter": {"a": object()}}))


def test_query_by_id_asks_for_one_statement() -> None:
    plan = search.query_by_id(index="docs", id="a", **OPTIONS)
    assert statement(next(plan)).params["id"] == "a"
    assert answer(plan, []) == Matches(0, [])


def test_query_many_sorts_the_rows_by_query() -> None:
    plan = search.query_many(
        index="docs",
        vectors=query_rows([[1.0], [2.0], [3.0]]),
        handshake=HANDSHAKE,
        filters=None,
        **OPTIONS,
    )
    next(plan)
    rest = dict.fromkeys(("namespace", "values", "metadata", "content"))
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
    plan = search.query_many(
        index="docs", vectors=query_rows([]), handshake=HANDSHAKE, filters=None, **OPTIONS
    )
    assert statement(next(plan)).params["index"] == "docs"
    assert answer(plan, []) == []


@pytest.mark.parametrize("operation", ["insert", "upsert"])
def test_write_of_one_batch_is_one_statement(operation: writes.Operation) -> None:
    plan = writes.write(operation, index="docs", batches=three_batches()[:1], handshake=HANDSHAKE)
    asked = statement(next(plan))
    assert f"pgvectorize.{operation}(" in str(asked.sql)
    assert asked.params["ids"] == text_array(["0", "1"])
    assert answer(plan, [(MUTATION, 2, ["0", "1"])]) == Mutation(MUTATION, 2, ["0", "1"])


def test_write_of_no_batch_is_still_a_statement() -> None:
    plan = writes.write("upsert", index="docs", batches=[], handshake=HANDSHAKE)
    assert statement(next(plan)).params["ids"] == text_array([])
    assert answer(plan, [(MUTATION, 0, [])]) == Mutation(MUTATION, 0, [])


def began(is_direct: bool, **rules: Any) -> list[dict[str, Any]]:
    """What `_begin_load` answers."""
    found = {"dimensions": 2, "metric": "euclidean", "id_bytes": 1024}
    found |= dict.fromkeys(("namespace_bytes", "content_bytes"), 1024)
    return [{"is_direct": is_direct, "statement": "copy there", **found, **rules}]


@pytest.mark.parametrize("is_checked", [True, False])
def test_write_of_more_batches_stages_copies_and_writes(is_checked: bool) -> None:
    given = three_batches()
    plan = writes.write("upsert", index="docs", batches=given, handshake=HANDSHAKE)
    assert "pgvectorize_private._begin_load(" in str(statement(next(plan)).sql)
    copied = plan.send(began(False, **({} if is_checked else {"dimensions": None})))
    assert isinstance(copied, Copy)
    assert "pgvectorize_staging" in str(copied.sql)
    assert list(copied.data) == [COPY_HEADER, *map(copy_rows, given), COPY_TRAILER]
    asked = statement(plan.send([]))
    assert "pgvectorize_private._write_staged(" in str(asked.sql)
    assert asked.params == {
        "index": "docs",
        "operation": "upsert",
        "is_checked": is_checked,
        "is_sorted": True,
    }
    row = {"mutation_id": MUTATION, "ids": None}
    assert answer(plan, [row]) == Mutation(MUTATION, 5, ["0", "1", "2", "3", "4"])


@pytest.mark.parametrize(
    ("ids", "is_sorted"), [("abcde", True), ("abdce", False), ("abbcd", False), ("abacd", False)]
)
def test_write_knows_whether_ids_are_sorted_and_new(ids: str, is_sorted: bool) -> None:
    plan = writes.write(
        "insert", index="docs", batches=batches([(id, [1.0]) for id in ids], 2), handshake=HANDSHAKE
    )
    next(plan)
    copied = plan.send(began(False, dimensions=1))
    assert isinstance(copied, Copy)
    list(copied.data)
    assert statement(plan.send([])).params["is_sorted"] == is_sorted
    found = answer(plan, [{"mutation_id": MUTATION, "ids": ["d", "a"]}])
    assert found.ids == [id for id in dict.fromkeys(ids) if id in "ad"]


def test_write_into_an_empty_index_copies_into_it() -> None:
    given = three_batches()
    plan = writes.write("insert", index="docs", batches=given, handshake=HANDSHAKE)
    next(plan)
    copied = plan.send(began(True))
    assert isinstance(copied, Copy)
    assert isinstance(copied.sql, Composed)
    assert copied.sql.as_string() == "copy there"
    rows = [copy_rows(batch, no_namespace="") for batch in given]
    assert list(copied.data) == [COPY_HEADER, *rows, COPY_TRAILER]
    assert "_log_mutation" in str(statement(plan.send([])).sql)
    assert answer(plan, [{"mutation_id": MUTATION}]).ids == ["0", "1", "2", "3", "4"]


def test_from_an_id_that_comes_again_on_the_rest_is_staged() -> None:
    given = list(batches([(id, [1.0]) for id in "abcbde"], 2))
    plan = writes.write("upsert", index="docs", batches=given, handshake=HANDSHAKE)
    next(plan)
    copied = plan.send(began(True, dimensions=1))
    assert isinstance(copied, Copy)
    rows = copy_rows(given[0], no_namespace="")
    assert list(copied.data) == [COPY_HEADER, rows, COPY_TRAILER]
    assert "pgvectorize_private._create_staging_table()" in str(statement(plan.send([])).sql)
    copied = plan.send([])
    assert isinstance(copied, Copy)
    assert list(copied.data) == [COPY_HEADER, *map(copy_rows, given[1:]), COPY_TRAILER]
    asked = statement(plan.send([]))
    assert asked.params["is_sorted"] is False
    row = {"mutation_id": MUTATION, "ids": None}
    assert answer(plan, [row]) == Mutation(MUTATION, 5, list("abcde"))


def test_what_is_not_checked_by_the_database_is_checked_before_it_is_sent() -> None:
    plan = writes.write("upsert", index="docs", batches=three_batches(), handshake=HANDSHAKE)
    next(plan)
    copied = plan.send(began(True, dimensions=3))
    assert isinstance(copied, Copy)
    with pytest.raises(InvalidVector, match='row 1, id "0": expected 3 dimensions, got 2'):
        list(copied.data)


# Building

OPTIONS_OF_A_BUILD: dict[str, Any] = {
    **dict.fromkeys(("m", "ef_construction", "index_precision", "memory", "workers")),
    "rebuild": False,
}
BUILD = IndexBuild(True, "float32", 16, 64, 1_000, 2**26, 2**20, 1_000, 2)


def step(sql: str | None, *, is_waiting: bool = False) -> list[dict[str, Any]]:
    return [{"statement": sql, "is_waiting": is_waiting, **asdict(BUILD)}]


def settings_are_reset(plan: Generator[Any, Any, Any], asked: Any) -> Any:
    assert "_reset_build_settings" in str(asked.sql)
    return plan.send([])


def test_a_build_sets_builds_resets_and_looks_again() -> None:
    plan = builds.build_concurrently(index="docs", **OPTIONS_OF_A_BUILD)
    assert statement(next(plan)).params["attempt"] == 0
    settings = statement(plan.send(step("create index '100%'")))
    assert settings.params == {"memory": 2**26, "workers": 2}
    create = statement(plan.send([]))
    assert isinstance(create.sql, Composed)
    assert create.sql.as_string() == "create index '100%%'"
    asked = settings_are_reset(plan, plan.send([]))
    assert "_next_hnsw_statement" in str(asked.sql)
    assert "_try_analyze" in str(plan.send(step(None)).sql)
    assert answer(plan, []) == BUILD


def test_a_build_with_nothing_to_do_says_so() -> None:
    plan = builds.build_concurrently(index="docs", **OPTIONS_OF_A_BUILD)
    next(plan)
    assert answer(plan, step(None)) == replace(BUILD, is_built=False)


def test_a_build_that_lacks_memory_is_tried_with_less() -> None:
    plan = builds.build_concurrently(index="docs", **OPTIONS_OF_A_BUILD)
    asked = next(plan)
    for attempt in (0, 1, 2):
        assert statement(asked).params["attempt"] == attempt
        plan.send(step("create"))
        plan.send([])
        lacks = DatabaseError("could not resize shared memory segment", sqlstate="53100")
        asked = settings_are_reset(plan, plan.throw(lacks))
        assert "_clean_up_failed_build" in str(asked.sql)
        if attempt < 2:
            asked = plan.send([])
    with pytest.raises(DatabaseError, match="shared memory"):
        plan.send([])


def test_a_build_that_fails_otherwise_cleans_up_and_says_why() -> None:
    plan = builds.build_concurrently(index="docs", **OPTIONS_OF_A_BUILD)
    next(plan)
    plan.send(step("create"))
    plan.send([])
    asked = settings_are_reset(plan, plan.throw(DatabaseError("no", sqlstate="22003")))
    assert "_clean_up_failed_build" in str(asked.sql)
    with pytest.raises(DatabaseError, match="no"):
        plan.throw(IndexBusy("another builds by now"))


def test_a_build_waits_for_its_place_but_not_for_ever() -> None:
    plan = builds.build_concurrently(index="docs", **OPTIONS_OF_A_BUILD)
    next(plan)
    for _ in range(79):
        assert "pg_sleep" in str(plan.send(step(None, is_waiting=True)).sql)
        assert "_next_hnsw_statement" in str(plan.send([]).sql)
    with pytest.raises(IndexBusy, match="cannot be put in place") as caught:
        plan.send(step(None, is_waiting=True))
    assert caught.value.hint


def test_batches_that_are_changes_of_their_own_are_summed_up() -> None:
    written = writes.Written()
    first, second, _ = three_batches()
    written.add(first, Mutation(UUID(int=1), 2, ["0", "1"]))
    written.add(second, Mutation(UUID(int=2), 1, ["3"]))
    assert written.mutation == Mutation(UUID(int=2), 3, ["0", "1", "3"])
    by_server = InvalidVector("row 2, id: no", sqlstate="PV004", row=2)
    assert (written.renumbered(by_server).message, written.renumbered(by_server).row) == (
        "row 6, id: no",
        6,
    )
    assert written.renumbered(InvalidVector("row 5: no", row=5)).row == 5  # by the client


@pytest.mark.parametrize(
    ("queries", "connections", "most", "sizes"),
    [(99, None, 4, [99]), (100, None, 4, [50, 50]), (200, 9, 4, [50] * 4), (200, None, 1, [200])],
)
def test_queries_are_shared_among_connections(
    queries: int, connections: int | None, most: int, sizes: list[int]
) -> None:
    shares = search.shares(queries, connections, most)
    assert [len(range(queries)[share]) for share in shares] == sizes


def test_write_reads_only_the_batches_that_it_needs() -> None:
    """The third batch is made while the copy runs, not before."""
    given = iter(three_batches())
    plan = writes.write("upsert", index="docs", batches=given, handshake=HANDSHAKE)
    next(plan)
    assert len(list(given)) == 1


def test_build_metadata_index_goes_on_until_there_is_no_statement() -> None:
    plan = metadata_indexes.build_metadata_index(
        index="docs", property_name="price", index_type="number"
    )
    asked = next(plan)
    for text in ("create index one", "create index two"):
        assert "_next_metadata_index_statement" in str(asked.sql)
        build = plan.send([{"statement": text, "mutation_id": None}])
        assert isinstance(build.sql, Composed)
        assert build.sql.as_string() == text
        asked = plan.send([])
    assert answer(plan, [{"statement": None, "mutation_id": MUTATION}]) == MUTATION


def test_build_metadata_index_looks_again_after_a_deadlock_and_after_nothing_else() -> None:
    plan = metadata_indexes.build_metadata_index(
        index="docs", property_name="price", index_type="number"
    )
    next(plan)
    plan.send([{"statement": "create index one", "mutation_id": None}])
    asked = statement(plan.throw(DatabaseError("deadlock detected", sqlstate="40P01")))
    assert "_next_metadata_index_statement" in str(asked.sql)
    plan.send([{"statement": "create index one", "mutation_id": None}])
    with pytest.raises(DatabaseError, match="disk full"):
        plan.throw(DatabaseError("disk full", sqlstate="53100"))


def test_build_metadata_index_keeps_a_percent_sign_from_being_a_placeholder() -> None:
    plan = metadata_indexes.build_metadata_index(
        index="docs", property_name="100%", index_type="number"
    )
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
PAGE_ASKED: dict[str, Any] = {
    "index": "docs",
    "count": 100,
    "cursor": None,
    "namespace": "n",
    "return_values": False,
    "return_content": False,
}
NO_VECTOR: dict[str, Any] = dict.fromkeys(("id", "namespace", "values", "metadata", "content"))


def test_page_reads_whole_vectors_in_one_statement() -> None:
    plan = reads.page(index="docs", count=2, cursor=None)
    asked = statement(next(plan)).params
    assert (asked["count"], asked["return_values"], asked["return_metadata"]) == (2, True, "all")
    values = np.array([1, 2], dtype=np.float32)
    row = {**PAGE, "id": "a", "namespace": "n", "values": values, "metadata": {"k": 1}}
    assert answer(plan, [{**row, "content": "x"}]) == (
        [Vector("a", values, "n", {"k": 1}, "x")],
        "next",
    )


@pytest.mark.parametrize(("given", "sent"), [(True, "all"), (False, "none"), ("all", "all")])
def test_list_vectors_returns_the_page(given: Any, sent: str) -> None:
    plan = reads.list_vectors(filter={"a": 1}, return_metadata=given, **PAGE_ASKED)
    asked = statement(next(plan)).params
    assert (asked["namespace"], asked["return_metadata"]) == ("n", sent)
    assert asked["filter"] == Binary(b'\x01{"a":1}')
    rows = [{**PAGE, **NO_VECTOR, "id": "a"}, {**PAGE, **NO_VECTOR, "id": "b"}]
    page = answer(plan, rows)
    assert page == VectorList([ListedVector("a"), ListedVector("b")], 1, 3, True, "next", None)
    assert page.ids == ["a", "b"]


def test_an_empty_page_is_one_row_without_a_vector() -> None:
    plan = reads.list_vectors(filter=None, return_metadata="none", **PAGE_ASKED)
    next(plan)
    row = {**PAGE, **NO_VECTOR, "count": 0, "is_truncated": False, "next_cursor": None}
    assert answer(plan, [row]) == VectorList([], 0, 3, False, None, None)


def test_delete_by_filter_is_one_statement() -> None:
    plan = writes.delete(index="docs", filter={"a": 1}, namespace=None, dry_run=True)
    assert statement(next(plan)).params == {
        "index": "docs",
        "filter": Binary(b'\x01{"a":1}'),
        "namespace": None,
        "dry_run": True,
    }
    assert answer(plan, [{"mutation_id": None, "count": 3}]) == Deletion(None, 3)


def patched(**given: Any) -> Any:
    asked: dict[str, Any] = {"patch": {"a": 1}, "ids": None, "filter": None, **given}
    return writes.update_metadata(index="docs", namespace=None, mode="merge", **asked)


def test_update_metadata_is_one_statement() -> None:
    plan = patched(patch={"a": None}, ids=("x", "y"))
    asked = statement(next(plan)).params
    assert asked["patch"] == Binary(b'\x01{"a":null}')
    assert asked["ids"] == ["x", "y"]
    assert answer(plan, [(MUTATION, 1, ["x"])]) == Mutation(MUTATION, 1, ["x"])


def test_update_metadata_refuses_before_anything_is_sent() -> None:
    with pytest.raises(InvalidRequest, match='patch: property "a" is of the type object'):
        next(patched(patch={"a": object()}))
    with pytest.raises(InvalidRequest, match="ids is the string 'xy'"):
        next(patched(ids="xy"))
    with pytest.raises(InvalidFilter, match='filter property "a" is of the type object'):
        next(patched(filter={"a": object()}))


def test_facets_bound_ranges_by_floats() -> None:
    plan = reads.facets(filter=None, index="docs", property_name="price", buckets=2)
    next(plan)
    rows: list[dict[str, Any]] = [
        {"value": None, "lower": Decimal("0.5"), "upper": Decimal(10), "count": 3},
        {"value": "x", "lower": None, "upper": None, "count": 1},
    ]
    assert answer(plan, rows) == [Facet(None, 0.5, 10.0, 3), Facet("x", None, None, 1)]


@pytest.mark.parametrize("operation", [reads.get_by_ids, writes.delete_by_ids])
def test_ids_that_are_one_string_are_refused(operation: Any) -> None:
    with pytest.raises(InvalidRequest, match="ids is the string 'abc'"):
        next(operation(index="docs", ids="abc"))


def test_create_index_returns_the_configuration() -> None:
    plan = indexes.create_index(name="docs", dimensions=2, metric="cosine")
    asked = statement(next(plan))
    assert asked.params == {"name": "docs", "dimensions": 2, "metric": "cosine"}
    assert asked.sql == (
        b'select "name", "dimensions", "metric", "preset", "description", '
        b'relation::pg_catalog.text, "has_hnsw", "is_strict", "is_counted", "created_on", '
        b'"modified_on", "storage", "index_precision", "m", "ef_construction", "ef_search", '
        b'"model" '
        b'from pgvectorize.create_index("name" => %(name)s, "dimensions" => %(dimensions)s, '
        b'"metric" => %(metric)s)'
    )
    now = datetime.now(UTC)
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
