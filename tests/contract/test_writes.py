"""Writes: insert and upsert, one batch and many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from pgvectorize import Client, IndexNotFound, InvalidRequest, InvalidVector, Vector
from tests.contract.faces import Face, IterableFace

OLD = Vector("a", [1, 2], "shoes", {"color": "red", "size": 9})


def stored(face: Face, index: str, *ids: str) -> list[Vector]:
    return face.get_by_ids(index, ids)


def test_insert_keeps_what_exists(face: Face, index: str) -> None:
    face.insert(index, [OLD])
    again = face.insert(index, [Vector("a", [5, 6], "hats", {"color": "blue"}), ("b", [3, 4])])

    assert (again.count, again.ids) == (1, ["b"])
    assert stored(face, index, "a", "b") == [OLD, Vector("b", [3, 4])]


def test_insert_of_nothing_new_is_a_mutation_all_the_same(face: Face, index: str) -> None:
    first = face.insert(index, [OLD])
    again = face.insert(index, [OLD])

    assert (again.count, again.ids) == (0, [])
    assert again.mutation_id != first.mutation_id
    assert face.describe(index).vector_count == 1


@pytest.mark.parametrize(
    "new",
    [
        Vector("a", [5, 6], "hats", {"color": "blue"}),
        Vector("a", [5, 6]),  # clears namespace and metadata
        Vector("a", [1, 2], "shoes"),
        Vector("a", [1, 2], None, OLD.metadata),
        Vector("a", [5, 6], "shoes", OLD.metadata),
        Vector("a", [1, 2], "shoes", {}),
        OLD,
    ],
)
def test_upsert_replaces_a_vector_whole(face: Face, index: str, new: Vector) -> None:
    face.upsert(index, [OLD])
    mutation = face.upsert(index, [new])

    assert (mutation.count, mutation.ids) == (1, ["a"])
    assert isinstance(mutation.mutation_id, UUID)
    assert stored(face, index, "a") == [new]
    assert face.describe(index).vector_count == 1


def test_first_of_equal_ids_wins_an_insert(face: Face, index: str) -> None:
    mutation = face.insert(index, [("b", [1, 1]), ("a", [2, 2]), ("b", [3, 3]), ("b", [4, 4])])

    assert (mutation.count, mutation.ids) == (2, ["b", "a"])
    assert stored(face, index, "a", "b") == [Vector("a", [2, 2]), Vector("b", [1, 1])]


def test_last_of_equal_ids_wins_an_upsert(face: Face, index: str) -> None:
    vectors = [Vector("b", [1, 1], "n", {"k": 1}), ("a", [2, 2]), ("b", [3, 3]), ("b", [4, 4])]
    mutation = face.upsert(index, vectors)

    assert (mutation.count, mutation.ids) == (2, ["b", "a"])
    assert stored(face, index, "a", "b") == [Vector("a", [2, 2]), Vector("b", [4, 4])]


def test_ids_differ_by_every_byte(face: Face, index: str) -> None:
    ids = ["a", "A", "a ", " a", "ä", "a\u0308", "\u00e4\u200b", "'", '"', "\\", "%s", "\n", "🧭"]
    mutation = face.insert(index, [(id, [1, 2]) for id in ids])

    assert mutation.ids == ids
    assert [vector.id for vector in stored(face, index, *ids)] == ids


def test_long_ids_and_namespaces_are_stored(face: Face, index: str) -> None:
    long = "é" * 512  # 1,024 bytes
    face.upsert(index, [Vector(long, [1, 2], long)])

    assert stored(face, index, long) == [Vector(long, [1, 2], long)]
    assert face.query(index, [1, 2], namespace=long).count == 1


def test_values_are_stored_as_float32(face: Face, index: str) -> None:
    written = [[0.1, -0.2], [16_777_217, 1e-40], [6.3e18, -6.3e18]]
    face.upsert(index, [(str(row), values) for row, values in enumerate(written)])

    for vector, values in zip(stored(face, index, "0", "1", "2"), written, strict=True):
        assert isinstance(vector.values, np.ndarray)
        assert vector.values.dtype == np.float32
        assert vector.values.tolist() == np.array(values, dtype=np.float32).tolist()


def test_a_write_is_visible_to_everybody_at_once(face: Face, client: Client, index: str) -> None:
    face.upsert(index, [OLD])
    assert client.index(index).query([1, 2])[0].id == "a"
    face.delete_by_ids(index, ["a"])
    assert client.index(index).query([1, 2]).count == 0


@pytest.mark.parametrize("empty", [[], (), iter(())])
def test_an_empty_batch_is_a_mutation_of_nothing(
    face: Face, index: str, empty: Iterable[Any]
) -> None:
    for write in (face.insert, face.upsert):
        mutation = write(index, empty)
        assert (mutation.count, mutation.ids) == (0, [])
        assert face.describe(index).processed_up_to_mutation == mutation.mutation_id
    assert face.upsert(index, ids=[], values=np.empty((0, 2))).count == 0


def _generator() -> Iterator[Vector]:
    yield Vector("a", [1, 2], "n", {"k": 1})
    yield Vector("b", [3, 4])


@pytest.mark.parametrize(
    "vectors",
    [
        [Vector("a", [1, 2], "n", {"k": 1}), Vector("b", [3, 4])],
        [("a", [1, 2], "n", {"k": 1}), ("b", [3, 4])],
        [("a", (1, 2), "n", {"k": 1}), ("b", (3, 4), None, None)],
        [
            {"id": "a", "values": [1, 2], "namespace": "n", "metadata": {"k": 1}},
            {"id": "b", "values": [3, 4], "namespace": None, "metadata": None},
        ],
        [("a", np.array([1, 2]), "n", {"k": 1}), {"id": "b", "values": np.array([3.0, 4.0])}],
        {"a": Vector("a", [1, 2], "n", {"k": 1}), "b": ("b", [3, 4])}.values(),
        _generator,
    ],
)
def test_vectors_may_be_given_in_many_shapes(face: Face, index: str, vectors: Any) -> None:
    face.upsert(index, vectors() if callable(vectors) else vectors)

    assert stored(face, index, "a", "b") == [
        Vector("a", [1, 2], "n", {"k": 1}),
        Vector("b", [3, 4]),
    ]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int64, ">f4"])
def test_columns_may_be_given_instead(face: Face, index: str, dtype: Any) -> None:
    mutation = face.upsert(
        index,
        ids=["a", "b"],
        values=np.array([[1, 2], [3, 4]], dtype=dtype),
        namespaces=["n", None],
        metadata=[None, {"k": 1}],
    )

    assert mutation.ids == ["a", "b"]
    assert stored(face, index, "b", "a") == [
        Vector("b", [3, 4], None, {"k": 1}),
        Vector("a", [1, 2], "n"),
    ]


def test_columns_need_no_order_in_memory(face: Face, index: str) -> None:
    values = np.asfortranarray(np.arange(8, dtype=np.float32).reshape(2, 4))[:, ::2]
    face.insert(index, ids=["a", "b"], values=values, namespaces="all")

    assert stored(face, index, "a", "b") == [
        Vector("a", [0, 2], "all"),
        Vector("b", [4, 6], "all"),
    ]


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"ids": ["a"]},
        {"values": [[1, 2]]},
        {"ids": ["a", "b"], "values": [[1, 2]]},
        {"ids": ["a"], "values": [[1, 2], [3, 4]]},
        {"ids": ["a"], "values": [[1, 2]], "namespaces": ["n", "n"]},
        {"ids": ["a"], "values": [[1, 2]], "metadata": [{}, {}]},
    ],
)
def test_columns_that_do_not_fit_are_refused(
    face: Face, index: str, columns: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        face.upsert(index, **columns)

    assert refusal.value.hint
    assert face.describe(index).processed_up_to_mutation is None


def test_vectors_and_columns_together_are_refused(iterable_face: IterableFace, index: str) -> None:
    with pytest.raises(InvalidRequest, match="either"):
        iterable_face.upsert(index, [("a", [1, 2])], ids=["a"], values=[[1, 2]])
    with pytest.raises(InvalidRequest, match="batch_size"):
        iterable_face.upsert(index, [("a", [1, 2])], batch_size=0)


# Many batches: only the Python client cuts an iterable in pieces.


def _rows(count: int) -> list[Vector]:
    return [Vector(f"v{row % 40}", [row, -row], None, {"row": row}) for row in range(count)]


@pytest.mark.parametrize("batch_size", [1, 7, 99, 100, 101])
@pytest.mark.parametrize("columns", [False, True])
def test_batches_are_one_change(
    iterable_face: IterableFace, index: str, batch_size: int, columns: bool
) -> None:
    rows = _rows(100)  # v0 … v39 twice, v0 … v19 a third time
    ids = [f"v{row}" for row in range(40)]
    given: dict[str, Any] = (
        {
            "ids": [row.id for row in rows],
            "values": np.array([row.values for row in rows], dtype=np.float32),
            "metadata": [row.metadata for row in rows],
        }
        if columns
        else {"vectors": iter(rows)}
    )
    mutation = iterable_face.upsert(index, **given, batch_size=batch_size)

    assert (mutation.count, mutation.ids) == (40, ids)
    assert iterable_face.describe(index).processed_up_to_mutation == mutation.mutation_id
    last = {row.id: row for row in rows}
    assert iterable_face.get_by_ids(index, ids) == [last[id] for id in ids]


def test_first_of_equal_ids_wins_across_batches(iterable_face: IterableFace, index: str) -> None:
    iterable_face.insert(index, [("v3", [0, 0])])
    mutation = iterable_face.insert(index, _rows(100), batch_size=30)

    assert mutation.count == 39
    assert "v3" not in mutation.ids
    assert iterable_face.get_by_ids(index, ["v0", "v3"]) == [
        Vector("v0", [0, 0], None, {"row": 0}),
        Vector("v3", [0, 0]),
    ]


@pytest.mark.parametrize("values", [[1, 2, 3], [1, float("nan")], "12"])
@pytest.mark.parametrize("row", [1, 31, 95])
def test_one_bad_row_in_any_batch_changes_nothing(
    iterable_face: IterableFace, index: str, row: int, values: Any
) -> None:
    rows: list[Any] = _rows(100)
    rows[row - 1] = ("bad", values)

    with pytest.raises(InvalidVector, match=f'row {row}, id "bad"') as refusal:
        iterable_face.upsert(index, rows, batch_size=30)
    assert refusal.value.row == row
    assert iterable_face.describe(index).processed_up_to_mutation is None
    assert iterable_face.count(index) == 0


def test_an_error_in_the_callers_iterable_changes_nothing(
    iterable_face: IterableFace, index: str
) -> None:
    def broken() -> Iterator[Vector]:
        yield from _rows(50)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        iterable_face.upsert(index, broken(), batch_size=10)
    assert iterable_face.count(index) == 0


def test_without_atomic_the_earlier_batches_stay(iterable_face: IterableFace, index: str) -> None:
    rows: list[Any] = _rows(40)
    rows[24] = ("bad", [1, 2, 3])

    with pytest.raises(InvalidVector, match='row 25, id "bad"') as refusal:
        iterable_face.upsert(index, iter(rows), batch_size=10, atomic=False)
    assert refusal.value.row == 25
    assert iterable_face.count(index) == 20

    mutation = iterable_face.upsert(index, _rows(40), batch_size=10, atomic=False)
    assert (mutation.count, mutation.ids) == (40, [f"v{row}" for row in range(40)])
    assert iterable_face.describe(index).processed_up_to_mutation == mutation.mutation_id
    assert iterable_face.upsert(index, [], atomic=False).count == 0


@pytest.mark.slow
def test_a_long_generator_is_loaded(face: Face, make_index: Callable[..., str]) -> None:
    index = make_index(dimensions=4, metric="dot-product")
    rows = ((f"v{row}", [row, 1, 0, -row], None, {"row": row}) for row in range(2_500))
    mutation = face.insert(index, rows)

    assert mutation.count == len(mutation.ids) == 2_500
    assert face.describe(index).vector_count == 2_500
    assert face.query(index, [1, 0, 0, 0], top_k=1)[0].id == "v2499"


def test_an_unknown_index_is_refused_before_a_long_load(iterable_face: IterableFace) -> None:
    read: list[int] = []

    def vectors() -> Iterator[tuple[str, list[float]]]:
        for number in range(5_000):
            read.append(number)
            yield str(number), [1.0, 2.0]

    with pytest.raises(IndexNotFound):
        iterable_face.upsert("nothing", vectors(), batch_size=100)
    assert len(read) <= 200


def test_deleted_ids_come_once_in_the_order_given(face: Face, index: str) -> None:
    face.upsert(index, [(id, [1.0, 2.0]) for id in ("a", "B", "c", "d")])
    gone = face.delete_by_ids(index, ["d", "nobody", "B", "d", "a", "B"])
    assert (gone.count, gone.ids) == (3, ["d", "B", "a"])
    assert face.delete_by_ids(index, ["d"]).ids == []
    assert face.delete_by_ids(index, []).ids == []
    assert face.count(index) == 1
