"""Vectors with content, and vectors that are pending: they have content and no values yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgvectorize import (
    Client,
    InvalidRequest,
    InvalidVector,
    Match,
    Vector,
    VectorNotFound,
)
from tests.contract.faces import Face, IterableFace, SqlFace

STORY = "Orange Cloud\nis a *café* in London's 'West End' ☁️"


@pytest.fixture
def cosine(make_index: Callable[..., str]) -> str:
    return make_index(dimensions=2, metric="cosine")


def stored(face: Face, index: str, id: str = "a") -> Vector:
    (vector,) = face.get_by_ids(index, [id])
    return vector


# Writing and reading


@pytest.mark.parametrize("operation", ["insert", "upsert"])
def test_content_comes_back_as_it_was_written(face: Face, index: str, operation: str) -> None:
    vectors = [
        Vector("a", [1, 2], "n", {"k": 1}, STORY),
        Vector("b", [3, 4], content=""),
        Vector("c", [5, 6]),
    ]
    getattr(face, operation)(index, vectors)
    assert face.get_by_ids(index, ["a", "b", "c"]) == vectors


def test_a_vector_may_be_given_in_any_shape(face: Face, index: str) -> None:
    face.upsert(
        index,
        [
            {"id": "a", "values": [1, 2], "content": STORY},
            {"id": "b", "content": STORY},
            {"id": "c", "values": None, "namespace": "n", "metadata": {"k": 1}, "content": "c"},
            {"id": "d", "values": [3, 4]},
        ],
    )
    face.upsert(index, [("e", [5, 6], None, None, "e"), ("f", None, None, None, "f")])
    assert face.get_by_ids(index, list("abcdef")) == [
        Vector("a", [1, 2], content=STORY),
        Vector("b", content=STORY),
        Vector("c", None, "n", {"k": 1}, "c"),
        Vector("d", [3, 4]),
        Vector("e", [5, 6], content="e"),
        Vector("f", content="f"),
    ]


def test_content_is_a_column(face: Face, index: str) -> None:
    face.upsert(index, ids=["a", "b"], values=[[1, 2], [3, 4]], content=[STORY, None])
    face.upsert(index, ids=["c", "d"], content=["c", "d"], namespaces="n")
    face.upsert(index, ids=["e", "f"], values=[None, [5, 6]], content=["e", None])
    assert face.get_by_ids(index, list("abcdef")) == [
        Vector("a", [1, 2], content=STORY),
        Vector("b", [3, 4]),
        Vector("c", None, "n", content="c"),
        Vector("d", None, "n", content="d"),
        Vector("e", content="e"),
        Vector("f", [5, 6]),
    ]


def test_columns_of_another_length_are_refused(face: Face, index: str) -> None:
    for columns in ({"content": ["x"]}, {"values": [[1, 2], [3, 4]], "content": ["x"]}):
        with pytest.raises((InvalidVector, InvalidRequest), match="differ in length"):
            face.upsert(index, ids=["a", "b"], **columns)
    assert face.count(index) == 0


@pytest.mark.parametrize("batch_size", [2, 1_000])
@pytest.mark.parametrize("before", [[], [("old", [7, 7], None, None, "old")]])
def test_a_long_batch_has_content_too(
    iterable_face: IterableFace, index: str, before: list[Any], batch_size: int
) -> None:
    vectors = [
        Vector(
            f"v{row:02}",
            None if row % 3 == 1 else [row, 1],
            content=None if row % 3 == 2 else f"{STORY} {row}",
        )
        for row in range(20)
    ]
    iterable_face.upsert(index, before)
    for _ in range(2):
        iterable_face.upsert(index, vectors, batch_size=batch_size)
    assert iterable_face.get_by_ids(index, [vector.id for vector in vectors]) == vectors
    assert iterable_face.describe(index).pending_count == 7


def test_a_bulk_load_has_content_too(iterable_face: IterableFace, index: str) -> None:
    vectors = [
        Vector(f"v{row}", None if row % 2 else [row, 1], content=f"text {row}") for row in range(10)
    ]
    load = iterable_face.bulk_load(index, vectors, rebuild=True)
    assert load.build is not None
    assert iterable_face.iterate(index) == vectors
    assert iterable_face.query(index, [0, 1], top_k=10).count == 5


def test_content_is_returned_on_request(face: Face, index: str) -> None:
    face.upsert(index, [Vector("a", [1, 2], content=STORY), Vector("b", [1, 3])])
    plain = [Match("a", 0.0), Match("b", 1.0)]
    full = [Match("a", 0.0, content=STORY), Match("b", 1.0)]
    asked: list[tuple[Callable[..., Any], Any]] = [
        (face.query, [1, 2]),
        (face.query_by_id, "a"),
        (lambda *given, **options: face.query_many(*given, **options)[0], [[1, 2]]),
    ]
    for ask, what in asked:
        choices: list[dict[str, Any]] = [{}, {"exact": True}, {"filter": {}}, {"top_k": 2}]
        for options in choices:
            assert list(ask(index, what, **options)) == plain
            assert list(ask(index, what, return_content=False, **options)) == plain
            assert list(ask(index, what, return_content=True, **options)) == full
    assert [vector.content for vector in face.list_vectors(index).vectors] == [None, None]
    page = face.list_vectors(index, return_content=True)
    assert [vector.content for vector in page.vectors] == [STORY, None]


def test_iteration_returns_whole_vectors(iterable_face: IterableFace, index: str) -> None:
    vectors = [Vector("a", [1, 2], content=STORY), Vector("b", content="b")]
    iterable_face.upsert(index, vectors)
    assert iterable_face.iterate(index) == vectors


# Pending vectors


def test_a_pending_vector_is_stored_listed_and_counted(face: Face, index: str) -> None:
    face.upsert(index, [Vector("a", [1, 2], "n", {"k": 1}), Vector("b", None, "n", {"k": 1}, "b")])
    assert face.count(index) == face.count(index, namespace="n", filter={"k": 1}) == 2
    assert face.list_vectors(index).ids == ["a", "b"]
    assert face.list_vectors(index, filter={"k": 1}).total_count == 2
    assert [namespace.vector_count for namespace in face.list_namespaces(index)] == [2]
    assert [facet.count for facet in face.facets(index, "k")] == [2]
    description = face.describe(index)
    assert (description.vector_count, description.pending_count) == (2, 1)
    assert face.delete(index, filter={"k": 1}).count == 2
    assert face.describe(index).pending_count == 0


@pytest.mark.parametrize("storage", ["float32", "float16"])
@pytest.mark.parametrize("precision", ["float32", "float16", "binary", None])
@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot-product"])
def test_no_search_finds_a_pending_vector(
    face: Face, make_index: Callable[..., str], metric: str, precision: str | None, storage: str
) -> None:
    if storage == "float16" and precision == "float32":
        pytest.skip("an HNSW index is not more precise than its table")
    hnsw = {"index_precision": precision} if precision else {"hnsw": False}
    index = make_index(4, metric, storage=storage, **hnsw)
    face.upsert(
        index,
        [
            Vector(
                f"v{row:03}",
                None if row % 2 else [row + 1, 1, -1, row % 3],
                "few" if row < 20 else "many",
                {"tenth": row % 10 == 0},
                f"text {row}",
            )
            for row in range(200)
        ],
    )
    query = [3, 1, 0, 1]
    for options, found in (
        ({}, 100),
        ({"exact": True}, 100),
        ({"ef_search": 40}, 100),
        ({"namespace": "few"}, 10),
        ({"filter": {"tenth": True}}, 20),
        ({"filter": {"tenth": False}}, 80),
        ({"namespace": "few", "filter": {"tenth": True}}, 2),
        ({"exclude_ids": ["v000", "v001"]}, 99),
    ):
        for top_k in (1, 5, 1_000):
            for matches in (
                face.query(index, query, top_k=top_k, **options),
                face.query_many(index, [query], top_k=top_k, **options)[0],
                face.query_by_id(index, "v004", top_k=top_k, **options),
            ):
                assert matches.count == min(top_k, found), options
                assert all(int(match.id[1:]) % 2 == 0 for match in matches)
                assert all(np.isfinite(match.score) for match in matches)
    assert face.explain(index, query, filter={"tenth": False}).matches == 80
    assert face.explain(index, query).matches == 100


def test_an_index_of_pending_vectors_alone_has_no_match(face: Face, index: str) -> None:
    face.upsert(index, [Vector(f"v{row}", content="x") for row in range(30)])
    assert face.query(index, [1, 2]).count == face.query(index, [1, 2], exact=True).count == 0
    face.upsert(index, [Vector("v7", [1, 2], content="x")])
    assert [match.id for match in face.query(index, [1, 2])] == ["v7"]


def test_a_search_for_a_pending_vector_is_refused(face: Face, index: str) -> None:
    face.upsert(index, [Vector("a", content="x")])
    with pytest.raises(InvalidRequest, match='vector "a" has no values yet') as refusal:
        face.query_by_id(index, "a")
    assert "pending" in (refusal.value.hint or "")
    with pytest.raises(VectorNotFound):
        face.query_by_id(index, "b")


def test_recall_is_measured_without_pending_vectors(
    face: Face, make_index: Callable[..., str]
) -> None:
    index = make_index(8, "euclidean")
    numbers = np.random.default_rng(3).normal(size=(300, 8))
    face.upsert(
        index,
        [
            Vector(f"v{row}", None if row % 3 else list(values), content="x")
            for row, values in enumerate(numbers)
        ],
    )
    points = face.recall(index, queries=30)
    assert points[-1].queries == 30
    assert all(point.recall > 0.9 for point in points)
    assert face.tune(index, 0.9, queries=30).recall >= 0.9


def test_what_counts_the_hnsw_index_leaves_pending_vectors_out(face: Face, index: str) -> None:
    face.upsert(index, [Vector(f"v{row}", [row, 1]) for row in range(2)])
    face.upsert(index, [Vector(f"w{row}", content="x") for row in range(5)])
    assert face.build(index, rebuild=True).vectors == 2
    (usage,) = face.usage(index)
    assert (usage.stored_vectors, usage.stored_dimensions) == (2, 4)
    assert face.stats(index).vector_count == 7
    assert [each.kind for each in face.stats(index).indexes if each.kind == "pending"] == [
        "pending"
    ]


# What an upsert replaces


def test_new_content_without_values_makes_a_vector_pending(face: Face, cosine: str) -> None:
    face.upsert(cosine, [Vector("a", [1, 2], content="one")])
    face.upsert(cosine, [Vector("a", content="two")])
    assert stored(face, cosine) == Vector("a", content="two")
    assert face.query(cosine, [1, 2]).count == 0
    assert face.describe(cosine).pending_count == 1


def test_the_same_content_without_values_keeps_the_values(face: Face, cosine: str) -> None:
    face.upsert(cosine, [Vector("a", [1, 2], "n", {"k": 1}, STORY)])
    face.upsert(cosine, [Vector("a", None, "m", {"k": 2}, STORY)])
    assert stored(face, cosine) == Vector("a", [1, 2], "m", {"k": 2}, STORY)
    assert face.describe(cosine).pending_count == 0


def test_values_of_a_pending_vector_end_its_wait(face: Face, cosine: str) -> None:
    face.upsert(cosine, [Vector("a", content=STORY)])
    face.upsert(cosine, [Vector("a", [1, 2], content=STORY)])
    assert stored(face, cosine) == Vector("a", [1, 2], content=STORY)
    assert face.query(cosine, [1, 2])[0].id == "a"
    assert face.describe(cosine).pending_count == 0


def test_values_without_content_replace_both(face: Face, cosine: str) -> None:
    face.upsert(cosine, [Vector("a", [1, 2], content="one"), Vector("b", content="two")])
    face.upsert(cosine, [Vector("a", [1, 2]), Vector("b", [3, 4])])
    assert face.get_by_ids(cosine, ["a", "b"]) == [Vector("a", [1, 2]), Vector("b", [3, 4])]


def test_content_does_not_keep_values_that_came_without_it(face: Face, cosine: str) -> None:
    face.upsert(cosine, [Vector("a", [1, 2])])
    face.upsert(cosine, [Vector("a", content="one")])
    assert stored(face, cosine) == Vector("a", content="one")


def test_insert_keeps_content_and_values(face: Face, cosine: str) -> None:
    face.upsert(cosine, [Vector("a", [1, 2], content="one"), Vector("b", content="two")])
    mutation = face.insert(cosine, [Vector("a", content="three"), Vector("b", [3, 4])])
    assert mutation.count == 0
    assert face.get_by_ids(cosine, ["a", "b"]) == [
        Vector("a", [1, 2], content="one"),
        Vector("b", content="two"),
    ]


def test_a_patch_of_metadata_keeps_content(face: Face, cosine: str) -> None:
    face.upsert(cosine, [Vector("a", [1, 2], content="one"), Vector("b", content="two")])
    face.update_metadata(cosine, {"k": 1}, ids=["a", "b"])
    assert face.get_by_ids(cosine, ["a", "b"]) == [
        Vector("a", [1, 2], metadata={"k": 1}, content="one"),
        Vector("b", None, metadata={"k": 1}, content="two"),
    ]


def test_an_unchanged_vector_is_not_written_again(
    face: Face, cosine: str, connection: psycopg.Connection[Any]
) -> None:
    vectors = [Vector("a", [1, 2], content=STORY), Vector("b", content=STORY)]
    versions = f'select id, xmin::text from pgvectorize_data."{cosine}" order by id'
    face.upsert(cosine, vectors)
    before = connection.execute(versions).fetchall()
    face.upsert(cosine, [*vectors, Vector("a", content=STORY)])
    assert connection.execute(versions).fetchall() == before


TEXTS = st.sampled_from([None, "", "one", "two"])
VALUES = st.sampled_from([None, [1, 2], [2, 1]])
WRITES = st.lists(
    st.tuples(
        st.sampled_from(["insert", "upsert"]),
        st.lists(
            st.builds(Vector, st.sampled_from("abc"), VALUES, content=TEXTS).filter(
                lambda vector: vector.values is not None or bool(vector.content)
            ),
            max_size=4,
        ),
        st.sampled_from([1, 2, 1_000]),
    ),
    max_size=6,
)


def expected(known: dict[str, Vector], operation: str, vectors: list[Vector]) -> None:
    """Write vectors as the rules say, to a dict."""
    given = vectors[::-1] if operation == "insert" else vectors
    for id, vector in {vector.id: vector for vector in given}.items():
        old = known.get(id)
        if operation == "insert" and old is not None:
            continue
        values = vector.values
        if values is None and old is not None and old.content == vector.content:
            values = old.values
        known[id] = Vector(id, values, content=vector.content)


@given(writes=WRITES)
def test_any_writes_leave_what_the_rules_say(
    blocking_face: IterableFace, sql_face: SqlFace, client: Client, writes: Any
) -> None:
    faces: list[tuple[str, Face]] = [("content-python", blocking_face), ("content-sql", sql_face)]
    for index, face in faces:
        client.create_index(index, dimensions=2, metric="cosine")
        try:
            known: dict[str, Vector] = {}
            for operation, vectors, batch_size in writes:
                options = {} if face is sql_face else {"batch_size": batch_size}
                getattr(face, operation)(index, vectors, **options)
                expected(known, operation, vectors)
                assert {vector.id: vector for vector in client.index(index)} == known
            embedded = {id for id, vector in known.items() if vector.values is not None}
            assert {match.id for match in face.query(index, [1, 1])} == embedded
            assert face.describe(index).pending_count == len(known) - len(embedded)
        finally:
            client.delete_index(index)


# Refusals


@pytest.mark.parametrize(
    ("vector", "problem"),
    [
        ({"id": "a"}, "values and content are missing"),
        ({"id": "a", "values": None, "content": None}, "values and content are missing"),
        ({"id": "a", "content": ""}, "values and content are missing"),
        ({"id": "a", "content": 5}, "content is not a string"),
        ({"id": "a", "values": [1, 2], "content": ["x"]}, "content is not a string"),
        ({"id": "a", "values": [], "content": "x"}, "values is empty|0 dimensions"),
        ({"id": "a", "values": [1, 2, 3], "content": "x"}, "expected 2 dimensions, got 3"),
        ({"id": "a", "values": [0, 0], "content": "x"}, "no direction"),
        ({"id": "", "content": "x"}, "id is empty"),
        (
            {"id": "a", "content": "é" * 524_289},
            "content has 1048578 bytes, at most 1048576 are allowed",
        ),
    ],
)
@pytest.mark.parametrize("rows_before", [1, 5])
def test_a_wrong_vector_is_refused_by_its_row(
    face: Face, cosine: str, vector: Any, problem: str, rows_before: int
) -> None:
    before = [{"id": f"v{row}", "content": "x"} for row in range(rows_before)]
    options = {} if isinstance(face, SqlFace) else {"batch_size": 2}
    with pytest.raises(InvalidVector, match=problem) as refusal:
        face.upsert(cosine, [*before, vector], **options)
    assert refusal.value.row == rows_before + 1
    assert refusal.value.hint
    assert face.count(cosine) == 0


@pytest.mark.parametrize("text", ["a\0b", "half \ud83d"])
def test_a_text_that_postgres_cannot_hold_is_refused(
    iterable_face: IterableFace, index: str, text: str
) -> None:
    with pytest.raises(InvalidVector, match="content contains"):
        iterable_face.upsert(index, [Vector("a", [1, 2], content=text)])
    assert iterable_face.count(index) == 0


def test_the_longest_content_is_stored(face: Face, index: str) -> None:
    text = "é" * 524_288
    face.upsert(index, [Vector("a", [1, 2], content=text)])
    assert stored(face, index).content == text


def test_a_strict_index_has_no_content(face: Face, make_index: Callable[..., str]) -> None:
    index = make_index(32, "euclidean", strict=True)
    ones = [1.0] * 32
    for vector in (Vector("a", ones, content="x"), Vector("a", content="x")):
        with pytest.raises(InvalidVector, match="Vectorize has no content"):
            face.upsert(index, [vector])
    face.upsert(index, [Vector("a", ones)])
    with pytest.raises(InvalidRequest, match="Vectorize has no content"):
        face.query(index, ones, return_content=True)
    with pytest.raises(InvalidRequest, match="Vectorize has no content"):
        face.query_by_id(index, "a", return_content=True)
    assert face.query(index, ones, return_content=False).count == 1


def test_a_strict_index_refuses_missing_values_as_vectorize(
    sql_face: SqlFace, make_index: Callable[..., str]
) -> None:
    index = make_index(32, "euclidean", strict=True)
    says = 'invalid vector for id="a", expected 32 dimensions, and got 0 dimensions'
    with pytest.raises(InvalidVector, match=says) as refusal:
        sql_face.upsert(index, [{"id": "a"}])
    assert refusal.value.code == 40012


# The table, for SQL that writes it


def test_a_row_of_the_table_needs_an_embedding_or_content(
    index: str, connection: psycopg.Connection[Any]
) -> None:
    connection.execute(f"insert into pgvectorize_data.\"{index}\" (id, content) values ('a', 'x')")
    with pytest.raises(psycopg.errors.CheckViolation, match="embedding_or_content"):
        connection.execute(f"insert into pgvectorize_data.\"{index}\" (id) values ('b')")
