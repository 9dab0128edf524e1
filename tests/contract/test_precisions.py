"""How vectors are stored, and what the HNSW index holds of them; all answer alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from pgvectorize import Client, IndexNotFound, InvalidRequest, InvalidVector, Matches
from pgvectorize.models import Metric, Values
from tests.contract.faces import Face, IterableFace
from tests.contract.oracle import nearest

METRICS: tuple[Metric, ...] = ("cosine", "euclidean", "dot-product")
# storage and index_precision
PRECISIONS = [
    ("float32", "float32"),
    ("float32", "float16"),
    ("float32", "binary"),
    ("float16", "float16"),
    ("float16", "binary"),
]
DIMENSIONS = 256
ROWS = 500


def ids(matches: Matches) -> list[str]:
    return [match.id for match in matches]


def as_stored(values: Any, storage: str) -> Values:
    """What is kept of values: float16 rounds them."""
    kept = np.asarray(values, dtype=np.float32)
    return kept.astype(np.float16).astype(np.float32) if storage == "float16" else kept


@contextmanager
def by_graph(face: Face) -> Iterator[Face]:
    """The same face, for which the planner prefers the HNSW index to all else."""
    with face.borrow(session=True) as borrowed:
        # jit: before 18 what is off costs 1e10, for which the whole plan would be compiled, 0.4 s
        for setting in ("enable_seqscan", "enable_bitmapscan", "enable_sort", "jit"):
            borrowed.execute(f"select set_config('{setting}', 'off', false)")
        yield borrowed.face


def clusters(rows: int, dimensions: int, seed: int = 5) -> Values:
    """Vectors of length one around zero, in clusters, as embeddings are."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(1).normal(size=(20, dimensions))
    values = centres[random.integers(20, size=rows)]
    values = values + random.normal(scale=0.7, size=(rows, dimensions))
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    return values.astype(np.float32)


VALUES = clusters(ROWS, DIMENSIONS)
QUERIES = clusters(20, DIMENSIONS, seed=6)
NAMES = [f"v{row:03}" for row in range(ROWS)]


# What can be asked for


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(("storage", "precision"), PRECISIONS)
def test_an_index_says_what_it_was_made_with(
    face: Face, new_name: str, storage: str, precision: str, metric: str
) -> None:
    info = face.create_index(
        new_name,
        dimensions=32,
        metric=metric,
        storage=storage,
        index_precision=precision,
        m=8,
        ef_construction=40,
    )

    assert info == face.get_index(new_name)
    assert info in face.list_indexes()
    assert (info.storage, info.index_precision) == (storage, precision)
    assert (info.m, info.ef_construction, info.has_hnsw) == (8, 40, True)


@pytest.mark.parametrize(
    ("dimensions", "storage", "precision"),
    [
        (1, "float32", "float32"),
        (948, "float32", "float32"),
        (949, "float32", "float16"),
        (4_000, "float32", "float16"),
        (4_001, "float32", "binary"),
        (16_000, "float32", "binary"),
        (1, "float16", "float16"),
        (4_000, "float16", "float16"),
        (4_001, "float16", "binary"),
    ],
)
def test_the_precision_suits_the_dimensions_by_default(
    face: Face, new_name: str, dimensions: int, storage: str, precision: str
) -> None:
    info = face.create_index(new_name, dimensions=dimensions, metric="cosine", storage=storage)

    assert (info.storage, info.index_precision, info.has_hnsw) == (storage, precision, True)


@pytest.mark.parametrize(
    ("dimensions", "precision", "has_hnsw"),
    [(4_000, None, True), (4_001, None, False), (4_001, "binary", True)],
)
def test_lengths_that_signs_do_not_tell_are_searched_exactly_unless_binary_is_asked_for(
    face: Face, new_name: str, dimensions: int, precision: str | None, has_hnsw: bool
) -> None:
    info = face.create_index(
        new_name, dimensions=dimensions, metric="euclidean", index_precision=precision
    )

    assert info.has_hnsw == has_hnsw


@pytest.mark.parametrize(
    ("given", "m", "ef_construction"),
    [
        ({"m": 2}, 2, 64),
        ({"m": 100}, 100, 200),
        ({"m": 33}, 33, 66),
        ({"m": 2, "ef_construction": 4}, 2, 4),
        ({"ef_construction": 1_000}, 16, 1_000),
    ],
)
def test_the_parameters_of_the_hnsw_index_may_be_chosen(
    face: Face, new_name: str, given: dict[str, int], m: int, ef_construction: int
) -> None:
    info = face.create_index(new_name, dimensions=2, metric="cosine", **given)

    assert (info.m, info.ef_construction) == (m, ef_construction)
    face.upsert(new_name, [("a", [1, 0]), ("b", [0, 1])])
    assert ids(face.query(new_name, [1, 0.1])) == ["a", "b"]


def test_an_index_without_hnsw_compares_with_every_vector(face: Face, new_name: str) -> None:
    info = face.create_index(new_name, dimensions=2, metric="euclidean", hnsw=False)

    assert not info.has_hnsw
    face.upsert(new_name, [("a", [1, 1]), ("b", [70_000, 1])])
    assert ids(face.query(new_name, [60_000, 1])) == ["b", "a"]


@pytest.mark.parametrize(
    ("options", "says", "hint"),
    [
        ({"storage": "float64"}, 'storage "float64" is not known', "Known are float32, float16."),
        ({"storage": "flaot16"}, '"flaot16"', "Did you mean float16?"),
        ({"index_precision": "bianry"}, '"bianry"', "Did you mean binary?"),
        ({"storage": "float16", "index_precision": "float32"}, "needs storage float32", "Leave"),
        ({"dimensions": 2_001, "index_precision": "float32"}, "2000 dimensions, got 2001", "Leave"),
        ({"dimensions": 4_001, "index_precision": "float16"}, "4000 dimensions, got 4001", "Leave"),
        ({"m": 1}, "m must be between 2 and 100, got 1", "neighbours"),
        ({"m": 101}, "m must be between 2 and 100, got 101", "neighbours"),
        ({"ef_construction": 31}, "between 32 and 1000, got 31", "at least 2 m"),
        ({"m": 2, "ef_construction": 3}, "between 4 and 1000, got 3", "at least 2 m"),
        ({"ef_construction": 1_001}, "got 1001", "default is 64"),
    ],
)
def test_what_is_not_known_or_does_not_go_together_is_refused(
    face: Face, new_name: str, options: dict[str, Any], says: str, hint: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        face.create_index(new_name, **{"dimensions": 2, "metric": "cosine", **options})

    assert says in str(refusal.value)
    assert hint in str(refusal.value.hint)
    with pytest.raises(IndexNotFound):
        face.get_index(new_name)


# What is stored


def test_float16_values_come_back_as_it_rounds_them(
    face: Face, make_index: Callable[..., str]
) -> None:
    given = np.array([[0.1, -1 / 3, 65_519], [1e-7, 2_049, -65_504]], dtype=np.float32)
    kept = as_stored(given, "float16")
    name = make_index(dimensions=3, metric="euclidean", storage="float16")
    face.upsert(name, ids=["a", "b"], values=given)

    assert kept[0].tolist() == [0.0999755859375, -0.333251953125, 65_504]
    for vector, expected in zip(face.get_by_ids(name, ["a", "b"]), kept, strict=True):
        np.testing.assert_array_equal(vector.values, expected)
    for listed, expected in zip(
        face.list_vectors(name, return_values=True).vectors, kept, strict=True
    ):
        assert listed.values is not None
        assert listed.values.dtype == np.float32
        np.testing.assert_array_equal(listed.values, expected)
    match = face.query(name, given[0], top_k=1, return_values=True)[0]
    assert match.id == "a"
    assert match.values is not None
    np.testing.assert_array_equal(match.values, kept[0])


def test_float16_values_are_iterated_over(
    iterable_face: IterableFace, make_index: Callable[..., str]
) -> None:
    name = make_index(dimensions=2, metric="cosine", storage="float16")
    iterable_face.upsert(name, [("a", [0.1, 1])])

    (vector,) = iterable_face.iterate(name)
    np.testing.assert_array_equal(vector.values, as_stored([0.1, 1], "float16"))


def test_an_upsert_that_rounds_to_what_is_there_writes_nothing(
    face: Face, make_index: Callable[..., str], client: Client
) -> None:
    name = make_index(dimensions=3, metric="cosine", storage="float16")
    given = [("a", [0.1, 0.2, 0.3], "n", {"x": 1}), ("b", [1 / 3, 1, 2])]
    where = f"select id, ctid, xmin from {client.get_index(name).relation} order by id"
    with face.borrow() as borrowed:
        borrowed.face.upsert(name, given)
        before = borrowed.execute(where)
        assert borrowed.face.upsert(name, given).ids == ["a", "b"]
        assert borrowed.execute(where) == before
        borrowed.face.upsert(name, [("a", [0.2, 0.2, 0.3], "n", {"x": 1})])
        assert borrowed.execute(where)[0] != before[0]


@pytest.mark.parametrize(
    ("metric", "options", "what"),
    [
        ("cosine", {"storage": "float16"}, "the index"),
        ("euclidean", {"storage": "float16", "index_precision": "binary"}, "the index"),
        ("dot-product", {"storage": "float16", "hnsw": False}, "the index"),
        ("euclidean", {"index_precision": "float16"}, "the HNSW index"),
        ("dot-product", {"index_precision": "float16"}, "the HNSW index"),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_value_that_float16_cannot_hold_is_refused(
    face: Face,
    make_index: Callable[..., str],
    metric: str,
    options: dict[str, Any],
    what: str,
    sign: int,
) -> None:
    name = make_index(dimensions=3, metric=metric, **options)
    good = [65_519 * sign, 60_000, 60_000]
    wrong = [1, 65_520 * sign, 1e9]

    for write in (face.insert, face.upsert):
        with pytest.raises(InvalidVector) as refusal:
            write(name, [("a", good), ("b", wrong)])
        assert refusal.value.row == 2
        assert 'row 2, id "b": value 2 is ' in str(refusal.value)
        assert f"but the largest float16 is 65504, and {what} has float16 values" in str(
            refusal.value
        )
    assert face.count(name) == 0
    face.upsert(name, [("a", good)])
    with pytest.raises(InvalidVector, match="query vector: value 2 is"):
        face.query(name, wrong)
    assert ids(face.query(name, good)) == ["a"]


@pytest.mark.parametrize("values", [[0, 1e-8, 0], [1e-10, -1e-10, 1e-12]])
def test_a_vector_that_rounds_to_zero_has_no_direction(
    face: Face, make_index: Callable[..., str], values: list[float]
) -> None:
    name = make_index(dimensions=3, metric="cosine", storage="float16")
    with pytest.raises(
        InvalidVector, match="rounded to float16 the vector has length zero"
    ) as refusal:
        face.upsert(name, [("a", values)])
    assert refusal.value.row == 1

    for metric in ("euclidean", "dot-product"):
        other = make_index(dimensions=3, metric=metric, storage="float16")
        face.upsert(other, [("a", values)])
        assert face.query(other, [0, 0, 0])[0].score == 0


@pytest.mark.parametrize("scale", [1e-15, 1e-9, 1e9, 1e15])
@pytest.mark.parametrize("precision", ["float16", "binary"])
def test_directions_of_any_length_are_found_under_cosine(
    face: Face, make_index: Callable[..., str], precision: str, scale: float
) -> None:
    name = make_index(dimensions=3, metric="cosine", index_precision=precision)
    rows = {"a": [scale, 0, 0], "b": [scale, scale, -scale], "c": [-scale, 0.1 * scale, 0]}
    face.upsert(name, list(rows.items()))
    query = [3 * scale, scale, 0]

    expected = nearest(rows.items(), query, "cosine", 3)
    with by_graph(face) as graph:
        for found in (graph.query(name, query), graph.query(name, query, exact=True)):
            assert ids(found) == [id for id, _ in expected]
            scores = [score for _, score in expected]
            assert [match.score for match in found] == pytest.approx(scores, abs=1e-6)


@pytest.mark.parametrize("options", [{"storage": "float16"}, {"index_precision": "float16"}])
def test_a_load_of_many_batches_is_checked_and_rounded(
    iterable_face: IterableFace, make_index: Callable[..., str], options: dict[str, Any]
) -> None:
    name = make_index(dimensions=2, metric="euclidean", **options)
    given = np.random.default_rng(2).normal(size=(90, 2)).astype(np.float32)
    wrong = given.copy()
    wrong[77, 1] = 1e6
    load: dict[str, Any] = {"ids": NAMES[:90], "batch_size": 20}
    for _ in range(2):  # into an empty index, and into one with rows
        with pytest.raises(
            InvalidVector, match="value 2 is 1e\\+06, but the largest float16 is 65504"
        ) as refusal:
            iterable_face.upsert(name, values=wrong, **load)
        assert refusal.value.row == 78
        assert iterable_face.upsert(name, values=given, **load).count == 90
    kept = as_stored(given, options.get("storage", "float32"))
    found = [vector.values for vector in iterable_face.get_by_ids(name, NAMES[:90])]
    np.testing.assert_array_equal(np.asarray(found), kept)


# What is found


@pytest.fixture(scope="module")
def filled(client: Client) -> Iterator[Callable[[str, str, str], str]]:
    """Name an index of all VALUES, of any metric, storage and precision; every tenth is rare."""
    names: list[str] = []

    def named(metric: Any, storage: Any, precision: Any) -> str:
        name = f"precise-{metric}-{storage}-{precision}"
        if name not in names:
            names.append(name)
            client.create_index(
                name,
                dimensions=DIMENSIONS,
                metric=metric,
                storage=storage,
                index_precision=precision,
            )
            client.index(name).insert(
                ids=NAMES,
                values=VALUES,
                namespaces=["tenth" if row % 10 == 0 else None for row in range(ROWS)],
                metadata=[{"row": row} for row in range(ROWS)],
            )
        return name

    yield named
    for name in names:
        client.delete_index(name)


def check_scores(found: Matches, values: Values, query: Any, metric: str) -> None:
    """Scores are those of the stored vectors, and in order."""
    rows = {id: values[NAMES.index(id)] for id in ids(found)}
    expected = dict(nearest(rows.items(), query, metric, len(rows)))
    scores = [match.score for match in found]
    assert scores == pytest.approx([expected[match.id] for match in found], abs=2e-6)
    assert scores == sorted(scores, reverse=metric == "cosine")


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(("storage", "precision"), PRECISIONS)
def test_every_precision_finds_what_the_oracle_finds(
    face: Face, filled: Callable[..., str], storage: str, precision: str, metric: str
) -> None:
    name = filled(metric, storage, precision)
    values = as_stored(VALUES, storage)
    rows = list(zip(NAMES, values, strict=True))
    hits = 0
    with by_graph(face) as graph:
        for query in QUERIES:
            expected = nearest(rows, query, metric, 10)
            exact = graph.query(name, query, top_k=10, exact=True)
            assert ids(exact) == [id for id, _ in expected]
            check_scores(exact, values, query, metric)

            found = graph.query(name, query, top_k=10)
            assert found.count == 10
            check_scores(found, values, query, metric)
            hits += len({id for id, _ in expected} & set(ids(found)))
        answers = graph.query_many(name, QUERIES, top_k=10)
        assert [ids(answer) for answer in answers] == [
            ids(graph.query(name, query, top_k=10)) for query in QUERIES
        ]
    assert hits / (10 * len(QUERIES)) >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize(("storage", "precision"), PRECISIONS)
def test_every_precision_finds_as_many_as_there_are(
    face: Face, filled: Callable[..., str], storage: str, precision: str
) -> None:
    name = filled("cosine", storage, precision)
    values = as_stored(VALUES, storage)
    rows = list(zip(NAMES, values, strict=True))
    query = QUERIES[0]
    with by_graph(face) as graph:
        everything = graph.query(name, query, top_k=1_000)
        assert everything.count == ROWS
        assert sorted(ids(everything)) == NAMES
        check_scores(everything, values, query, "cosine")
        assert graph.query(name, query, top_k=400, ef_search=1).count == 400
        pages = [graph.query(name, query, top_k=10, offset=offset) for offset in range(0, 30, 10)]
        assert len({id for page in pages for id in ids(page)}) == 30

        expected = [id for id, _ in nearest(rows[::10], query, "cosine", 100)]
        assert ids(graph.query(name, query, top_k=100, namespace="tenth")) == expected
        rare = {"row": {"$in": [7, 77, 377]}}
        expected = [id for id, _ in nearest([rows[7], rows[77], rows[377]], query, "cosine", 3)]
        assert ids(graph.query(name, query, filter=rare)) == expected
        half = graph.query(name, query, top_k=10, filter={"row": {"$lt": ROWS // 2}})
        best = [id for id, _ in nearest(rows[: ROWS // 2], query, "cosine", 10)]
        assert len(set(ids(half)) & set(best)) >= 9


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(("storage", "precision"), PRECISIONS)
def test_every_precision_finds_a_stored_vector_by_its_id(
    face: Face, filled: Callable[..., str], storage: str, precision: str, metric: str
) -> None:
    name = filled(metric, storage, precision)
    values = as_stored(VALUES, storage)
    with by_graph(face) as graph:
        found = graph.query_by_id(name, "v123", top_k=10)
        assert found[0].id == "v123"
        check_scores(found, values, values[123], metric)
        assert ids(graph.query_by_id(name, "v123", exact=True))[0] == "v123"


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(("storage", "precision"), PRECISIONS)
def test_equal_scores_are_in_the_order_of_ids_in_every_precision(
    face: Face, make_index: Callable[..., str], storage: str, precision: str, metric: str
) -> None:
    name = make_index(dimensions=3, metric=metric, storage=storage, index_precision=precision)
    face.upsert(name, [(id, [0.1, 0.2, -0.3]) for id in "hfbagecd"])
    face.upsert(name, [("far", [-0.1, -0.2, 0.3])])
    with by_graph(face) as graph:
        for top_k in (3, 9):
            found = ids(graph.query(name, [0.1, 0.2, -0.3], top_k=top_k))
            assert found == [*"abcdefgh", "far"][:top_k]


@pytest.mark.parametrize("storage", ["float32", "float16"])
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dimensions", [1, 2_000, 2_001, 4_000, 4_001, 16_000])
def test_vectors_of_any_width_are_kept_and_found(
    face: Face, make_index: Callable[..., str], dimensions: int, metric: str, storage: str
) -> None:
    name = make_index(dimensions=dimensions, metric=metric, storage=storage)
    given = np.random.default_rng(dimensions).normal(size=(12, dimensions)).astype(np.float32)
    values = as_stored(given, storage)
    names = [f"v{row:02}" for row in range(12)]
    face.upsert(name, ids=names, values=given)
    query = given[7] + 0.1 * given[3]

    np.testing.assert_array_equal(face.get_by_ids(name, ["v05"])[0].values, values[5])
    expected = nearest(zip(names, values, strict=True), query, metric, 12)
    scores = dict(expected)
    with by_graph(face) as graph:
        for found in (graph.query(name, query, top_k=12), face.query(name, query, top_k=12)):
            assert [match.score for match in found] == pytest.approx(
                [score for _, score in expected], rel=1e-4, abs=1e-4
            )
            assert scores.keys() == set(ids(found))
        assert graph.query_by_id(name, "v07", top_k=12).count == 12


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("precision", ["float16", "binary"])
def test_scores_are_of_the_rounded_vectors_and_the_query_as_it_is(
    face: Face, make_index: Callable[..., str], metric: str, precision: str
) -> None:
    name = make_index(dimensions=3, metric=metric, storage="float16", index_precision=precision)
    rows = {"a": [0.1, 1 / 3, 2 / 3], "b": [1 / 3, 0.1, -0.7]}
    face.upsert(name, list(rows.items()))

    kept = [(id, as_stored(values, "float16")) for id, values in rows.items()]
    with by_graph(face) as graph:
        for exact in (False, True):
            found = graph.query(name, rows["a"], exact=exact)
            expected = nearest(kept, rows["a"], metric, 2)
            assert ids(found) == [id for id, _ in expected]
            scores = [score for _, score in expected]
            assert [match.score for match in found] == pytest.approx(scores, abs=1e-6)
