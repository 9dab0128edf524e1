"""Writes that are too long for one message: the same answers, by COPY."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import psycopg
import pytest

from pgvectorize import Client, Index, IndexNotFound, InvalidVector, Vector
from tests.contract.faces import IterableFace

Rows = list[tuple[Any, ...]]
NEW: Rows = [(f"v{row:03}", [row, 1], f"n{row % 3}", {"row": row}) for row in range(30)]


def content(face: IterableFace, index: str) -> dict[str, Vector]:
    return {vector.id: vector for vector in face.iterate(index)}


def expected(rows: Rows) -> dict[str, Vector]:
    return {row[0]: Vector(*row) for row in rows}


@pytest.fixture(params=["empty", "filled"])
def start(request: pytest.FixtureRequest, client: Client, index: str) -> Rows:
    """What the index holds before: into an empty one rows are copied directly."""
    rows: Rows = [] if request.param == "empty" else [("old", [7, 7], "n", {"old": True}), NEW[3]]
    client.index(index).upsert(rows)
    return rows


@pytest.mark.parametrize("operation", ["insert", "upsert"])
@pytest.mark.parametrize("order", ["sorted", "reversed"])
def test_a_long_batch_is_written_whole(
    iterable_face: IterableFace, index: str, start: Rows, operation: str, order: str
) -> None:
    rows = NEW if order == "sorted" else NEW[::-1]
    mutation = getattr(iterable_face, operation)(index, rows, batch_size=7)
    here = {row[0] for row in start} if operation == "insert" else set()
    assert mutation.ids == [row[0] for row in rows if row[0] not in here]
    assert mutation.count == len(mutation.ids)
    assert content(iterable_face, index) == expected([*start, *rows])
    assert iterable_face.describe(index).processed_up_to_mutation == mutation.mutation_id
    again = getattr(iterable_face, operation)(index, rows, batch_size=7)
    assert again.count == (0 if operation == "insert" else len(rows))


def test_vectors_without_namespace_and_metadata_have_none(
    iterable_face: IterableFace, index: str, start: Rows
) -> None:
    rows: Rows = [
        (f"v{row}", [row, 1], None if row % 2 else "n", None if row % 3 else {}) for row in range(9)
    ]
    iterable_face.upsert(index, rows, batch_size=2)
    assert content(iterable_face, index) == expected([*start, *rows])
    assert iterable_face.query(index, [1, 1], namespace=[None], top_k=20).count == 4


@pytest.mark.parametrize("place", [1, 9, 29])
def test_of_equal_ids_the_last_or_first_counts(
    iterable_face: IterableFace, index: str, start: Rows, place: int
) -> None:
    rows = [*NEW]
    rows.insert(place, (NEW[0][0], [99, 99]))
    rows.append((NEW[5][0], [5, 5], "again"))
    mutation = iterable_face.upsert(index, rows, batch_size=4)
    assert mutation.ids == [row[0] for row in NEW]
    assert content(iterable_face, index) == expected([*start, *rows])

    other = iterable_face.insert(index, [(f"x{id}", *more) for id, *more in rows], batch_size=4)
    assert other.count == len(NEW)
    found = content(iterable_face, index)
    assert found["xv000"] == Vector("xv000", *NEW[0][1:])
    assert found["xv005"] == Vector("xv005", *NEW[5][1:])


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (("", [1, 2]), "id is empty"),
        (("x" * 1025, [1, 2]), "id has 1025 bytes, at most 1024 are allowed"),
        (("é" * 513, [1, 2]), "id has 1026 bytes, at most 1024 are allowed"),
        (("x", [1, 2], ""), "namespace is empty; leave it out for none"),
        (("x", [1, 2], "n" * 1025), "namespace has 1025 bytes, at most 1024 are allowed"),
        (("x", [1, 2], None, {"": 1}), "a metadata key is empty, begins with"),
        (("x", [1, 2], None, {"a": [{"b.c": 1}]}), "a metadata key is empty, begins with"),
        (("x", [1, 2], None, {'"': 1}), "a metadata key is empty, begins with"),
    ],
)
@pytest.mark.parametrize("place", [0, 5, 29])
def test_the_row_that_is_wrong_is_named_as_in_a_short_batch(
    iterable_face: IterableFace, index: str, start: Rows, bad: Any, problem: str, place: int
) -> None:
    rows = [*NEW[:place], bad, *NEW[place:]]
    says = []
    for batch_size in (1_000, 8):
        with pytest.raises(InvalidVector) as caught:
            iterable_face.upsert(index, rows, batch_size=batch_size)
        assert caught.value.row == place + 1
        assert caught.value.hint
        says.append(caught.value.message)
    assert says[0] == says[1]
    assert says[0].startswith(f'row {place + 1}, id "{bad[0][:64]}": {problem}')
    assert content(iterable_face, index) == expected(start)


@pytest.mark.parametrize("values", [[1, 2, 3], [0, 0], [1e-30, 0]])
def test_dimensions_and_direction_are_checked(
    iterable_face: IterableFace, make_index: Callable[..., str], values: list[float]
) -> None:
    index = make_index(dimensions=2, metric="cosine")
    rows = [*((str(row), [1, row]) for row in range(6)), ("bad", values)]
    with pytest.raises(InvalidVector, match='row 7, id "bad": ') as caught:
        iterable_face.upsert(index, rows, batch_size=6)
    assert caught.value.row == 7
    assert iterable_face.count(index) == 0


@pytest.mark.parametrize("options", [{"storage": "float16"}, {"strict": True}])
def test_where_the_client_does_not_know_all_the_database_checks(
    iterable_face: IterableFace, make_index: Callable[..., str], options: dict[str, Any]
) -> None:
    index = make_index(dimensions=32, metric="euclidean", **options)
    rows: Rows = [(f"v{row}", [row] * 32) for row in range(20)]
    bad = ("bad", [70_000] * 32) if "storage" in options else ("b" * 65, [1] * 32)
    with pytest.raises(InvalidVector) as caught:
        iterable_face.upsert(index, [*rows, bad], batch_size=5)
    assert caught.value.row == 21
    assert iterable_face.count(index) == 0
    assert iterable_face.upsert(index, rows, batch_size=5).count == 20
    assert iterable_face.count(index) == 20


def test_an_unknown_index_is_refused_before_more_is_read(iterable_face: IterableFace) -> None:
    rows = iter(NEW)
    with pytest.raises(IndexNotFound):
        iterable_face.upsert("nowhere", rows, batch_size=5)
    assert len(list(rows)) >= 15


def test_an_unchanged_upsert_leaves_no_dead_rows(
    iterable_face: IterableFace, index: str, connection: psycopg.Connection[tuple[object, ...]]
) -> None:
    def versions() -> list[tuple[object, ...]]:
        relation = iterable_face.get_index(index).relation
        return connection.execute(
            f"select ctid::text, xmin::text, pg_relation_size('{relation}') from {relation}"
        ).fetchall()

    iterable_face.upsert(index, NEW, batch_size=7)
    before = versions()
    iterable_face.upsert(index, NEW, batch_size=7)
    iterable_face.upsert(index, NEW[::-1], batch_size=7)
    assert versions() == before


# In transactions


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
def test_a_long_batch_is_part_of_the_callers_transaction(
    client: Client, dsn: str, index: str, isolation: str
) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(f"set transaction isolation level {isolation}")
        inside = client.using(connection).index(index)
        inside.upsert(NEW[:20], batch_size=5)
        inside.upsert(NEW[15:], batch_size=5)
        assert inside.count() == len(NEW)
        assert client.index(index).count() == 0  # who reads does not wait
        connection.rollback()
        assert client.index(index).count() == 0
        inside.upsert(NEW, batch_size=5)
        connection.commit()
    assert client.index(index).count() == len(NEW)


def test_a_snapshot_that_is_older_than_other_writes_does_not_break(
    client: Client, dsn: str, index: str
) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("set transaction isolation level repeatable read")
        inside = client.using(connection).index(index)
        assert inside.count() == 0
        client.index(index).upsert(NEW[:3])
        assert inside.insert([(f"x{id}", *more) for id, *more in NEW], batch_size=5).count == 30


def test_another_writer_waits_and_loses_nothing(client: Client, dsn: str, index: str) -> None:
    with ThreadPoolExecutor(1) as elsewhere, psycopg.connect(dsn) as connection:
        client.using(connection).index(index).upsert(NEW, batch_size=5)
        waiting = elsewhere.submit(client.index(index).upsert, [(NEW[0][0], [9, 9]), ("z", [1, 1])])
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.3)
        connection.commit()
        assert waiting.result(timeout=10).count == 2
    assert client.index(index).count() == len(NEW) + 1


def test_beside_an_open_write_a_long_batch_is_staged(client: Client, dsn: str, index: str) -> None:
    """It would have to wait for a lock, and two that do could deadlock."""
    with psycopg.connect(dsn) as connection:
        client.using(connection).index(index).upsert([("open", [1, 1])])
        assert client.index(index).upsert(NEW, batch_size=5).count == len(NEW)
        connection.commit()
    assert client.index(index).count() == len(NEW) + 1


# bulk_load


@pytest.fixture
def vectors() -> dict[str, Any]:
    random = np.random.default_rng(3)
    return {
        "ids": [f"v{row:04}" for row in range(3_000)],
        "values": random.normal(size=(3_000, 8)).astype(np.float32),
        "metadata": [{"even": row % 2 == 0} for row in range(3_000)],
    }


def part(vectors: dict[str, Any], start: int, stop: int) -> dict[str, Any]:
    return {name: column[start:stop] for name, column in vectors.items()}


def hnsw(connection: psycopg.Connection[tuple[object, ...]], index: str) -> object:
    """The file of the HNSW index: another one when it was built anew."""
    row = connection.execute(
        "select pg_relation_filenode(pgvectorize_private._hnsw_index("
        "pgvectorize_private._find_index(%s)))",
        [index],
    ).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("mode", ["upsert", "insert"])
def test_a_bulk_load_builds_where_that_is_faster(
    iterable_face: IterableFace,
    make_index: Callable[..., str],
    connection: psycopg.Connection[tuple[object, ...]],
    vectors: dict[str, Any],
    mode: str,
) -> None:
    index = make_index(dimensions=8, metric="euclidean")

    def load(start: int, stop: int, **options: Any) -> tuple[int, bool]:
        before = hnsw(connection, index)
        loaded = iterable_face.bulk_load(index, **part(vectors, start, stop), mode=mode, **options)
        assert (loaded.build is not None) == (hnsw(connection, index) != before)
        assert iterable_face.get_index(index).has_hnsw
        return loaded.mutation.count, loaded.build is not None

    assert load(0, 1_100) == (1_100, True)  # into an empty index
    assert load(0, 1_100)[1] is False  # nothing changes
    assert load(500, 1_700) == (1_200 if mode == "upsert" else 600, True)  # 600 beside 1,100
    assert load(500, 1_750)[1] is False  # 50 beside 1,700
    assert load(1_750, 3_000, rebuild=False) == (1_250, False)
    assert load(0, 1_100, rebuild=True)[1] is True
    assert load(2_990, 3_000)[1] is False
    assert load(2_990, 3_000, rebuild=True)[1] is True
    assert load(0, 0, rebuild=True) == (0, False)  # nothing is written
    found = iterable_face.query(index, vectors["values"][7], top_k=1)
    assert found[0].id == "v0007"
    assert iterable_face.count(index) == 3_000


def test_a_bulk_load_leaves_an_index_that_wants_no_hnsw_without(
    iterable_face: IterableFace, make_index: Callable[..., str], vectors: dict[str, Any]
) -> None:
    index = make_index(dimensions=8, metric="euclidean", hnsw=False)
    assert iterable_face.bulk_load(index, **vectors).build is None
    assert not iterable_face.get_index(index).has_hnsw


def test_a_bulk_load_that_fails_leaves_what_was_there(
    iterable_face: IterableFace,
    make_index: Callable[..., str],
    connection: psycopg.Connection[tuple[object, ...]],
    vectors: dict[str, Any],
) -> None:
    index = make_index(dimensions=8, metric="euclidean")
    before = hnsw(connection, index)
    vectors["values"][2_500, 3] = np.nan
    with pytest.raises(InvalidVector, match="row 2501"):
        iterable_face.bulk_load(index, **vectors)
    assert (iterable_face.count(index), hnsw(connection, index)) == (0, before)

    iterable_face.upsert(index, ids=["a"], values=[[1] * 8])
    before = hnsw(connection, index)
    with pytest.raises(InvalidVector, match="row 2501"):
        iterable_face.bulk_load(index, **vectors, rebuild=True)
    assert (iterable_face.count(index), hnsw(connection, index)) == (1, before)


def test_few_vectors_are_simply_written(
    iterable_face: IterableFace, index: str, client: Client
) -> None:
    loaded = iterable_face.bulk_load(index, NEW, rebuild=None)
    assert (loaded.mutation.count, loaded.build) == (30, None)
    with pytest.raises(ValueError, match='mode "replace" is not known'):
        iterable_face.bulk_load(index, NEW, mode="replace")
    assert isinstance(client.index(index), Index)


# The first load of an index is a bulk load


@pytest.mark.parametrize("operation", ["upsert", "insert"])
def test_a_first_load_builds_the_hnsw_index_at_the_end(
    iterable_face: IterableFace,
    make_index: Callable[..., str],
    connection: psycopg.Connection[tuple[object, ...]],
    vectors: dict[str, Any],
    operation: str,
) -> None:
    index = make_index(dimensions=8, metric="euclidean")
    iterable_face.create_namespace_index(index, "n")
    write = getattr(iterable_face, operation)
    before = hnsw(connection, index)
    given = {**vectors, "ids": ["again", *vectors["ids"][1:-1], "again"], "namespaces": "n"}
    assert write(index, **given).count == 2_999
    assert hnsw(connection, index) != before
    assert iterable_face.get_index(index).has_hnsw
    (namespace_index,) = iterable_face.list_namespace_indexes(index)
    assert namespace_index.is_built
    last = vectors["values"][0 if operation == "insert" else -1]
    assert iterable_face.query(index, last, top_k=1)[0].id == "again"

    before = hnsw(connection, index)
    write(index, **{**vectors, "ids": [f"w{row}" for row in range(3_000)]})  # no longer empty
    assert hnsw(connection, index) == before


@pytest.mark.parametrize(
    "reason", ["few vectors", "atomic", "searched", "in use", "a transaction", "no HNSW index"]
)
def test_a_first_load_that_could_hurt_somebody_leaves_the_hnsw_index(
    client: Client,
    dsn: str,
    make_index: Callable[..., str],
    connection: psycopg.Connection[tuple[object, ...]],
    vectors: dict[str, Any],
    reason: str,
) -> None:
    index = make_index(dimensions=8, metric="euclidean", hnsw=reason != "no HNSW index")
    before = hnsw(connection, index)
    options: dict[str, Any] = {}
    if reason == "few vectors":
        vectors = part(vectors, 0, 900)
        options["batch_size"] = 500
    if reason == "atomic":
        options["atomic"] = False
    with psycopg.connect(dsn) as own:
        writing = client.using(own) if reason == "a transaction" else client
        if reason in ("searched", "in use"):
            client.using(own).index(index).query(vectors["values"][0])
        if reason == "searched":
            own.execute("select pg_stat_force_next_flush()")
            own.commit()
        assert writing.index(index).upsert(**vectors, **options).count == len(vectors["ids"])
        own.commit()
    assert hnsw(connection, index) == before
    assert client.index(index).count() == len(vectors["ids"])


def test_a_first_load_that_fails_leaves_the_index_as_it_was(
    iterable_face: IterableFace,
    make_index: Callable[..., str],
    connection: psycopg.Connection[tuple[object, ...]],
    vectors: dict[str, Any],
) -> None:
    index = make_index(dimensions=8, metric="euclidean")
    before = hnsw(connection, index)
    vectors["values"][2_500, 3] = np.nan
    with pytest.raises(InvalidVector, match="row 2501"):
        iterable_face.upsert(index, **vectors)
    assert (iterable_face.count(index), hnsw(connection, index)) == (0, before)
