"""Listing vectors, page by page, while others write."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from pgvectorize import Client, InvalidFilter, InvalidRequest, ListedVector, Vector, VectorList
from tests.contract.faces import Face, IterableFace

Connection = psycopg.Connection[tuple[object, ...]]

VECTORS = [
    Vector(f"v{row:02}", [row, 1], "even" if row % 2 == 0 else None, {"row": row, "a": {"b": 1}})
    for row in range(20)
]
IDS = [vector.id for vector in VECTORS]


@pytest.fixture
def filled(client: Client, index: str) -> str:
    client.index(index).insert(VECTORS)
    return index


def pages(face: Face, index: str, cursor: str | None, **options: Any) -> Iterator[VectorList]:
    """The pages after a cursor, to the last."""
    while cursor is not None:
        page = face.list_vectors(index, cursor=cursor, **options)
        yield page
        cursor = page.next_cursor


def rest(face: Face, index: str, first: VectorList, **options: Any) -> list[str]:
    return [id for page in pages(face, index, first.next_cursor, **options) for id in page.ids]


# What is returned


def fill_with_large_metadata(connection: Connection, index: str) -> None:
    """Fill an index with five vectors, of which the second has more than a page may have."""
    connection.execute(
        f"""
        insert into pgvectorize_data."{index}" (id, embedding, metadata)
        select
            'v' || number, '[1,2]',
            jsonb_build_object('text', repeat('x', 68000000 * (number = 2)::int))
        from generate_series(1, 5) as number
        """.encode()
    )


def test_a_page_of_large_metadata_ends_early(
    face: Face, index: str, connection: Connection
) -> None:
    fill_with_large_metadata(connection, index)
    page = face.list_vectors(index, return_metadata="all")
    assert page.ids == ["v1", "v2"]
    assert (page.count, page.total_count, page.is_truncated) == (2, 5, True)
    assert rest(face, index, page, return_metadata="all") == ["v3", "v4", "v5"]
    assert face.list_vectors(index, return_values=True).count == 5


def test_iteration_goes_over_large_metadata(
    iterable_face: IterableFace, index: str, connection: Connection
) -> None:
    fill_with_large_metadata(connection, index)
    assert [vector.id for vector in iterable_face.iterate(index)] == [
        f"v{row}" for row in range(1, 6)
    ]


def test_only_ids_and_namespaces_are_returned_unless_more_is_asked(face: Face, filled: str) -> None:
    page = face.list_vectors(filled, count=2)
    assert page.vectors == [ListedVector("v00", "even"), ListedVector("v01")]
    assert page.ids == ["v00", "v01"]


@pytest.mark.parametrize("values", [False, True])
@pytest.mark.parametrize(
    ("metadata", "first"),
    [
        ("none", None),
        ("indexed", {"a": {"b": 1}}),
        ("all", {"row": 0, "a": {"b": 1}}),
        (True, {"row": 0, "a": {"b": 1}}),
        (False, None),
    ],
)
def test_values_and_metadata_are_returned_when_asked(
    face: Face, filled: str, values: bool, metadata: Any, first: Any
) -> None:
    face.create_metadata_index(filled, "a.b", "number")
    options = {"return_values": values, "return_metadata": metadata}
    page = face.list_vectors(filled, count=1, **options)

    assert page.vectors == [ListedVector("v00", "even", [0, 1] if values else None, first)]  # type: ignore[arg-type]
    again = next(pages(face, filled, page.next_cursor, count=20, **options))
    assert all((vector.values is not None) is values for vector in again.vectors)
    assert all((vector.metadata is not None) is (first is not None) for vector in again.vectors)


def test_metadata_that_is_not_there_is_told_from_an_empty_one(face: Face, index: str) -> None:
    face.insert(index, [Vector("a", [1, 2]), Vector("b", [1, 2], None, {})])
    page = face.list_vectors(index, return_metadata="all")
    assert [vector.metadata for vector in page.vectors] == [None, {}]


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ({"namespace": "even"}, IDS[::2]),
        ({"filter": {"row": {"$gte": 7}}}, IDS[7:]),
        ({"namespace": "even", "filter": {"row": {"$lt": 7}}}, IDS[:7:2]),
        ({"namespace": "nowhere"}, []),
        ({"filter": {}}, IDS),
    ],
)
@pytest.mark.parametrize("count", [1, 3, 1_000])
def test_a_listing_can_be_narrowed_down(
    face: Face, filled: str, options: dict[str, Any], ids: list[str], count: int
) -> None:
    first = face.list_vectors(filled, count=count, **options)
    assert first.total_count == len(ids)
    assert first.ids + rest(face, filled, first, count=count, **options) == ids


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"namespace": ""}, InvalidRequest),
        ({"filter": {"row": {"$about": 1}}}, InvalidFilter),
        ({"return_metadata": "some"}, InvalidRequest),
    ],
)
def test_a_listing_refuses_what_a_search_refuses(
    face: Face, filled: str, options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error) as refusal:
        face.list_vectors(filled, **options)
    assert refusal.value.hint  # type: ignore[attr-defined]


# What others write meanwhile


@pytest.mark.parametrize("narrow", [{}, {"namespace": "even"}, {"filter": {"row": {"$gte": 0}}}])
def test_what_is_inserted_after_the_first_page_does_not_appear(
    face: Face, filled: str, narrow: dict[str, Any]
) -> None:
    first = face.list_vectors(filled, count=3, **narrow)
    late = [Vector(f"{vector.id}x", [1, 2], "even", {"row": 1}) for vector in VECTORS]
    face.insert(filled, late)
    face.delete_by_ids(filled, ["v18"])
    face.insert(filled, [Vector("v18", [1, 2], "even", {"row": 1})])  # the same id, a new vector
    expected = [id for id in (IDS[::2] if "namespace" in narrow else IDS) if id != "v18"]

    assert first.ids + rest(face, filled, first, count=3, **narrow) == expected
    assert {page.total_count for page in pages(face, filled, first.next_cursor, **narrow)} == {
        first.total_count
    }
    assert face.list_vectors(filled).total_count == 40


def test_what_is_changed_appears_as_it_then_is(face: Face, filled: str) -> None:
    first = face.list_vectors(filled, count=5)
    face.upsert(filled, [Vector(id, [9, 9], "new", {"new": True}) for id in IDS])
    face.update_metadata(filled, {"patched": True}, ids=IDS)
    (page,) = pages(face, filled, first.next_cursor, count=50, return_metadata="all")

    assert page.ids == IDS[5:]
    assert {vector.namespace for vector in page.vectors} == {"new"}
    assert all(vector.metadata == {"new": True, "patched": True} for vector in page.vectors)


def test_what_is_deleted_no_longer_appears(face: Face, filled: str) -> None:
    first = face.list_vectors(filled, count=5)
    face.delete_by_ids(filled, IDS[4:8])
    assert rest(face, filled, first) == IDS[8:]
    face.truncate(filled)
    (page,) = pages(face, filled, first.next_cursor)
    assert (page.ids, page.count, page.total_count) == ([], 0, 20)
    assert (page.is_truncated, page.next_cursor) == (False, None)


def test_what_was_not_committed_at_the_first_page_does_not_appear(
    face: Face, filled: str, dsn: str
) -> None:
    """Inserted before the first page, committed after it; and what committed in between."""
    with psycopg.connect(dsn) as other:
        index = Client(other).index(filled)
        index.insert([("v10x", [1, 2])])
        face.insert(filled, [("v11x", [1, 2])])
        first = face.list_vectors(filled, count=5)
        index.insert([("v12x", [1, 2])])
        index.upsert([Vector("v13", [1, 2])])
        other.commit()

    listed = first.ids + rest(face, filled, first, count=4)
    assert listed == sorted([*IDS, "v11x"])
    assert first.total_count == 21


@pytest.mark.parametrize("later", [False, True])
def test_a_transaction_lists_what_it_has_inserted_itself(
    face: Face, filled: str, dsn: str, later: bool
) -> None:
    """Also when it goes on with the listing after its end, and others have committed since."""
    with face.borrow() as borrowed:
        with borrowed.transaction():
            borrowed.face.insert(filled, [("v10x", [1, 2])])
            first = borrowed.face.list_vectors(filled, count=5)
            face.list_vectors(filled)
            with psycopg.connect(dsn, autocommit=True) as other:
                Client(other).index(filled).insert([("v11x", [1, 2])])
            if not later:
                assert first.ids + rest(borrowed.face, filled, first) == sorted([*IDS, "v10x"])
        assert first.ids + rest(face, filled, first) == sorted([*IDS, "v10x"])


def test_a_listing_goes_on_in_a_transaction_without_what_that_inserts(
    face: Face, filled: str
) -> None:
    first = face.list_vectors(filled, count=5)
    with face.borrow() as borrowed, borrowed.transaction(rollback=True):
        borrowed.face.insert(filled, [("v10x", [1, 2])])
        assert first.ids + rest(borrowed.face, filled, first) == IDS
        assert borrowed.face.list_vectors(filled).total_count == 21


@pytest.mark.parametrize("foreign", ["1", "900000000000", None])
@pytest.mark.parametrize("update", [False, True])
def test_a_restored_dump_is_listed_whole(
    face: Face, filled: str, connection: Connection, foreign: str | None, update: bool
) -> None:
    """Its rows come with the numbers of another cluster's transactions."""
    connection.execute(f'update pgvectorize_data."{filled}" set inserted_by = %s::xid8', [foreign])
    first = face.list_vectors(filled, count=5)
    if update:
        face.update_metadata(filled, {"new": 1}, ids=IDS)
    face.insert(filled, [("v10x", [1, 2])])
    assert first.ids + rest(face, filled, first) == IDS


def test_a_restored_dump_is_listed_whole_while_its_numbers_come_up(
    face: Face, filled: str, connection: Connection
) -> None:
    first_number = connection.execute("select pg_current_xact_id()::text").fetchall()[0][0]
    connection.execute(
        f'update pgvectorize_data."{filled}" '
        "set inserted_by = (%s::bigint + 3 + (metadata ->> 'row')::int)::text::xid8",
        [first_number],
    )
    first = face.list_vectors(filled, count=5)
    for _ in range(30):
        connection.execute("select pg_current_xact_id()")
    assert first.ids + rest(face, filled, first) == IDS


@pytest.mark.parametrize(
    ("version", "upcoming", "full"),
    [
        (3, 800, 3),
        (799, 800, 799),
        (800, 800, 800),
        (802, 800, 802),  # a transaction that runs may have a later number
        (2**32 - 1, 2**32 + 10, 2**32 - 1),
        (9, 2**32 + 10, 2**32 + 9),
        (12, 2**32 + 10, 2**32 + 12),
        (3, 2**32 - 10, 2**32 + 3),
        (2, 2**31, 2),
        (5, 7 * 2**32 + 2**30, 7 * 2**32 + 5),
        (2**32 - 1, 10, 0),  # there is none before the first
    ],
)
def test_the_number_of_a_transaction_is_made_whole(
    connection: Connection, version: int, upcoming: int, full: int
) -> None:
    found = connection.execute(
        "select pgvectorize_private._extend_xid(%s::text::xid, %s::text::xid8)::text",
        [version, upcoming],
    ).fetchall()
    assert found == [(str(full),)]


def test_iteration_is_one_listing(iterable_face: IterableFace, index: str, client: Client) -> None:
    rows = [Vector(f"v{row:04}", [row, 1], None, {"row": row}) for row in range(2_300)]
    iterable_face.insert(index, rows)
    assert iterable_face.iterate(index) == rows


# Cursors


def test_a_cursor_tells_when_it_expires(face: Face, filled: str) -> None:
    page = face.list_vectors(filled, count=5)
    assert page.cursor_expiration_timestamp is not None
    left = page.cursor_expiration_timestamp - datetime.now(UTC)
    assert timedelta(minutes=58) < left <= timedelta(minutes=61)
    assert face.list_vectors(filled).cursor_expiration_timestamp is None


def place_of(cursor: str | None) -> dict[str, Any]:
    assert cursor is not None
    place: dict[str, Any] = json.loads(base64.b64decode(cursor))
    return place


def signed(connection: Connection, index: str, place: dict[str, Any], filter: Any = None) -> str:
    """A cursor with the right digest, as somebody makes who has read the source."""
    ((check,),) = connection.execute(
        "select pgvectorize_private._cursor_digest(pgvectorize_private._find_index(%s), null,"
        " %s, null, %s)",
        [index, json.dumps(filter or {}), json.dumps(place)],
    ).fetchall()
    return base64.b64encode(json.dumps({**place, "check": check}).encode()).decode()


def test_an_expired_cursor_is_refused(face: Face, filled: str, connection: Connection) -> None:
    place = place_of(face.list_vectors(filled, count=5).next_cursor)
    assert face.list_vectors(filled, cursor=signed(connection, filled, place)).count == 15
    place["until"] = "2024-02-03T04:05:06+00:00"
    with pytest.raises(InvalidRequest, match="expired at 2024-02-03 04:05:06 UTC") as refusal:
        face.list_vectors(filled, cursor=signed(connection, filled, place))
    assert "without a cursor" in str(refusal.value.hint)


@pytest.mark.parametrize(
    "change",
    [
        *({"total": 1e300}, {"total": 1.5}, {"total": "many"}, {"total": None}),
        *({"after": None}, {"seen": "x"}, {"seen": None}, {"seen": "9:1:"}, {"own": "x"}),
        *({"until": "soon"}, {"until": None}, {"until": "infinity and beyond"}),
    ],
)
def test_a_forged_cursor_is_refused_even_with_the_right_digest(
    face: Face, filled: str, connection: Connection, change: dict[str, Any]
) -> None:
    place = place_of(face.list_vectors(filled, count=5).next_cursor)
    with pytest.raises(InvalidRequest, match="cursor does not belong to") as refusal:
        face.list_vectors(filled, cursor=signed(connection, filled, {**place, **change}))
    assert refusal.value.hint


@pytest.mark.parametrize(
    "change", [{"after": "v00"}, {"total": 7}, {"until": "2999-01-01T00:00:00+00:00"}, {"x": 1}]
)
def test_a_changed_cursor_is_refused(face: Face, filled: str, change: dict[str, Any]) -> None:
    place = place_of(face.list_vectors(filled, count=5).next_cursor)
    changed = base64.b64encode(json.dumps({**place, **change}).encode()).decode()
    with pytest.raises(InvalidRequest, match="cursor does not belong to"):
        face.list_vectors(filled, cursor=changed)


@pytest.mark.parametrize(
    ("made_with", "used_with"),
    [
        ({}, {"namespace": "even"}),
        ({"namespace": "even"}, {}),
        ({"namespace": "even"}, {"namespace": "odd"}),
        ({}, {"filter": {"row": 1}}),
        ({"filter": {"row": {"$gt": 1}}}, {"filter": {"row": {"$gt": 2}}}),
    ],
)
def test_a_cursor_of_another_namespace_or_filter_is_refused(
    face: Face, filled: str, made_with: dict[str, Any], used_with: dict[str, Any]
) -> None:
    cursor = face.list_vectors(filled, count=2, **made_with).next_cursor
    with pytest.raises(InvalidRequest, match="with this namespace and filter") as refusal:
        face.list_vectors(filled, count=2, cursor=cursor, **used_with)
    assert refusal.value.hint


def test_a_cursor_goes_on_with_other_options(face: Face, filled: str) -> None:
    cursor = face.list_vectors(filled, count=2).next_cursor
    page = face.list_vectors(filled, count=3, cursor=cursor, filter={}, return_values=True)
    assert page.ids == IDS[2:5]


# Namespaces and facets


def test_namespaces_are_listed_with_their_sizes(face: Face, index: str) -> None:
    assert face.list_namespaces(index) == []
    names = ["b", "a", None, "Z", "ä", "a", None, None]
    face.insert(index, [Vector(str(row), [1, 2], name) for row, name in enumerate(names)])
    assert [(each.namespace, each.vector_count) for each in face.list_namespaces(index)] == [
        (None, 3),
        ("Z", 1),
        ("a", 2),
        ("b", 1),
        ("ä", 1),
    ]


TAGGED: list[Any] = [
    *("red", "red", "blue", "10", 10, 10.0, True, False, 10, "", None, {"a": 1}, []),
    ["red", "red", "x"],
    ["x", 10, None, ["y"], {"z": 1}],
]


@pytest.fixture
def tagged(client: Client, index: str) -> str:
    vectors = [
        Vector(str(row), [1, 2], "n" if row < 3 else None, {"p": {"q": value}})
        for row, value in enumerate(TAGGED)
    ]
    client.index(index).insert(
        [*vectors, Vector("none", [1, 2]), Vector("empty", [1, 2], None, {})]
    )
    return index


def counts(facets: list[Any]) -> list[tuple[Any, int]]:
    assert all(facet.lower is None and facet.upper is None for facet in facets)
    return [(facet.value, facet.count) for facet in facets]


@pytest.mark.parametrize("index_type", [None, "string", "number"])
def test_facets_count_values_the_most_frequent_first(
    face: Face, tagged: str, index_type: str | None
) -> None:
    if index_type is not None:
        face.create_metadata_index(tagged, "p.q", index_type)
    expected: list[tuple[Any, int]] = [
        *((10, 4), ("red", 3), ("x", 2)),
        *((False, 1), (True, 1), ("", 1), ("10", 1), ("blue", 1)),
    ]
    assert counts(face.facets(tagged, "p.q")) == expected
    assert counts(face.facets(tagged, "p.q", top_k=2)) == expected[:2]
    assert counts(face.facets(tagged, "p.q", namespace="n")) == [("red", 2), ("blue", 1)]
    assert counts(face.facets(tagged, "p.q", filter={"p.q": "10"}, namespace="other")) == []
    assert counts(face.facets(tagged, "p")) == []
    assert counts(face.facets(tagged, "nothing")) == []


def test_facets_of_numbers_are_ranges_of_equal_width(face: Face, index: str) -> None:
    numbers = [0, 1, 2.5, 4.99, 5, 9.5, 10, "7", None]
    face.insert(index, [Vector(str(n), [1, 2], None, {"n": n}) for n in numbers])
    face.insert(index, [Vector("list", [1, 2], None, {"n": [3, 3, 8, "x"]})])

    facets = face.facets(index, "n", buckets=4)
    assert [facet.value for facet in facets] == [None] * 4
    assert [(facet.lower, facet.upper, facet.count) for facet in facets] == [
        (0, 2.5, 2),
        (2.5, 5, 3),
        (5, 7.5, 1),
        (7.5, 10, 3),
    ]
    (whole,) = face.facets(index, "n", buckets=1)
    assert (whole.lower, whole.upper, whole.count) == (0, 10, 9)


def test_ranges_without_a_vector_are_there_too(face: Face, index: str) -> None:
    face.insert(index, [Vector(str(n), [1, 2], None, {"n": n}) for n in (0, 100)])
    facets = face.facets(index, "n", buckets=10)
    assert [facet.count for facet in facets] == [1, *[0] * 8, 1]
    assert [facet.lower for facet in facets] == [n * 10 for n in range(10)]


def test_ranges_of_one_number_are_one(face: Face, index: str) -> None:
    assert face.facets(index, "n", buckets=5) == []
    face.insert(index, [Vector(str(row), [1, 2], None, {"n": -1.5}) for row in range(3)])
    (only,) = face.facets(index, "n", buckets=5)
    assert (only.lower, only.upper, only.count) == (-1.5, -1.5, 3)


def test_every_number_is_in_one_range(face: Face, index: str) -> None:
    numbers = [1 / 3 * row - 7 for row in range(50)] + [2**53 + 1, -1e-300, 1e22]
    face.insert(index, [Vector(str(row), [1, 2], None, {"n": n}) for row, n in enumerate(numbers)])
    for buckets in (1, 3, 7, 1_000):
        facets = face.facets(index, "n", buckets=buckets)
        assert len(facets) == buckets
        assert sum(facet.count for facet in facets) == len(numbers)


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("", {}, "property name"),
        ("$a", {}, "property name"),
        ("a..b", {}, "property name"),
        ("a", {"top_k": 0}, "top_k must be between 1 and 1000, got 0"),
        ("a", {"top_k": 1_001}, "got 1001"),
        ("a", {"top_k": None}, "top_k"),
        ("a", {"buckets": 0}, "buckets must be between 1 and 1000, got 0"),
        ("a", {"buckets": 1_001}, "got 1001"),
        ("a", {"filter": {"x": {"$about": 1}}}, r"\$about"),
        ("a", {"namespace": ""}, "namespace is empty"),
    ],
)
def test_facets_refuse_what_cannot_be_counted(
    face: Face, tagged: str, name: str, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidRequest, match=says) as refusal:
        face.facets(tagged, name, **options)
    assert refusal.value.hint


# describe


@pytest.fixture
def large(make_index: Callable[..., str], connection: Connection) -> str:
    """120,000 vectors without an HNSW index, which would take long to fill."""
    name = make_index(dimensions=2, metric="euclidean")
    ((hnsw,),) = connection.execute(
        "select pgvectorize_private._hnsw_index(pgvectorize_private._find_index(%s))::text", [name]
    ).fetchall()
    connection.execute(f"drop index {hnsw}")
    connection.execute(f'alter table pgvectorize_data."{name}" set (autovacuum_enabled = false)')
    connection.execute(
        f'insert into pgvectorize_data."{name}" (id, embedding) '
        "select number, '[1,2]' from generate_series(1, 120000) as numbers (number)"
    )
    return name


@pytest.mark.slow
@pytest.mark.parametrize("analyzed", [False, True])
def test_a_large_index_is_estimated_unless_asked_exactly(
    face: Face, large: str, connection: Connection, analyzed: bool
) -> None:
    if analyzed:
        connection.execute(f'analyze pgvectorize_data."{large}"')
    described = face.describe(large)
    assert described.is_estimate
    assert described.vector_count == pytest.approx(120_000, rel=0.05)

    exact = face.describe(large, exact=True)
    assert (exact.vector_count, exact.is_estimate) == (120_000, False)

    face.delete(large, filter={"x": {"$exists": False}})
    connection.execute(f'vacuum analyze pgvectorize_data."{large}"')
    assert face.describe(large).vector_count == 0


def test_a_small_index_is_counted(face: Face, filled: str, connection: Connection) -> None:
    described = face.describe(filled)
    assert (described.vector_count, described.is_estimate) == (20, False)
    assert face.describe(filled, exact=True) == described
