"""Queries: scores, order, how many, and what comes with a match."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from pgvectorize import (
    Client,
    InvalidFilter,
    InvalidRequest,
    InvalidVector,
    Matches,
    VectorNotFound,
)
from pgvectorize.models import Values
from tests.contract.faces import Face
from tests.contract.oracle import nearest

# The products of Vectorize's announcement and documentation, and what it answers.
PRODUCTS = {
    "1": [32.4, 74.1, 3.2],
    "2": [15.1, 19.2, 15.8],
    "3": [0.16, 1.2, 3.8],
    "4": [75.1, 67.1, 29.9],
    "5": [58.8, 6.7, 3.4],
    "4444": [175.1, 167.1, 129.9],
}
QUERY = [54.8, 5.5, 3.1]
COSINE = {
    "5": 0.9999094857643654,
    "4": 0.7898482136568923,
    "4444": 0.7204769565219764,
    "2": 0.6119762634261012,
    "1": 0.49118524187963214,
    "3": 0.12340108328269418,
}


def ids(matches: Matches) -> list[str]:
    return [match.id for match in matches]


@pytest.fixture
def products(client: Client, make_index: Callable[..., str]) -> Callable[[str], str]:
    """Make an index of the products with a metric; odd ids are in a namespace."""

    def make(metric: str = "cosine") -> str:
        name = make_index(dimensions=3, metric=metric)
        client.index(name).upsert(
            (id, values, "odd" if int(id) % 2 else None, {"id": int(id), "at": {"url": f"/{id}"}})
            for id, values in PRODUCTS.items()
        )
        return name

    return make


def test_cosine_scores_are_those_of_the_documentation(
    face: Face, products: Callable[[str], str]
) -> None:
    found = face.query(products("cosine"), QUERY, top_k=6)

    assert ids(found) == list(COSINE)
    assert [match.score for match in found] == pytest.approx(list(COSINE.values()), abs=1e-6)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot-product"])
def test_best_match_comes_first(
    face: Face, products: Callable[[str], str], metric: str, exact: bool
) -> None:
    found = face.query(products(metric), QUERY, top_k=6, exact=exact)
    expected = nearest(PRODUCTS.items(), QUERY, metric, 6)

    assert ids(found) == [id for id, _ in expected]
    assert [match.score for match in found] == pytest.approx([score for _, score in expected])


def test_euclidean_scores_are_distances_with_the_root(face: Face, index: str) -> None:
    face.upsert(index, [("far", [3, 4]), ("here", [0, 0]), ("near", [1, 0])])

    found = face.query(index, [0, 0])
    assert [(match.id, match.score) for match in found] == [("here", 0), ("near", 1), ("far", 5)]


def test_dot_product_scores_are_negative_and_less_is_better(
    face: Face, make_index: Callable[..., str]
) -> None:
    index = make_index(dimensions=2, metric="dot-product")
    face.upsert(index, [("less", [1, 1]), ("none", [0, 0]), ("more", [3, 4]), ("anti", [-1, 0])])

    assert [(match.id, match.score) for match in face.query(index, [2, 1])] == [
        ("more", -10),
        ("less", -3),
        ("none", 0),
        ("anti", 2),
    ]


def test_cosine_of_a_vector_with_itself_is_one_and_with_its_opposite_minus_one(
    face: Face, make_index: Callable[..., str]
) -> None:
    index = make_index(dimensions=2, metric="cosine")
    face.upsert(index, [("same", [2, 4]), ("across", [-2, 1]), ("opposite", [-1, -2])])

    found = face.query(index, [1, 2])
    assert ids(found) == ["same", "across", "opposite"]
    assert [match.score for match in found] == pytest.approx([1, 0, -1])


@pytest.mark.parametrize("exact", [False, True])
def test_equal_scores_are_in_order_of_ids_by_code_point(
    face: Face, index: str, exact: bool
) -> None:
    tied = ["a", "B", "é", "😀", "ﬀ", "Z", "10", "9", "a-b", "ab"]
    face.upsert(index, [(id, [1, 1]) for id in tied] + [("nearer", [0, 1])])

    assert ids(face.query(index, [0, 0], top_k=20, exact=exact)) == ["nearer", *sorted(tied)]
    assert ids(face.query(index, [0, 0], top_k=4, exact=exact)) == ["nearer", *sorted(tied)[:3]]


def test_top_k_is_five_by_default(face: Face, products: Callable[[str], str]) -> None:
    assert face.query(products("cosine"), QUERY).count == 5


@pytest.mark.parametrize(("top_k", "count"), [(1, 1), (3, 3), (6, 6), (7, 6), (1_000, 6)])
def test_query_returns_top_k_or_all_there_are(
    face: Face, products: Callable[[str], str], top_k: int, count: int
) -> None:
    found = face.query(products("cosine"), QUERY, top_k=top_k)

    assert found.count == len(found.matches) == len(found) == count
    assert ids(found) == list(COSINE)[:count]


def test_query_of_an_empty_index_finds_nothing(face: Face, index: str) -> None:
    assert face.query(index, [1, 2]) == Matches(0, [])
    assert face.query(index, [1, 2], filter={"a": 1}, namespace="n") == Matches(0, [])
    assert face.query_many(index, [[1, 2], [3, 4]]) == [Matches(0, [])] * 2
    assert face.count(index) == 0


def test_a_match_has_an_id_and_a_score_only(face: Face, products: Callable[[str], str]) -> None:
    for match in face.query(products("cosine"), QUERY):
        assert match.values is None
        assert match.metadata is None


def test_values_come_on_request(face: Face, products: Callable[[str], str]) -> None:
    for match in face.query(products("cosine"), QUERY, return_values=True):
        assert match.values is not None
        assert match.values.dtype == np.float32
        assert match.values.tolist() == np.array(PRODUCTS[match.id], dtype=np.float32).tolist()


@pytest.mark.parametrize(
    ("wanted", "metadata"),
    [
        ("none", None),
        (False, None),
        ("all", {"id": 5, "at": {"url": "/5", "x": 1}, "tags": [1], "no": None}),
        (True, {"id": 5, "at": {"url": "/5", "x": 1}, "tags": [1], "no": None}),
        ("indexed", {"id": 5, "at": {"url": "/5"}}),
    ],
)
def test_metadata_comes_on_request(
    face: Face, index: str, wanted: str | bool, metadata: object
) -> None:
    full = {"id": 5, "at": {"url": "/5", "x": 1}, "tags": [1], "no": None}
    face.upsert(index, [("5", [1, 2], None, full)])
    for property_name in ("at.url", "id", "absent", "tags.deep", "no.way"):
        face.create_metadata_index(index, property_name, "string")

    assert face.query(index, [1, 2], return_metadata=wanted)[0].metadata == metadata
    assert face.query_by_id(index, "5", return_metadata=wanted)[0].metadata == metadata
    assert face.query_many(index, [[1, 2]], return_metadata=wanted)[0][0].metadata == metadata


@pytest.mark.parametrize("wanted", ["all", "indexed", True])
def test_metadata_that_is_not_there_is_an_empty_object(
    face: Face, index: str, wanted: str | bool
) -> None:
    face.upsert(index, [("a", [1, 2]), ("b", [1, 2], None, {})])
    face.create_metadata_index(index, "p", "string")

    found = face.query(index, [1, 2], return_metadata=wanted)
    assert [match.metadata for match in found] == [{}, {}]


def test_indexed_metadata_without_an_index_is_empty(
    face: Face, products: Callable[[str], str]
) -> None:
    found = face.query(products("cosine"), QUERY, return_metadata="indexed")
    assert [match.metadata for match in found] == [{}] * 5


def test_a_namespace_is_searched_alone(face: Face, products: Callable[[str], str]) -> None:
    index = products("cosine")
    odd = face.query(index, QUERY, namespace="odd")

    assert ids(odd) == ["5", "1", "3"]
    assert {match.namespace for match in odd} == {"odd"}
    assert ids(face.query(index, QUERY, namespace="odd", filter={"id": {"$lt": 5}})) == ["1", "3"]
    assert set(ids(face.query_by_id(index, "4", namespace="odd"))) == {"1", "3", "5"}
    assert face.count(index, namespace="odd") == 3


def test_without_a_namespace_all_are_searched(face: Face, products: Callable[[str], str]) -> None:
    found = face.query(products("cosine"), QUERY, top_k=6)

    assert [match.namespace for match in found] == ["odd", None, None, None, "odd", "odd"]


@pytest.mark.parametrize("namespace", ["even", "Odd", "odd ", "' or true --", "%", "öd"])
def test_an_unknown_namespace_is_empty(
    face: Face, products: Callable[[str], str], namespace: str
) -> None:
    index = products("cosine")
    assert face.query(index, QUERY, namespace=namespace) == Matches(0, [])
    assert face.count(index, namespace=namespace) == 0


def test_filter_is_applied_before_top_k(face: Face, products: Callable[[str], str]) -> None:
    index = products("cosine")
    assert ids(face.query(index, QUERY, top_k=1, filter={"id": 3})) == ["3"]
    assert ids(face.query(index, QUERY, top_k=1, namespace="odd", filter={"id": {"$ne": 5}})) == [
        "1"
    ]


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot-product"])
def test_query_by_id_is_a_query_with_the_stored_values(
    face: Face, products: Callable[[str], str], metric: str
) -> None:
    index = products(metric)
    (vector,) = face.get_by_ids(index, ["4"])
    for options in (
        {},
        {"top_k": 2, "return_values": True, "return_metadata": "all"},
        {"filter": {"id": {"$gt": 4}}, "namespace": "odd"},
        {"exact": True, "ef_search": 1},
    ):
        assert face.query_by_id(index, "4", **options) == face.query(
            index, vector.values, **options
        )


@pytest.mark.parametrize("id", ["nobody", "", "x" * 2_000, "' or true --"])
def test_query_by_id_refuses_an_unknown_id(
    face: Face, products: Callable[[str], str], id: str
) -> None:
    with pytest.raises(VectorNotFound) as refusal:
        face.query_by_id(products("cosine"), id)

    assert f'"{id}"' in str(refusal.value)
    assert refusal.value.hint
    assert isinstance(refusal.value, LookupError)


def test_query_many_answers_each_query(face: Face, products: Callable[[str], str]) -> None:
    index = products("cosine")
    queries = np.array([QUERY, PRODUCTS["1"], QUERY, [-1, -1, -1]])
    for options in (
        {},
        {"top_k": 2, "return_values": True, "return_metadata": "all"},
        {"filter": {"id": {"$in": [1, 2]}}, "exact": True},
        {"namespace": "nowhere"},
    ):
        assert face.query_many(index, queries, **options) == [
            face.query(index, query, **options) for query in queries
        ]
    assert face.query_many(index, np.empty((0, 3))) == []


@pytest.mark.parametrize("ef_search", [1, 40, 1_000])
def test_ef_search_may_be_chosen(
    face: Face, products: Callable[[str], str], ef_search: int
) -> None:
    found = face.query(products("cosine"), QUERY, top_k=6, ef_search=ef_search)
    assert ids(found) == list(COSINE)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"top_k": 0}, "got 0"),
        ({"top_k": -1}, "got -1"),
        ({"top_k": 1_001}, "between 1 and 1000, got 1001"),
        ({"top_k": None}, "got null"),
        ({"ef_search": 0}, "got 0"),
        ({"ef_search": 1_001}, "between 1 and 1000, got 1001"),
        ({"return_metadata": "some"}, '"some"'),
        ({"return_metadata": "ALL"}, '"ALL"'),
        ({"return_metadata": ""}, '""'),
        ({"namespace": ""}, "namespace is empty"),
    ],
)
def test_query_refuses_wrong_options(
    face: Face, products: Callable[[str], str], options: dict[str, object], says: str
) -> None:
    index = products("cosine")
    for query in (
        lambda: face.query(index, QUERY, **options),
        lambda: face.query_by_id(index, "5", **options),
        lambda: face.query_many(index, [QUERY], **options),
    ):
        with pytest.raises(InvalidRequest) as refusal:
            query()
        assert says in str(refusal.value)
        assert refusal.value.hint


@pytest.mark.parametrize(
    ("vector", "says"),
    [
        ([1, 2], "expected 3 dimensions, got 2"),
        ([1, 2, 3, 4], "expected 3 dimensions, got 4"),
        ([0, 0, 0], "length zero"),
    ],
)
def test_query_refuses_a_vector_that_does_not_fit(
    face: Face, products: Callable[[str], str], vector: list[float], says: str
) -> None:
    index = products("cosine")
    for query in (
        lambda: face.query(index, vector),
        lambda: face.query_many(index, [vector]),
        lambda: face.query(index, vector, exact=True, filter={"id": 1}),
    ):
        with pytest.raises(InvalidVector, match=says) as refusal:
            query()
        assert refusal.value.hint


@pytest.mark.parametrize(
    "vector", [[float("nan"), 1, 2], [1, float("inf"), 2], [1, 2, -1e39], [], [[1, 2, 3]], "123"]
)
def test_query_refuses_what_is_no_vector_of_finite_numbers(
    iterable_face: Face, products: Callable[[str], str], vector: list[float]
) -> None:
    with pytest.raises(InvalidVector, match="query vector") as refusal:
        iterable_face.query(products("cosine"), vector)
    assert refusal.value.hint


def test_a_zero_vector_is_compared_by_the_other_metrics(
    face: Face, products: Callable[[str], str]
) -> None:
    assert ids(face.query(products("euclidean"), [0, 0, 0], top_k=1)) == ["3"]
    found = face.query(products("dot-product"), [0, 0, 0], top_k=6)
    assert ids(found) == sorted(PRODUCTS)
    assert {match.score for match in found} == {0}


# An index that is large enough for the graph, with a hole around the query.

DIMENSIONS = 8
CENTRE = np.ones(DIMENSIONS, dtype=np.float32)
RARE = {"rare": {"$eq": True}}


@pytest.fixture(scope="session")
def crowded(client: Client) -> Iterator[tuple[str, dict[str, Values]]]:
    """3,000 vectors around the query of which the 500 nearest were deleted; four rare ones afar."""
    values = CENTRE + np.random.default_rng(2).normal(scale=0.1, size=(3_000, DIMENSIONS))
    rows = dict(zip((f"v{row:04}" for row in range(3_000)), values.astype(np.float32), strict=True))
    rare = {f"rare{row}": -CENTRE * (row + 1) for row in range(4)}
    name = "contract-crowded"
    client.create_index(name, dimensions=DIMENSIONS, metric="euclidean")
    index = client.index(name)
    index.insert((id, values, None, {"rare": False}) for id, values in rows.items())
    index.insert((id, values, "afar", {"rare": True}) for id, values in rare.items())
    deleted = [id for id, _ in nearest(rows.items(), CENTRE, "euclidean", 500)]
    index.delete_by_ids(deleted)
    yield name, {id: row for id, row in {**rows, **rare}.items() if id not in deleted}
    client.delete_index(name)


@pytest.mark.slow
@pytest.mark.parametrize("plans", ["any", "graph", "graph, not counted"])
@pytest.mark.parametrize("top_k", [1, 5, 100, 1_000])
def test_query_fills_up_whatever_the_graph_returns(
    face: Face, crowded: tuple[str, dict[str, Values]], top_k: int, plans: str
) -> None:
    name, rows = crowded
    with face.borrow(session=True) as borrowed:
        if plans != "any":
            borrowed.execute("select set_config('enable_seqscan', 'off', false)")
            borrowed.execute("select set_config('enable_bitmapscan', 'off', false)")
        if plans == "graph, not counted":
            borrowed.execute("select set_config('track_counts', 'off', false)")
        query = borrowed.face.query

        assert query(name, CENTRE, top_k=top_k).count == top_k
        assert query(name, CENTRE, top_k=top_k, ef_search=1).count == top_k
        assert query(name, CENTRE, top_k=top_k, filter={"rare": False}).count == top_k

        rare = [f"rare{row}" for row in range(4)][:top_k]
        assert ids(query(name, CENTRE, top_k=top_k, filter=RARE)) == rare
        assert ids(query(name, CENTRE, top_k=top_k, namespace="afar")) == rare
        assert ids(query(name, CENTRE, top_k=top_k, filter={"rare": {"$ne": False}})) == rare
        assert query(name, CENTRE, top_k=top_k, filter={"rare": 1}).count == 0

        expected = nearest(rows.items(), CENTRE, "euclidean", top_k)
        assert ids(query(name, CENTRE, top_k=top_k, exact=True)) == [id for id, _ in expected]


@pytest.mark.slow
def test_a_malformed_filter_is_refused_on_every_way(
    face: Face, crowded: tuple[str, dict[str, Values]]
) -> None:
    for exact in (False, True):
        with pytest.raises(InvalidFilter):
            face.query(crowded[0], CENTRE, filter={"rare": {}}, exact=exact)


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot-product"])
def test_graph_finds_nearly_all_of_the_nearest(
    blocking_face: Face, make_index: Callable[..., str], metric: str
) -> None:
    random = np.random.default_rng(3)
    centres = random.normal(size=(50, 32))
    values = centres[random.integers(50, size=5_000)] + random.normal(scale=0.3, size=(5_000, 32))
    queries = centres[random.integers(50, size=50)] + random.normal(scale=0.3, size=(50, 32))
    names = [f"v{row}" for row in range(len(values))]
    index = make_index(dimensions=32, metric=metric)
    blocking_face.insert(index, ids=names, values=values)

    found = 0
    answers = blocking_face.query_many(index, queries, top_k=10)
    for query, answer in zip(queries, answers, strict=True):
        expected = nearest(zip(names, values, strict=True), query, metric, 10)
        found += len({id for id, _ in expected} & set(ids(answer)))
    assert found / (10 * len(queries)) >= 0.95


def test_scores_are_the_same_with_values_and_without(
    face: Face, products: Callable[[str], str]
) -> None:
    name = products("cosine")
    with_values = face.query(name, QUERY, return_values=True, return_metadata="all")
    assert [match.score for match in with_values] == [
        match.score for match in face.query(name, QUERY)
    ]


def test_many_queries_are_shared_among_connections_in_their_order(face: Face, index: str) -> None:
    face.upsert(
        index, [(f"v{n:03}", [1.0, n], None if n % 2 else "even", {"n": n}) for n in range(400)]
    )
    asked = [[1.0, n] for n in range(400)]
    shared = face.query_many(index, asked, top_k=1)
    assert [matches[0].id for matches in shared] == [f"v{n:03}" for n in range(400)]
    filters = [{"n": n} if n % 3 else None for n in range(400)]
    filtered = face.query_many(index, asked, top_k=2, filters=filters)
    assert [matches.count for matches in filtered] == [1 if n % 3 else 2 for n in range(400)]


def test_many_queries_of_which_some_under_fill(face: Face, index: str) -> None:
    face.upsert(index, [(f"v{n}", [1.0, n], f"n{n % 3}") for n in range(7)])
    for options in ({}, {"namespace": "n0"}, {"exact": True}, {"top_k": 1000}, {"offset": 5}):
        several = face.query_many(index, [[1, 0], [1, 6]], **options)
        assert several == [face.query(index, [1, n], **options) for n in (0, 6)]
