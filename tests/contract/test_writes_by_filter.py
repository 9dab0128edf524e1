"""Writes to what a filter or a namespace chooses, and patches of metadata."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgvectorize import Client, Deletion, InvalidFilter, InvalidRequest, Vector
from tests.contract.faces import Face, IterableFace

VECTORS = [
    Vector("a", [1, 2], "shoes", {"color": "red", "price": 10}),
    Vector("b", [3, 4], "shoes", {"color": "blue", "price": 20}),
    Vector("c", [5, 6], "hats", {"color": "red", "size": {"eu": 9, "us": 3}}),
    Vector("d", [7, 8], None, {}),
    Vector("e", [9, 10]),
]
ALL = [vector.id for vector in VECTORS]


@pytest.fixture
def filled(client: Client, index: str) -> str:
    client.index(index).insert(VECTORS)
    return index


def left(face: Face, index: str) -> list[str]:
    return [vector.id for vector in face.get_by_ids(index, ALL)]


def metadata(face: Face, index: str) -> dict[str, Any]:
    return {vector.id: vector.metadata for vector in face.get_by_ids(index, ALL)}


# delete


@pytest.mark.parametrize(
    ("options", "stays"),
    [
        ({"filter": {"color": "red"}}, "bde"),
        ({"filter": {"price": {"$gte": 10}}}, "cde"),
        ({"filter": {"color": {"$ne": "red"}}}, "ac"),
        ({"filter": {"color": "green"}}, "abcde"),
        ({"namespace": "shoes"}, "cde"),
        ({"namespace": "nowhere"}, "abcde"),
        ({"namespace": "shoes", "filter": {}}, "cde"),
        ({"namespace": "shoes", "filter": {"color": "red"}}, "bcde"),
    ],
)
@pytest.mark.parametrize("indexed", [False, True])
def test_delete_takes_what_is_chosen_and_nothing_else(
    face: Face, filled: str, options: dict[str, Any], stays: str, indexed: bool
) -> None:
    if indexed:
        face.create_metadata_index(filled, "color", "string")
    before = face.describe(filled).processed_up_to_mutation

    tried = face.delete(filled, **options, dry_run=True)
    assert tried == Deletion(None, len(ALL) - len(stays))
    assert left(face, filled) == ALL
    assert face.describe(filled).processed_up_to_mutation == before

    deletion = face.delete(filled, **options)
    assert deletion.count == tried.count
    assert left(face, filled) == list(stays)
    assert {match.id for match in face.query(filled, [1, 2], top_k=9)} == set(stays)
    assert isinstance(deletion.mutation_id, UUID)
    assert face.describe(filled).processed_up_to_mutation == deletion.mutation_id


@pytest.mark.parametrize("options", [{}, {"filter": {}}, {"filter": None}])
@pytest.mark.parametrize("dry_run", [False, True])
def test_delete_of_everything_is_refused(
    face: Face, filled: str, options: dict[str, Any], dry_run: bool
) -> None:
    with pytest.raises(InvalidRequest, match="a filter or a namespace") as refusal:
        face.delete(filled, **options, dry_run=dry_run)
    assert "truncate" in str(refusal.value.hint)
    assert left(face, filled) == ALL


@pytest.mark.parametrize(
    "options", [{"filter": {"color": {"$about": 1}}}, {"namespace": "", "filter": {"a": 1}}]
)
def test_delete_refuses_what_a_search_refuses(
    face: Face, filled: str, options: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        face.delete(filled, **options)
    assert refusal.value.hint
    assert left(face, filled) == ALL


def test_delete_namespace_deletes_all_of_it(face: Face, filled: str) -> None:
    deletion = face.delete_namespace(filled, "shoes")
    assert deletion.count == 2
    assert left(face, filled) == ["c", "d", "e"]
    assert face.describe(filled).processed_up_to_mutation == deletion.mutation_id
    assert face.delete_namespace(filled, "shoes").count == 0


@pytest.mark.parametrize(("namespace", "says"), [(None, "missing"), ("", "empty")])
def test_delete_namespace_wants_a_namespace(
    face: Face, filled: str, namespace: Any, says: str
) -> None:
    with pytest.raises(InvalidRequest, match=f"namespace is {says}") as refusal:
        face.delete_namespace(filled, namespace)
    assert refusal.value.hint
    assert left(face, filled) == ALL


def test_truncate_deletes_all_vectors_and_nothing_else(face: Face, filled: str) -> None:
    face.create_metadata_index(filled, "color", "string")
    mutation_id = face.truncate(filled)

    described = face.describe(filled)
    assert (described.vector_count, described.processed_up_to_mutation) == (0, mutation_id)
    assert face.query(filled, [1, 2]).count == 0
    assert len(face.list_metadata_indexes(filled)) == 1
    face.upsert(filled, VECTORS)
    assert face.query(filled, [1, 2], filter={"color": "red"})[0].id == "a"


# update_metadata


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({}, {"color": "red", "size": {"eu": 9, "us": 3}}),
        ({"color": "blue"}, {"color": "blue", "size": {"eu": 9, "us": 3}}),
        ({"color": None}, {"size": {"eu": 9, "us": 3}}),
        ({"nothing": None}, {"color": "red", "size": {"eu": 9, "us": 3}}),
        ({"size": {"eu": 10, "us": None, "uk": 2}}, {"color": "red", "size": {"eu": 10, "uk": 2}}),
        ({"size": [1, None]}, {"color": "red", "size": [1, None]}),
        ({"color": {"a": {"b": None, "c": 1}}, "size": 1}, {"color": {"a": {"c": 1}}, "size": 1}),
    ],
)
def test_a_patch_is_merged_as_rfc_7396_says(
    face: Face, filled: str, patch: dict[str, Any], expected: dict[str, Any]
) -> None:
    mutation = face.update_metadata(filled, patch, ids=["c"])

    assert (mutation.count, mutation.ids) == (1, ["c"])
    assert face.describe(filled).processed_up_to_mutation == mutation.mutation_id
    assert face.get_by_ids(filled, ["c"]) == [Vector("c", [5, 6], "hats", expected)]
    assert face.get_by_ids(filled, ["a", "b", "d", "e"]) == [*VECTORS[:2], *VECTORS[3:]]


# appendix A of the RFC, as far as both are objects
@pytest.mark.parametrize(
    ("document", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        (None, {"a": 1, "b": None}, {"a": 1}),
    ],
)
def test_the_examples_of_the_rfc(
    face: Face, index: str, document: Any, patch: Any, result: Any
) -> None:
    face.insert(index, [Vector("a", [1, 2], None, document)])
    face.update_metadata(index, patch, ids=["a"])
    assert face.get_by_ids(index, ["a"])[0].metadata == result


def merge_patch(document: Any, patch: Any) -> Any:
    """Section 2 of the RFC."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


KEYS = st.sampled_from(["a", "b", "c", "%s", "'", "ä\n"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab'%", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
OBJECTS = st.dictionaries(KEYS, JSON, max_size=4)


@given(document=st.none() | OBJECTS, patch=OBJECTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_patch_is_merged_as_the_rfc_says(
    face: Face, index: str, document: Any, patch: Any
) -> None:
    face.upsert(index, [Vector("a", [1, 2], None, document)])
    face.update_metadata(index, patch, ids=["a"])
    expected = merge_patch(document, patch)
    assert json.dumps(face.get_by_ids(index, ["a"])[0].metadata, sort_keys=True) == json.dumps(
        expected, sort_keys=True
    )


def test_replace_makes_the_patch_the_metadata(face: Face, filled: str) -> None:
    patch = {"color": None, "new": [1, 2.5]}
    mutation = face.update_metadata(filled, patch, filter={"color": "red"}, mode="replace")

    assert (mutation.count, mutation.ids) == (2, [])
    assert metadata(face, filled) == {
        "a": patch,
        "b": VECTORS[1].metadata,
        "c": patch,
        "d": {},
        "e": None,
    }


def test_ids_are_answered_in_the_order_given(face: Face, filled: str) -> None:
    mutation = face.update_metadata(filled, {"x": 1}, ids=["d", "zzz", "a", "d"])
    assert (mutation.count, mutation.ids) == (2, ["d", "a"])
    assert face.update_metadata(filled, {"x": 1}, ids=[]).count == 0


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ({"namespace": "shoes"}, "ab"),
        ({"filter": {"color": "red"}}, "ac"),
        ({"filter": {"color": "red"}, "namespace": "shoes"}, "a"),
        ({"filter": {"color": "green"}}, ""),
    ],
)
def test_update_metadata_changes_what_is_chosen(
    face: Face, filled: str, options: dict[str, Any], chosen: str
) -> None:
    mutation = face.update_metadata(filled, {"x": 1}, **options)
    assert (mutation.count, mutation.ids) == (len(chosen), [])
    found = metadata(face, filled)
    assert [id for id in ALL if (found[id] or {}).get("x") == 1] == list(chosen)


def test_a_patched_property_is_found_by_its_index(face: Face, filled: str) -> None:
    face.create_metadata_index(filled, "color", "string")
    face.update_metadata(filled, {"color": "green"}, ids=["a", "e"])
    found = face.query(filled, [1, 2], filter={"color": "green"})
    assert [match.id for match in found] == ["a", "e"]


def test_what_is_unchanged_is_not_written_again(
    face: Face, filled: str, client: Client, connection: Any
) -> None:
    def versions() -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = connection.execute(
            f'select id, ctid::text from pgvectorize_data."{filled}" order by id'
        ).fetchall()
        return rows

    before = versions()
    assert face.update_metadata(filled, {"color": "red", "zzz": None}, ids=["a", "c"]).count == 2
    assert face.update_metadata(filled, {}, ids=["d"], mode="replace").count == 1
    assert versions() == before
    face.update_metadata(filled, {"price": 10.0}, ids=["a"])  # jsonb holds it for equal to 10
    assert [row for row in versions() if row in before] == before[1:]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "either ids, or a filter"),
        ({"filter": {}}, "either ids, or a filter"),
        ({"ids": ["a"], "namespace": "shoes"}, "either ids, or a filter"),
        ({"ids": ["a"], "filter": {"color": "red"}}, "either ids, or a filter"),
        ({"ids": ["a"], "mode": "upsert"}, 'mode "upsert" is not known'),
        ({"ids": ["a"], "mode": None}, "mode"),
        ({"namespace": ""}, "namespace is empty"),
    ],
)
def test_update_metadata_refuses_an_unclear_choice(
    face: Face, filled: str, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidRequest, match=says) as refusal:
        face.update_metadata(filled, {"x": 1}, **options)
    assert refusal.value.hint
    assert face.get_by_ids(filled, ALL) == VECTORS


def test_a_typo_in_the_mode_names_the_right_one(face: Face, filled: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        face.update_metadata(filled, {"x": 1}, ids=["a"], mode="replcae")
    assert "Did you mean replace?" in str(refusal.value.hint)


@pytest.mark.parametrize(
    "patch", [[], "x", 1, {"": 1}, {"a.b": 1}, {"$a": 1}, {'a"': 1}, {"a": {"b": [{"$c": None}]}}]
)
@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_a_patch_is_checked_as_metadata_is(face: Face, filled: str, patch: Any, mode: str) -> None:
    with pytest.raises(InvalidRequest, match="patch: ") as refusal:
        face.update_metadata(filled, patch, ids=ALL, mode=mode)
    assert refusal.value.hint
    assert face.get_by_ids(filled, ALL) == VECTORS


@pytest.mark.parametrize("patch", [{"a": 1j}, {"a": float("nan")}, {"a": {1, 2}}, None])
def test_a_patch_that_is_no_json_is_refused(
    iterable_face: IterableFace, filled: str, patch: Any
) -> None:
    with pytest.raises(InvalidRequest, match="patch: ") as refusal:
        iterable_face.update_metadata(filled, patch, ids=["a"])
    assert refusal.value.hint
    with pytest.raises(InvalidRequest, match="is the string"):
        iterable_face.update_metadata(filled, {"a": 1}, ids="abc")
    with pytest.raises(InvalidFilter):
        iterable_face.update_metadata(filled, {"a": 1}, filter={"a": object()})
    assert iterable_face.get_by_ids(filled, ALL) == VECTORS


@pytest.mark.parametrize("depth", [100, 101, 500])
def test_a_patch_has_a_hundred_levels_at_most(face: Face, filled: str, depth: int) -> None:
    patch: Any = 1
    for _ in range(depth):
        patch = {"a": patch}
    if depth == 100:
        face.update_metadata(filled, patch, ids=["e"])
        assert face.get_by_ids(filled, ["e"])[0].metadata == patch
        return
    with pytest.raises(InvalidRequest, match="more than 100 levels") as refusal:
        face.update_metadata(filled, patch, ids=["e"])
    assert refusal.value.hint
    assert face.get_by_ids(filled, ALL) == VECTORS


@pytest.mark.parametrize(
    "change",
    [
        lambda face, index: face.delete(index, namespace="shoes"),
        lambda face, index: face.delete_namespace(index, "shoes"),
        lambda face, index: face.truncate(index),
        lambda face, index: face.update_metadata(index, {"x": 1}, ids=["a"]),
    ],
)
def test_a_change_in_a_transaction_can_be_taken_back(
    face: Face, filled: str, change: Callable[[Face, str], Any]
) -> None:
    before = face.describe(filled)
    with face.borrow() as borrowed, borrowed.transaction(rollback=True):
        change(borrowed.face, filled)
        assert borrowed.face.get_by_ids(filled, ALL) != VECTORS
    assert face.get_by_ids(filled, ALL) == VECTORS
    assert face.describe(filled) == before


@pytest.mark.parametrize(
    "use",
    [
        lambda face: face.delete("nowhere", namespace="n"),
        lambda face: face.delete_namespace("nowhere", "n"),
        lambda face: face.truncate("nowhere"),
        lambda face: face.update_metadata("nowhere", {"a": 1}, ids=["a"]),
        lambda face: face.update_index("nowhere", description="x"),
        lambda face: face.list_namespaces("nowhere"),
        lambda face: face.facets("nowhere", "p"),
    ],
)
def test_an_unknown_index_is_refused(face: Face, use: Callable[[Face], object]) -> None:
    with pytest.raises(LookupError, match='"nowhere"'):
        use(face)
