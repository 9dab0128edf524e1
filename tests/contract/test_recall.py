"""Recall: measured, tuned for, and asked for in queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import psycopg
import pytest

from pgvectorize import (
    Client,
    IndexNotFound,
    InvalidRequest,
    InvalidVector,
    Matches,
    RecallNotReached,
    RecallPoint,
)
from tests.contract.faces import Borrowed, Face
from tests.contract.test_precisions import by_graph

Connection = psycopg.Connection[tuple[object, ...]]

ROWS = 3_000
DIMENSIONS = 16
VALUES = np.random.default_rng(1).normal(size=(ROWS, DIMENSIONS)).astype(np.float32)
QUERIES = np.random.default_rng(2).normal(size=(30, DIMENSIONS)).astype(np.float32)
NAMES = [f"v{row:04}" for row in range(ROWS)]


@pytest.fixture(scope="module")
def _rough(client: Client) -> Iterator[str]:
    """An index with so few links that a search misses a lot."""
    options: dict[str, Any] = {"metric": "euclidean", "m": 5, "ef_construction": 12}
    client.create_index("rough", dimensions=DIMENSIONS, **options)
    client.index("rough").bulk_load(ids=NAMES, values=VALUES)
    yield "rough"
    client.delete_index("rough")


@pytest.fixture
def rough(client: Client, connection: Connection, _rough: str) -> str:
    """The same, of which nothing is known yet."""
    client.update_index(_rough, ef_search=0)
    connection.execute("delete from pgvectorize_private.recalls")
    return _rough


@pytest.fixture
def blind(make_index: Callable[..., str], client: Client) -> str:
    """An index whose HNSW index tells no vector from another: all have the same signs."""
    name = make_index(dimensions=4, metric="euclidean", index_precision="binary")
    values = np.random.default_rng(3).uniform(1, 2, size=(ROWS, 4))
    client.index(name).bulk_load(ids=NAMES, values=values)
    return name


def ids(matches: Matches) -> list[str]:
    return [match.id for match in matches]


def answers(face: Face, index: str, **options: Any) -> list[list[str]]:
    return [ids(face.query(index, query, **options)) for query in QUERIES]


def reached(point: RecallPoint, recall: float) -> bool:
    return point.recall - point.standard_error >= recall


def stored(connection: Connection, index: str) -> list[RecallPoint]:
    rows = connection.execute(
        """
        select recalls.ef_search, recall, standard_error, milliseconds, queries, top_k
        from pgvectorize_private.recalls join pgvectorize_private.indexes on indexes.id = index_id
        where name = %s order by 1
        """,
        [index],
        binary=True,
    )
    return [RecallPoint(*row) for row in rows]  # type: ignore[arg-type]


@contextmanager
def read_only(face: Face) -> Iterator[Borrowed]:
    with face.borrow(session=True) as borrowed:
        borrowed.execute("select set_config('default_transaction_read_only', 'on', false)")
        yield borrowed


# The curve


def test_the_curve_is_what_brute_force_says(face: Face, rough: str) -> None:
    top_k = 10
    distances = np.linalg.norm(QUERIES[:, None].astype(float) - VALUES[None], axis=2)
    truth = [{NAMES[row] for row in np.argsort(each)[:top_k]} for each in distances]

    with by_graph(face) as graph:
        *points, exact = graph.recall(rough, vectors=QUERIES, top_k=top_k)
        for point in points:
            found = answers(graph, rough, top_k=top_k, ef_search=point.ef_search)
            recalls = [len(truth[number] & set(each)) / top_k for number, each in enumerate(found)]
            assert point.recall == pytest.approx(np.mean(recalls), abs=1e-6)
            error = np.std(recalls, ddof=1) / np.sqrt(len(recalls))
            assert point.standard_error == pytest.approx(error, abs=1e-6)

    assert points[0].ef_search == top_k
    assert points[0].recall < 0.9
    assert points[-1].ef_search == 1_000 or points[-1].recall == 1
    ladder = [point.ef_search or 0 for point in points]
    assert ladder == sorted(set(ladder))
    assert 100 in ladder  # what queries use now
    assert (exact.ef_search, exact.recall, exact.standard_error) == (None, 1, 0)
    for point in (*points, exact):
        assert (point.queries, point.top_k) == (len(QUERIES), top_k)
        assert point.milliseconds > 0


def test_a_sample_of_the_index_is_asked_by_default(face: Face, rough: str) -> None:
    with by_graph(face) as graph:
        *points, exact = graph.recall(rough)
        assert 0.2 < points[0].recall < points[-1].recall <= 1
        assert exact.queries == 200
        assert exact.top_k == 10
        (*_, exact) = graph.recall(rough, queries=5, top_k=3)
        assert (exact.queries, exact.top_k) == (5, 3)


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot-product"])
@pytest.mark.parametrize("storage", ["float32", "float16"])
def test_each_metric_and_storage_is_measured(
    face: Face, make_index: Callable[..., str], metric: str, storage: str
) -> None:
    name = make_index(dimensions=DIMENSIONS, metric=metric, storage=storage)
    face.upsert(name, ids=NAMES[:300], values=VALUES[:300])
    with by_graph(face) as graph:
        for options in ({"vectors": QUERIES}, {"queries": 30}):
            *points, exact = graph.recall(name, **options)
            assert 0.9 < points[0].recall <= 1
            assert points[-1].recall > 0.99
            assert exact.recall == 1


def test_what_ties_with_the_last_is_right_too(face: Face, index: str) -> None:
    """Of 400 vectors at five places any ten at the nearest place will do."""
    places = [[float(row % 5), 0.0] for row in range(400)]
    face.upsert(index, ids=NAMES[:400], values=np.array(places))
    with by_graph(face) as graph:
        for point in graph.recall(index, vectors=[[0.1, 0], [2.2, 0], [4.4, 1]]):
            assert (point.recall, point.standard_error) == (1, 0)


@pytest.mark.parametrize("rows", [2, 5])
def test_fewer_vectors_than_top_k_are_all_to_be_found(face: Face, index: str, rows: int) -> None:
    face.upsert(index, ids=NAMES[:rows], values=VALUES[:rows, :2])
    for point in face.recall(index, top_k=10):
        assert (point.recall, point.queries, point.top_k) == (1, rows, 10)
    assert [point.queries for point in face.recall(index, vectors=QUERIES[:, :2])] == [
        len(QUERIES)
    ] * 2


@pytest.mark.parametrize("rows", [0, 1])
def test_too_few_vectors_are_refused(face: Face, index: str, rows: int) -> None:
    face.upsert(index, ids=NAMES[:rows], values=VALUES[:rows, :2].reshape(rows, 2))
    for measure in (face.recall, lambda name: face.tune(name, 0.9)):
        with pytest.raises(InvalidRequest, match="too few vectors") as refusal:
            measure(index)
        assert refusal.value.hint


def test_without_hnsw_all_is_found(face: Face, make_index: Callable[..., str]) -> None:
    name = make_index(dimensions=2, hnsw=False)
    face.upsert(name, [("a", [1, 2]), ("b", [2, 1]), ("c", [-1, 0])])

    (point,) = face.recall(name)
    assert (point.ef_search, point.recall, point.standard_error) == (None, 1, 0)
    assert face.tune(name, 1).ef_search is None
    assert face.get_index(name).ef_search is None
    assert ids(face.query(name, [1, 2], recall=0.9)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"queries": 1}, InvalidRequest, "queries must be between 2 and 10000, got 1"),
        ({"queries": 10_001}, InvalidRequest, "queries must be between 2 and 10000, got 10001"),
        ({"top_k": 0}, InvalidRequest, "top_k must be between 1 and 1000, got 0"),
        ({"top_k": 1_001}, InvalidRequest, "top_k must be between 1 and 1000, got 1001"),
        ({"vectors": np.ones((1, 16))}, InvalidRequest, "the number of query vectors"),
        ({"vectors": np.ones((3, 2))}, InvalidVector, "expected 16 dimensions, got 2"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    face: Face, rough: str, options: dict[str, Any], error: type[Exception], says: str
) -> None:
    for measure in (face.recall, lambda name, **given: face.tune(name, 0.9, **given)):
        with pytest.raises(error, match=says) as refusal:
            measure(rough, **options)
        assert refusal.value.hint  # type: ignore[attr-defined]
    assert face.get_index(rough).ef_search is None


def test_an_unknown_index_is_refused(face: Face) -> None:
    with pytest.raises(IndexNotFound):
        face.recall("nowhere")
    with pytest.raises(IndexNotFound):
        face.tune("nowhere", 0.9)


# What is kept


def test_the_curve_is_stored_in_the_place_of_the_one_before(
    face: Face, rough: str, connection: Connection
) -> None:
    with by_graph(face) as graph:
        *points, _ = graph.recall(rough, vectors=QUERIES)
        assert stored(connection, rough) == points
        *points, _ = graph.recall(rough, vectors=QUERIES[:20], top_k=3)
        assert stored(connection, rough) == points
        graph.recall(rough, vectors=QUERIES, store=False)
        assert stored(connection, rough) == points


def test_measuring_without_storing_needs_no_writing(
    face: Face, rough: str, connection: Connection
) -> None:
    with read_only(face) as borrowed:
        assert len(borrowed.face.recall(rough, queries=2, store=False)) > 1
        for measure in (borrowed.face.recall, lambda name: borrowed.face.tune(name, 0.9)):
            with pytest.raises(InvalidRequest, match="in a read-only transaction") as refusal:
                measure(rough)
            assert "store => false" in str(refusal.value.hint)
    assert stored(connection, rough) == []


def test_to_measure_is_not_to_query(face: Face, make_index: Callable[..., str]) -> None:
    name = make_index(dimensions=2)
    face.update_index(name, count_queries=True)
    face.upsert(name, [("a", [1, 2]), ("b", [2, 1])])
    face.recall(name)
    assert face.usage(name)[0].queried_vectors == 0


def test_what_was_measured_goes_with_the_index(
    face: Face, new_name: str, connection: Connection
) -> None:
    face.create_index(new_name, dimensions=2, metric="cosine")
    face.upsert(new_name, [("a", [1, 2]), ("b", [2, 1])])
    face.recall(new_name)
    row = connection.execute(
        "select id from pgvectorize_private.indexes where name = %s", [new_name]
    )
    (id,) = row.fetchone() or ()
    face.delete_index(new_name)
    left = connection.execute("select from pgvectorize_private.recalls where index_id = %s", [id])
    assert left.fetchall() == []


def test_what_was_measured_holds_until_the_options_change(
    face: Face, make_index: Callable[..., str], connection: Connection
) -> None:
    name = make_index(dimensions=2)
    face.upsert(name, [("a", [1, 2]), ("b", [2, 1])])
    face.recall(name)
    measured = stored(connection, name)
    face.build(name, rebuild=True)
    assert stored(connection, name) == measured
    assert face.query(name, [1, 2], recall=1).count == 2

    face.build(name, m=24)
    for _ in range(2):
        with pytest.raises(InvalidRequest) as refusal:
            face.query(name, [1, 2], recall=1)
        assert str(refusal.value) == (
            f'the recall of index "{name}" has not been measured since its HNSW index was built '
            "with other options"
        )
        face.build(name, m=16)
    face.tune(name, 1)
    assert face.query(name, [1, 2], recall=1).count == 2


# Tuning


@pytest.mark.parametrize("recall", [0.5, 0.9, 0.95])  # what any graph of these rows reaches
def test_tuning_finds_the_least_that_reaches_a_recall(
    face: Face, rough: str, connection: Connection, recall: float
) -> None:
    with by_graph(face) as graph:
        chosen = graph.tune(rough, recall, vectors=QUERIES)
        *points, _ = graph.recall(rough, vectors=QUERIES, store=False)
    kept = stored(connection, rough)

    assert chosen in kept
    assert chosen.ef_search is not None
    assert reached(chosen, recall)
    less = [point for point in kept if (point.ef_search or 0) < chosen.ef_search]
    assert not any(reached(point, recall) for point in less)
    if less:  # none is wasted: a twentieth less does not do
        least = less[-1].ef_search or 0
        assert chosen.ef_search - least <= max(1, chosen.ef_search / 20)
    assert {point.ef_search for point in points} <= {point.ef_search for point in kept}
    assert face.get_index(rough).ef_search == chosen.ef_search


def test_queries_use_what_was_found(face: Face, rough: str, connection: Connection) -> None:
    with by_graph(face) as graph:
        before = answers(graph, rough)
        ef_search = graph.tune(rough, 0.5, vectors=QUERIES).ef_search
        after = answers(graph, rough)
        many = graph.query_many(rough, QUERIES)

        assert after == answers(graph, rough, ef_search=ef_search) != before
        assert [ids(matches) for matches in many] == after
        assert answers(graph, rough, ef_search=200) == before
        face.update_index(rough, ef_search=0)
        assert answers(graph, rough) == before
    own = connection.execute("select proconfig from pg_proc where proname = %s", [rough])
    assert "hnsw.ef_search=200" in str(own.fetchone())


def test_a_query_takes_the_least_that_reaches_its_recall(face: Face, rough: str) -> None:
    with by_graph(face) as graph:
        *points, _ = graph.recall(rough, vectors=QUERIES)
        for recall in (0.3, 0.6, 0.9):
            least = next(point.ef_search for point in points if reached(point, recall))
            assert answers(graph, rough, recall=recall) == answers(graph, rough, ef_search=least)
            many = graph.query_many(rough, QUERIES, recall=recall)
            assert [ids(matches) for matches in many] == answers(graph, rough, ef_search=least)
            by_id = graph.query_by_id(rough, "v0007", recall=recall)
            assert by_id == graph.query_by_id(rough, "v0007", ef_search=least)


def test_what_is_not_reached_is_searched_exactly_by_a_query_and_refused_by_tuning(
    face: Face, blind: str, connection: Connection
) -> None:
    queries = np.random.default_rng(4).uniform(1, 2, size=(20, 4))
    with by_graph(face) as graph:
        points = graph.recall(blind, vectors=queries)
        assert points[-2].ef_search == 1_000
        assert points[-2].recall < 0.9
        found = [graph.query(blind, query, recall=0.9) for query in queries]
        assert found == [graph.query(blind, query, exact=True) for query in queries]

        before = graph.get_index(blind), stored(connection, blind)
        with pytest.raises(RecallNotReached, match=r"^ef_search 1000 finds 0\.\d+ \(± 0\.\d") as no:
            graph.tune(blind, 0.9, vectors=queries)
        assert (no.value.action, no.value.fix) == (
            "build",
            f"select pgvectorize.build(index => '{blind}', index_precision => 'float16');",
        )
        assert str(no.value.hint).endswith(f": {no.value.fix}")
        assert (graph.get_index(blind), stored(connection, blind)) == before


def test_a_recall_that_only_the_error_keeps_from_being_reached_needs_more_queries(
    face: Face, blind: str
) -> None:
    queries = np.random.default_rng(4).uniform(1, 2, size=(20, 4))
    with by_graph(face) as graph:
        best = graph.recall(blind, vectors=queries)[-2]
        with pytest.raises(RecallNotReached) as refusal:
            graph.tune(blind, best.recall, vectors=queries)
    assert "more queries" in str(refusal.value.hint)


def test_all_can_be_asked_for(face: Face, index: str) -> None:
    face.upsert(index, ids=NAMES[:50], values=VALUES[:50, :2])
    assert face.tune(index, 1, top_k=3).ef_search == 3
    assert face.query(index, [0, 0], recall=1).count == 5


@pytest.mark.parametrize("recall", [0, -0.5, 1.01, 98, float("nan"), float("inf")])
def test_a_recall_that_is_no_share_is_refused(face: Face, rough: str, recall: float) -> None:
    for use in (
        lambda: face.tune(rough, recall),
        lambda: face.query(rough, QUERIES[0], recall=recall),
        lambda: face.query_many(rough, QUERIES, recall=recall),
        lambda: face.query_by_id(rough, "v0000", recall=recall),
    ):
        with pytest.raises(InvalidRequest, match="recall must be above 0 and at most 1") as refusal:
            use()
        assert "0.98" in str(refusal.value.hint)


def test_a_recall_that_was_not_measured_is_refused(face: Face, rough: str) -> None:
    with pytest.raises(InvalidRequest, match="has not been measured") as refusal:
        face.query(rough, QUERIES[0], recall=0.9)
    assert str(refusal.value.hint) == (
        "Run: select pgvectorize.tune(index => 'rough', recall => 0.9);"
    )
    assert refusal.value.action == "tune"
    assert refusal.value.arguments == {"index": "rough", "recall": 0.9}


def test_strict_mode_has_no_choice_of_recall_but_can_be_measured(
    face: Face, make_index: Callable[..., str]
) -> None:
    name = make_index(dimensions=32, strict=True)
    face.upsert(name, ids=NAMES[:2], values=np.eye(2, 32))
    assert face.recall(name, top_k=500)[-1].recall == 1  # more than a query may ask for
    assert face.tune(name, 0.9).ef_search == 10
    with pytest.raises(InvalidRequest, match="Vectorize has no choice of recall") as refusal:
        face.query(name, np.ones(32), recall=0.9)
    assert refusal.value.hint


# By hand


def test_ef_search_can_be_set_by_hand_and_taken_back(face: Face, index: str) -> None:
    before = face.get_index(index)
    changed = face.update_index(index, ef_search=250)
    assert changed.ef_search == face.get_index(index).ef_search == 250
    assert changed.modified_on > before.modified_on
    assert face.update_index(index, description="d").ef_search == 250
    assert face.update_index(index, ef_search=0).ef_search is None


@pytest.mark.parametrize("ef_search", [-1, 1_001])
def test_an_ef_search_that_pgvector_does_not_take_is_refused(
    face: Face, index: str, ef_search: int
) -> None:
    with pytest.raises(InvalidRequest, match="ef_search must be between 0 and 1000") as refusal:
        face.update_index(index, ef_search=ef_search)
    assert refusal.value.hint
    assert face.get_index(index).ef_search is None
