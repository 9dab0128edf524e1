"""No call deletes or changes everything because of a name that is wrong, over every face."""

from __future__ import annotations

from typing import Any

import pytest

from pgvectorize import InvalidFilter, InvalidRequest
from tests.contract.faces import Face

VECTORS = [
    ("a", [1, 0], "n", {"color": "red", "size": {"cm": 1}}),
    ("b", [2, 0], None, {"color": "blue", "gone": None}),
    ("c", [3, 0], "n", {"color": "red"}),
]


@pytest.fixture(autouse=True)
def filled(face: Face, index: str) -> None:
    face.upsert(index, VECTORS)


CALLS = {
    "delete": lambda face, index, **chosen: face.delete(index, **chosen),
    "dry run": lambda face, index, **chosen: face.delete(index, dry_run=True, **chosen),
    "update": lambda face, index, **chosen: face.update_metadata(index, {"new": 1}, **chosen),
}
calls = pytest.mark.parametrize("call", CALLS)


@calls
@pytest.mark.parametrize("namespace", [None, "n"])
@pytest.mark.parametrize(
    ("filter", "property"),
    [
        ({"id": {"$nin": ["a", "b"]}}, "id"),
        ({"id": {"$ne": "a"}}, "id"),
        ({"$not": {"id": "a"}}, "id"),
        ({"$not": {"id": {"$gt": "a"}}}, "id"),
        ({"size.inch": {"$ne": 1}}, "size.inch"),
        ({"$or": [{"id": {"$nin": ["a"]}}, {"color": "red"}]}, "id"),
        ({"id": {"$nin": []}}, "id"),
        ({"color": {"$ne": "green"}, "$and": [{"colour": {"$ne": "red"}}]}, "colour"),
        ({"id": {"$is_null": False}}, "id"),
        ({"tags": {"$ne": None}}, "tags"),
    ],
)
def test_a_property_that_no_vector_has_chooses_nothing(
    face: Face, index: str, call: str, namespace: str | None, filter: Any, property: str
) -> None:
    with pytest.raises(
        InvalidFilter, match=f'every vector matches, and none has the property "{property}"'
    ) as refusal:
        CALLS[call](face, index, filter=filter, namespace=namespace)
    assert "exclude_ids" in str(refusal.value.hint)
    assert f'{{"{property}": {{"$exists": false}}}}' in str(refusal.value.hint)
    assert [vector.metadata for vector in face.get_by_ids(index, ["a", "b", "c"])] == [
        metadata for *_, metadata in VECTORS
    ]


@calls
@pytest.mark.parametrize(
    ("filter", "count"),
    [
        ({"id": {"$exists": False}}, 3),
        ({"$or": [{"id": {"$ne": 1}}, {"id": {"$exists": False}}]}, 3),
        ({"color": {"$ne": "green"}}, 3),
        ({"gone": {"$ne": 1}}, 3),
        ({"color": "red", "id": {"$ne": "a"}}, 2),
        ({"size": {"$ne": 1}}, 3),
        ({"$or": [{"color": "blue"}, {"color": "red"}]}, 3),
        ({"id": {"$in": ["a"]}}, 0),
    ],
)
def test_what_is_meant_is_done(face: Face, index: str, call: str, filter: Any, count: int) -> None:
    assert CALLS[call](face, index, filter=filter).count == count


@calls
def test_where_there_is_nothing_nothing_is_refused(face: Face, index: str, call: str) -> None:
    assert CALLS[call](face, index, filter={"id": {"$ne": 1}}, namespace="empty").count == 0


@pytest.mark.parametrize("filter", [{"size.$lt": 100}, {"a": 1, "b.$c.d": {"$ne": 1}}])
def test_an_operator_is_no_part_of_a_name(face: Face, index: str, filter: Any) -> None:
    for call in (face.count, face.delete):
        with pytest.raises(InvalidFilter, match="has a part that begins with") as refusal:
            call(index, filter=filter)
        assert '{"price": {"$lt": 100}}' in str(refusal.value)


def test_ids_are_excluded(face: Face, index: str) -> None:
    assert face.count(index, exclude_ids=["a", "x"]) == 2
    assert face.count(index, exclude_ids=["a"], filter={"color": "red"}) == 1
    page = face.list_vectors(index, count=1, exclude_ids=["a"])
    assert (page.total_count, [each.id for each in page.vectors]) == (2, ["b"])
    page = face.list_vectors(index, exclude_ids=["a"], cursor=page.next_cursor)
    assert [each.id for each in page.vectors] == ["c"]
    assert face.update_metadata(index, {"new": 1}, exclude_ids=["a"]).count == 2
    assert face.delete(index, exclude_ids=["a", "b"], dry_run=True).count == 1
    assert face.delete(index, exclude_ids=["b"], namespace="n").count == 2
    assert face.delete(index, exclude_ids=["x"], filter={"color": "blue"}).count == 1
    assert face.count(index) == 0


def test_a_cursor_belongs_to_the_ids_that_are_excluded(face: Face, index: str) -> None:
    page = face.list_vectors(index, count=1, exclude_ids=["a"])
    with pytest.raises(InvalidRequest, match="cursor"):
        face.list_vectors(index, cursor=page.next_cursor)


@pytest.mark.parametrize("ids", [[], [None], ["x", "y"]])
def test_ids_that_do_not_exist_do_not_choose_all_others(
    face: Face, index: str, ids: list[str]
) -> None:
    for call in (
        lambda: face.delete(index, exclude_ids=ids),
        lambda: face.update_metadata(index, {"new": 1}, exclude_ids=ids),
    ):
        with pytest.raises(InvalidRequest):
            call()
    assert face.count(index) == 3
