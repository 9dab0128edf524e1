"""Reading vectors by id, listing and deleting them."""

from __future__ import annotations

import base64
import json

import pytest

from pgvectorize import Client, InvalidRequest, Vector
from tests.contract.faces import Face, IterableFace

VECTORS = {
    "a": Vector("a", [1, 2], "shoes", {"color": "red"}),
    "b": Vector("b", [3, 4]),
    "c": Vector("c", [5, 6], None, {}),
    "d": Vector("d", [7, 8], "hats"),
}


@pytest.fixture
def filled(client: Client, index: str) -> str:
    client.index(index).insert(VECTORS.values())
    return index


def test_get_by_ids_returns_whole_vectors_in_the_order_asked(face: Face, filled: str) -> None:
    assert face.get_by_ids(filled, ["d", "a", "c", "b"]) == [VECTORS[id] for id in "dacb"]


def test_get_by_ids_leaves_out_what_is_not_there(face: Face, filled: str) -> None:
    assert face.get_by_ids(filled, ["x", "b", "", "A", "a"]) == [VECTORS["b"], VECTORS["a"]]
    assert face.get_by_ids(filled, ["x", "y"]) == []
    assert face.get_by_ids(filled, []) == []


def test_get_by_ids_returns_each_vector_once(face: Face, filled: str) -> None:
    assert face.get_by_ids(filled, list("bxabba")) == [VECTORS["b"], VECTORS["a"]]


def test_get_by_ids_takes_any_number_of_ids(face: Face, filled: str) -> None:
    wanted = [f"x{row}" for row in range(3_000)] + ["a"]
    assert face.get_by_ids(filled, wanted) == [VECTORS["a"]]


def test_ids_are_not_read_from_a_string(iterable_face: IterableFace, filled: str) -> None:
    for use in (iterable_face.get_by_ids, iterable_face.delete_by_ids):
        with pytest.raises(InvalidRequest, match="string") as refusal:
            use(filled, "abc")
        assert refusal.value.hint
    assert iterable_face.count(filled) == 4


def test_delete_by_ids_answers_with_what_was_there(face: Face, filled: str) -> None:
    mutation = face.delete_by_ids(filled, ["c", "x", "a", "c"])

    assert (mutation.count, mutation.ids) == (2, ["c", "a"])
    assert face.get_by_ids(filled, list("abcd")) == [VECTORS["b"], VECTORS["d"]]
    assert [match.id for match in face.query(filled, [1, 2])] == ["b", "d"]
    assert face.describe(filled).vector_count == 2


@pytest.mark.parametrize("ids", [[], ["x"], ["x"] * 200, ["' or true --"]])
def test_to_delete_unknown_ids_is_no_error(face: Face, filled: str, ids: list[str]) -> None:
    mutation = face.delete_by_ids(filled, ids)

    assert (mutation.count, mutation.ids) == (0, [])
    assert face.describe(filled).processed_up_to_mutation == mutation.mutation_id
    assert face.count(filled) == 4


def test_any_number_of_ids_is_deleted_in_one_call(face: Face, index: str) -> None:
    face.insert(index, [(f"many-{number}", [number, 1]) for number in range(300)])
    assert face.delete_by_ids(index, [f"many-{number}" for number in range(250)]).count == 250
    assert face.count(index) == 50


def test_a_deleted_id_can_be_inserted_again(face: Face, filled: str) -> None:
    face.delete_by_ids(filled, ["a"])
    assert face.insert(filled, [("a", [9, 9])]).ids == ["a"]
    assert face.get_by_ids(filled, ["a"]) == [Vector("a", [9, 9])]


def test_list_of_an_empty_index_is_one_empty_page(face: Face, index: str) -> None:
    page = face.list_vectors(index)
    assert (page.ids, page.count, page.total_count) == ([], 0, 0)
    assert not page.is_truncated
    assert page.next_cursor is None


NAMES = [f"{letter}{row}" for letter in ("a", "B", "é", "Z", "-", "🧭", "'") for row in range(30)]


@pytest.fixture
def long(client: Client, index: str) -> str:
    client.index(index).insert((id, [1, 2]) for id in NAMES)
    return index


@pytest.mark.parametrize("count", [1, 7, 105, 209, 210, 211, 1_000])
def test_pages_cover_every_id_once(face: Face, long: str, count: int) -> None:
    listed: list[str] = []
    page = face.list_vectors(long, count=count)
    while True:
        assert page.count == len(page.ids) <= count
        assert page.total_count == len(NAMES)
        assert page.is_truncated == (page.next_cursor is not None)
        listed += page.ids
        if page.next_cursor is None:
            break
        assert page.count == count
        page = face.list_vectors(long, count=count, cursor=page.next_cursor)

    assert sorted(listed) == sorted(NAMES)
    assert len(listed) == len(NAMES)
    assert face.list_vectors(long, count=1_000).ids == listed


def test_a_page_has_a_hundred_ids_by_default(face: Face, long: str) -> None:
    page = face.list_vectors(long)
    assert (page.count, page.is_truncated) == (100, True)


def test_pages_are_stable_while_others_write(face: Face, long: str) -> None:
    first = face.list_vectors(long, count=50)
    face.upsert(long, [(id, [5, 6], "n", {"new": True}) for id in NAMES])
    face.delete_by_ids(long, first.ids)
    rest = face.list_vectors(long, count=1_000, cursor=first.next_cursor)

    assert rest.total_count == first.total_count == len(NAMES)
    assert sorted(first.ids + rest.ids) == sorted(NAMES)


@pytest.mark.parametrize("count", [0, -1, 1_001, None])
def test_list_refuses_a_count_out_of_range(face: Face, long: str, count: int) -> None:
    with pytest.raises(InvalidRequest, match="between 1 and 1000") as refusal:
        face.list_vectors(long, count=count)
    assert refusal.value.hint


def forged(**place: object) -> str:
    return base64.b64encode(json.dumps(place).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        *("", "x", "not base64!", "bm90IGpzb24=", "gICAgA==", "bnVsbA==", "e30=", "WzFd"),
        forged(index=0, after="a0", total=1),
        forged(index="1", after="a0", total=1),
        forged(after="a0", total=1),
    ],
)
def test_list_refuses_a_forged_cursor(face: Face, long: str, cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor") as refusal:
        face.list_vectors(long, cursor=cursor)
    assert refusal.value.hint


@pytest.mark.parametrize(
    "change",
    [
        *({"total": 1e300}, {"total": 1.5}, {"total": "1"}, {"total": -1}, {"total": None}),
        *({"after": 1}, {"after": None}, {"after": "\0"}, {"after": ["a"]}, {"index": 1e300}),
    ],
)
def test_list_refuses_a_cursor_that_was_tampered_with(
    face: Face, long: str, change: dict[str, object]
) -> None:
    cursor = face.list_vectors(long, count=1).next_cursor
    assert cursor is not None
    place = json.loads(base64.b64decode(cursor))

    with pytest.raises(InvalidRequest, match="cursor"):
        face.list_vectors(long, cursor=forged(**{**place, **change}))


def test_list_refuses_a_cursor_of_another_index(face: Face, long: str, new_name: str) -> None:
    for _ in range(2):  # the second time the name is the same, but not the index
        face.create_index(new_name, dimensions=2, metric="euclidean")
        face.insert(new_name, [("a", [1, 2]), ("b", [1, 2])])
        cursor = face.list_vectors(new_name, count=1).next_cursor
        with pytest.raises(InvalidRequest, match="cursor"):
            face.list_vectors(long, cursor=cursor)
        face.delete_index(new_name)
    face.create_index(new_name, dimensions=2, metric="euclidean")
    with pytest.raises(InvalidRequest, match="cursor"):
        face.list_vectors(new_name, cursor=cursor)


def test_iteration_reads_all_vectors_whole(iterable_face: IterableFace, filled: str) -> None:
    assert iterable_face.iterate(filled) == list(VECTORS.values())


@pytest.mark.slow
def test_iteration_goes_from_page_to_page(iterable_face: IterableFace, index: str) -> None:
    assert iterable_face.iterate(index) == []
    names = [f"v{row}" for row in range(2_000)]
    iterable_face.insert(index, ids=names, values=[[1, 2]] * len(names))
    assert sorted(vector.id for vector in iterable_face.iterate(index)) == sorted(names)
