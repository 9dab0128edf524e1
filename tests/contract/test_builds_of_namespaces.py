"""HNSW indexes of single namespaces: creating, listing and deleting them, and what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from pgvectorize import (
    Client,
    IndexBuild,
    InvalidRequest,
    Matches,
    NamespaceIndexNotFound,
)
from tests.contract.faces import Face

ROWS, DIMENSIONS = 1_500, 8
VALUES = np.random.default_rng(7).normal(size=(ROWS, DIMENSIONS)).astype(np.float32)
NAMESPACES = [(None, "big", "other", "it's")[row % 4] for row in range(ROWS)]


def fill(client: Client, name: str) -> None:
    client.index(name).bulk_load(
        ids=[f"v{row:04}" for row in range(ROWS)],
        values=VALUES,
        namespaces=NAMESPACES,
        metadata=[{"row": row} for row in range(ROWS)],
    )


@pytest.fixture
def filled(client: Client, make_index: Callable[..., str]) -> str:
    name = make_index(dimensions=DIMENSIONS, metric="euclidean")
    fill(client, name)
    return name


def names(face: Face, index: str) -> list[str]:
    return [each.namespace for each in face.list_namespace_indexes(index)]


def is_right(face: Face, index: str, **options: Any) -> bool:
    """A query finds as many as the exact search, and nearly all of what that finds."""
    found = wanted = 0
    for vector in VALUES[:20]:
        matches = face.query(index, vector, top_k=10, **options)
        exact = face.query(index, vector, top_k=10, exact=True, **options)
        assert matches.count == exact.count
        found += len(set(ids(matches)) & set(ids(exact)))
        wanted += exact.count
    return found >= 0.9 * wanted


def ids(matches: Matches) -> list[str]:
    return [match.id for match in matches]


def test_a_namespace_index_is_listed(face: Face, filled: str) -> None:
    assert face.list_namespace_indexes(filled) == []
    build = face.create_namespace_index(filled, "big")

    assert isinstance(build, IndexBuild)
    assert build.is_built
    assert build.vectors == build.vectors_in_memory == ROWS / 4
    (listed,) = face.list_namespace_indexes(filled)
    assert (listed.namespace, listed.is_built, listed.vector_count) == ("big", True, ROWS // 4)
    assert listed.bytes is not None
    assert listed.bytes > 0


def test_namespace_indexes_are_listed_by_namespace(face: Face, index: str) -> None:
    for namespace in ("b", "ä", "A", "a"):
        face.create_namespace_index(index, namespace)
    assert names(face, index) == ["A", "a", "b", "ä"]


def test_to_create_the_same_again_does_nothing(face: Face, filled: str) -> None:
    face.create_namespace_index(filled, "big")
    assert not face.create_namespace_index(filled, "big").is_built
    assert names(face, filled) == ["big"]


def test_there_is_a_budget(face: Face, index: str) -> None:
    (most,) = (limit.value for limit in face.limits() if limit.name == "namespace_indexes")
    assert most is not None
    for number in range(most):
        face.create_namespace_index(index, f"n{number}")
    with pytest.raises(InvalidRequest, match=f"too many namespace indexes; max is {most}") as no:
        face.create_namespace_index(index, "more")
    assert no.value.hint
    assert not face.create_namespace_index(index, "n0").is_built
    face.delete_namespace_index(index, "n3")
    face.create_namespace_index(index, "more")
    assert len(names(face, index)) == most


@pytest.mark.parametrize("namespace", ["", None])
def test_vectors_without_a_namespace_have_none(face: Face, index: str, namespace: Any) -> None:
    with pytest.raises(InvalidRequest, match="namespace is empty") as refusal:
        face.create_namespace_index(index, namespace)
    assert refusal.value.hint


def test_a_namespace_that_no_vector_can_have_is_refused(face: Face, index: str) -> None:
    face.create_namespace_index(index, "x" * 1024)
    with pytest.raises(InvalidRequest, match="namespace has 1025 bytes, at most 1024") as refusal:
        face.create_namespace_index(index, "x" * 1025)
    assert refusal.value.hint


def test_without_an_hnsw_index_there_is_none(
    face: Face, index: str, make_index: Callable[..., str]
) -> None:
    without = make_index(hnsw=False)
    face.drop_hnsw(index)
    for name in (without, index):
        with pytest.raises(InvalidRequest, match="has no HNSW index") as refusal:
            face.create_namespace_index(name, "a")
        assert refusal.value.hint
        assert names(face, name) == []


def test_vectorize_has_none(face: Face, make_index: Callable[..., str]) -> None:
    strict = make_index(dimensions=32, strict=True)
    with pytest.raises(InvalidRequest, match="Vectorize has no indexes of namespaces"):
        face.create_namespace_index(strict, "a")


@pytest.mark.parametrize(
    "namespace", ["') or true --", "%s %I %%", "it's", "\\", "🧭", " ", "null"]
)
def test_a_namespace_is_data(face: Face, index: str, namespace: str) -> None:
    face.upsert(index, [("a", [1, 2], namespace), ("b", [1, 2], "b"), ("c", [1, 2], None)])
    face.create_namespace_index(index, namespace)
    assert names(face, index) == [namespace]
    assert ids(face.query(index, [1, 2], namespace=namespace)) == ["a"]
    face.delete_namespace_index(index, namespace)
    assert names(face, index) == []


def test_to_delete_an_unknown_one_is_refused(face: Face, index: str) -> None:
    face.create_namespace_index(index, "a")
    for namespace in ("b", "", "A"):
        with pytest.raises(NamespaceIndexNotFound, match=f'namespace "{namespace}"') as refusal:
            face.delete_namespace_index(index, namespace)
        assert refusal.value.hint
        assert isinstance(refusal.value, LookupError)


QUESTIONS: list[dict[str, Any]] = [
    {"namespace": "big"},
    {"namespace": "it's"},
    {"namespace": "other"},
    {"namespace": ["big"]},
    {"namespace": ["big", "it's"]},
    {"namespace": ["big", "big"]},
    {"namespace": ["big", None]},
    {},
    {"namespace": "big", "filter": {"row": {"$gte": 700}}},
    {"namespace": "big", "filter": {"row": {"$lt": 30}}},
    {"namespace": "big", "filter": {"row": -1}},
    {"namespace": "big", "exclude_ids": ["v0001", "v0005"]},
    {"namespace": "big", "offset": 150},
    {"namespace": "big", "max_distance": 2.5},
    {"namespace": "big", "ef_search": 10},
]


@pytest.fixture(scope="module")
def shared(client: Client) -> Iterator[str]:
    client.create_index("namespaced", dimensions=DIMENSIONS, metric="euclidean")
    fill(client, "namespaced")
    for namespace in ("big", "it's"):
        client.index("namespaced").create_namespace_index(namespace)
    yield "namespaced"
    client.delete_index("namespaced")


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_answers_are_right(face: Face, shared: str, question: dict[str, Any]) -> None:
    assert is_right(face, shared, **question)

    together = face.query_many(shared, VALUES[:20], top_k=10, **question)
    single = [face.query(shared, vector, top_k=10, **question) for vector in VALUES[:20]]
    assert together == single
    by_id = face.query_by_id(shared, "v0003", top_k=10, **question)
    assert by_id == face.query(shared, VALUES[3], top_k=10, **question)


def test_an_answer_is_filled_up_whatever_was_deleted(face: Face, filled: str) -> None:
    """What is deleted stays in the HNSW index until a vacuum, and takes the place of candidates."""
    face.create_namespace_index(filled, "big")
    order = np.argsort(((VALUES - VALUES[1]) ** 2).sum(axis=1))
    near = [f"v{row:04}" for row in order if NAMESPACES[row] == "big"]
    face.delete_by_ids(filled, near[:350])

    left = near[350:]
    for top_k in (5, len(left), 100):
        found = face.query(filled, VALUES[1], top_k=top_k, namespace="big")
        assert ids(found) == left[:top_k]
    (many,) = face.query_many(filled, VALUES[1:2], top_k=5, namespace="big")
    assert ids(many) == left[:5]
    face.delete_namespace(filled, "big")
    assert face.query(filled, VALUES[1], namespace="big").count == 0


def test_writes_are_seen(face: Face, filled: str) -> None:
    face.create_namespace_index(filled, "big")
    far = [9.0] * DIMENSIONS
    face.upsert(filled, [("new", far, "big"), ("v0000", far, "big")])
    assert ids(face.query(filled, far, top_k=2, namespace="big")) == ["new", "v0000"]
    face.upsert(filled, [("new", far, "other")])
    assert ids(face.query(filled, far, top_k=1, namespace="big")) == ["v0000"]
    face.truncate(filled)
    assert names(face, filled) == ["big"]
    assert face.query(filled, far, namespace="big").count == 0


@pytest.mark.parametrize("change", [{"m": 8}, {"index_precision": "float16"}, {"rebuild": True}])
def test_it_is_built_with_that_of_all_vectors(
    face: Face, filled: str, change: dict[str, Any]
) -> None:
    for namespace in ("big", "it's"):
        face.create_namespace_index(filled, namespace)
    assert face.build(filled, **change).is_built

    assert [each.is_built for each in face.list_namespace_indexes(filled)] == [True, True]
    assert not face.create_namespace_index(filled, "big").is_built
    assert is_right(face, filled, namespace="big")


def test_it_goes_with_that_of_all_vectors_and_comes_back(face: Face, filled: str) -> None:
    face.create_namespace_index(filled, "big")
    face.drop_hnsw(filled)
    (listed,) = face.list_namespace_indexes(filled)
    assert (listed.is_built, listed.vector_count, listed.bytes) == (False, None, None)
    assert is_right(face, filled, namespace="big")
    face.build(filled, m=8)
    (listed,) = face.list_namespace_indexes(filled)
    assert listed.is_built
    assert is_right(face, filled, namespace="big")


def test_it_goes_with_its_index(face: Face, index: str) -> None:
    info = face.get_index(index)
    face.create_namespace_index(index, "a")
    face.delete_index(index)
    face.create_index(index, dimensions=info.dimensions, metric=info.metric)
    assert names(face, index) == []


def test_it_stays_with_a_renamed_index(face: Face, filled: str) -> None:
    face.create_namespace_index(filled, "big")
    face.update_index(filled, new_name=f"{filled}-renamed")
    assert names(face, f"{filled}-renamed") == ["big"]
    assert is_right(face, f"{filled}-renamed", namespace="big")
    face.update_index(f"{filled}-renamed", new_name=filled)


def test_within_a_transaction_it_is_undone(face: Face, filled: str) -> None:
    with face.borrow() as mine:
        with mine.transaction(rollback=True):
            assert mine.face.create_namespace_index(filled, "big").is_built
            assert is_right(mine.face, filled, namespace="big")
        assert names(face, filled) == []
        with mine.transaction():
            mine.face.create_namespace_index(filled, "big")
            mine.face.create_namespace_index(filled, "other")
            mine.face.delete_namespace_index(filled, "other")
    assert names(face, filled) == ["big"]
    assert is_right(face, filled, namespace="big")
