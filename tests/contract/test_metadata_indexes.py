"""Metadata indexes: creating, listing and deleting them, and what they hold."""

from __future__ import annotations

from uuid import UUID

import pytest

from pgvectorize import InvalidRequest, MetadataIndex, MetadataIndexNotFound
from tests.contract.faces import Face


@pytest.mark.parametrize("index_type", ["string", "number", "boolean"])
def test_a_metadata_index_is_listed(face: Face, index: str, index_type: str) -> None:
    assert face.list_metadata_indexes(index) == []
    mutation_id = face.create_metadata_index(index, "a.b", index_type)

    assert isinstance(mutation_id, UUID)
    assert face.list_metadata_indexes(index) == [
        MetadataIndex("a.b", index_type)  # type: ignore[arg-type]
    ]


def test_metadata_indexes_are_listed_by_property(face: Face, index: str) -> None:
    for property_name in ("b", "ä", "A", "a", "a.b", "a-b"):
        face.create_metadata_index(index, property_name, "string")

    listed = [each.property_name for each in face.list_metadata_indexes(index)]
    assert listed == ["A", "a", "a-b", "a.b", "b", "ä"]


def test_more_than_ten_metadata_indexes_are_allowed(face: Face, index: str) -> None:
    for number in range(12):
        face.create_metadata_index(index, f"p{number}", "number")
    assert len(face.list_metadata_indexes(index)) == 12


def test_to_create_the_same_metadata_index_again_does_nothing(face: Face, index: str) -> None:
    first = face.create_metadata_index(index, "p", "number")
    again = face.create_metadata_index(index, "p", "number")

    assert again != first
    assert face.list_metadata_indexes(index) == [MetadataIndex("p", "number")]


def test_a_metadata_index_of_another_type_is_refused(face: Face, index: str) -> None:
    face.create_metadata_index(index, "p", "number")

    with pytest.raises(InvalidRequest, match='"p" has a metadata index of type number') as refusal:
        face.create_metadata_index(index, "p", "string")
    assert refusal.value.hint
    face.delete_metadata_index(index, "p")
    face.create_metadata_index(index, "p", "string")
    assert face.list_metadata_indexes(index) == [MetadataIndex("p", "string")]


@pytest.mark.parametrize("index_type", ["String", "text", "", "integer", None])
def test_other_types_are_refused(face: Face, index: str, index_type: str) -> None:
    with pytest.raises(InvalidRequest, match="index_type") as refusal:
        face.create_metadata_index(index, "p", index_type)
    assert refusal.value.hint
    assert face.list_metadata_indexes(index) == []


@pytest.mark.parametrize("property_name", ["", "$p", 'a"b', "a..b", ".", "a" * 513])
def test_a_property_name_that_no_metadata_can_have_is_refused(
    face: Face, index: str, property_name: str
) -> None:
    with pytest.raises(InvalidRequest, match="property name") as refusal:
        face.create_metadata_index(index, property_name, "string")
    assert refusal.value.hint
    assert face.list_metadata_indexes(index) == []


@pytest.mark.parametrize(
    "property_name",
    ["') or true --", "%s %I %%", "it's", "back\\slash", "🧭", "a b.c d", "\n", "é" * 512, "null"],
)
def test_a_property_name_is_data(face: Face, index: str, property_name: str) -> None:
    outer, _, inner = property_name.partition(".")
    metadata = {outer: {inner: "x"} if inner else "x"}
    face.upsert(index, [("a", [1, 2], None, metadata), ("b", [1, 2], None, {})])
    face.create_metadata_index(index, property_name, "string")

    found = face.query(index, [1, 2], filter={property_name: "x"}, return_metadata="indexed")
    assert [(match.id, match.metadata) for match in found] == [("a", metadata)]
    face.delete_metadata_index(index, property_name)
    assert face.list_metadata_indexes(index) == []


def test_a_metadata_index_covers_earlier_and_later_vectors(face: Face, index: str) -> None:
    face.upsert(index, [("a", [1, 2], None, {"n": 150}), ("b", [1, 2], None, {"n": 50})])
    face.create_metadata_index(index, "n", "number")
    face.upsert(index, [("c", [1, 2], None, {"n": 151}), ("b", [1, 2], None, {"n": 152})])

    found = face.query(index, [1, 2], filter={"n": {"$gte": "150"}})
    assert [match.id for match in found] == ["a", "b", "c"]


def test_without_its_metadata_index_a_filter_is_strict_again(face: Face, index: str) -> None:
    face.upsert(index, [("a", [1, 2], None, {"n": 5})])
    face.create_metadata_index(index, "n", "number")
    assert face.count(index, filter={"n": "5"}) == 1
    assert isinstance(face.delete_metadata_index(index, "n"), UUID)

    assert face.count(index, filter={"n": "5"}) == 0
    assert face.count(index, filter={"n": 5}) == 1


def test_to_delete_an_unknown_metadata_index_is_refused(face: Face, index: str) -> None:
    face.create_metadata_index(index, "p", "string")
    for property_name in ("q", "", "P"):
        with pytest.raises(MetadataIndexNotFound, match=f'"{property_name}"') as refusal:
            face.delete_metadata_index(index, property_name)
        assert refusal.value.hint
        assert isinstance(refusal.value, LookupError)


@pytest.mark.parametrize("index_type", ["string", "number", "boolean"])
def test_any_metadata_can_be_written_beside_a_metadata_index(
    face: Face, index: str, index_type: str
) -> None:
    face.create_metadata_index(index, "p", index_type)
    face.create_metadata_index(index, "p.q", index_type)
    values = ["", "x" * 20_000, 0, 10**400, 5e-324, True, None, [], [1], {}, {"q": "é" * 9_000}]
    mutation = face.upsert(
        index, [(f"v{row}", [1, 2], None, {"p": value}) for row, value in enumerate(values)]
    )
    assert mutation.count == face.count(index) == len(values)
