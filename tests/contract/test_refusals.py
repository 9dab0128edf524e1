"""Vectors that are refused: with which error, naming the row, and changing nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import pytest

from pgvectorize import (
    Client,
    DatabaseError,
    InvalidRequest,
    InvalidVector,
    PgVectorizeError,
    Vector,
)
from pgvectorize.encoding.batches import Batch, Rules, check_batch
from pgvectorize.encoding.values import Matrix
from tests.contract.faces import Face, SqlFace

KEPT = Vector("kept", [1, 2], "shoes", {"color": "red"})


@dataclass(frozen=True)
class Bad:
    """A bad vector, and what the error says of it.

    `by_type` marks what no SQL function gets to see: the types text, jsonb and vector,
    or psycopg, refuse it before, without knowing of rows.
    """

    says: str
    id: Any = "bad"
    values: Any = (3, 4)
    namespace: Any = None
    metadata: Any = None
    by_type: bool = False


BAD = [
    Bad("dimensions", values=(1, 2, 3)),
    Bad("dimensions", values=(1,)),
    Bad("nan", values=(1, float("nan")), by_type=True),
    Bad("inf", values=(float("inf"), 1), by_type=True),
    Bad("inf", values=(1, float("-inf")), by_type=True),
    Bad("float32", values=(1, 1e39)),
    Bad("", values=()),
    Bad("", values=None),
    Bad("", values=("x", "y")),
    Bad("", values=(1, None)),
    Bad("", values=((1, 2), (3, 4))),
    Bad("id is empty", id=""),
    Bad("id has 1025 bytes, at most 1024", id="x" * 1_025),
    Bad("id has 1026 bytes, at most 1024", id="é" * 513),
    Bad("id", id=None),
    Bad("id", id=5.5),
    Bad("id contains the character NUL", id="a\0b", by_type=True),
    Bad("id contains half of a surrogate pair", id="a\ud800", by_type=True),
    Bad("namespace is empty", namespace=""),
    Bad("namespace has 1025 bytes, at most 1024", namespace="x" * 1_025),
    Bad("namespace is not a string", namespace=5.5),
    Bad("namespace contains the character NUL", namespace="\0", by_type=True),
    Bad("namespace contains half of a surrogate pair", namespace="\udfff", by_type=True),
    Bad("metadata is not an object", metadata=[1]),
    Bad("metadata is not an object", metadata="text"),
    Bad("metadata key", metadata={"a": {"$b": 1}}),
    Bad("NUL", metadata={"a": ["\0"]}, by_type=True),
    Bad("NUL", metadata={"a\0": 1}, by_type=True),
    Bad("surrogate", metadata={"a": "\ud83e"}, by_type=True),
    Bad("surrogate", metadata={"\udded": 1}, by_type=True),
    Bad("JSON", metadata={"a": float("nan")}, by_type=True),
    Bad("JSON", metadata={"a": [float("inf")]}, by_type=True),
]


def check_refused(face: Face, index: str, bad: Bad, write: Callable[[], object]) -> None:
    before = face.describe(index)
    by_type = bad.by_type and isinstance(face, SqlFace)

    with pytest.raises((DatabaseError, UnicodeError) if by_type else InvalidVector) as refusal:
        write()
    if isinstance(refusal.value, InvalidVector):
        message = str(refusal.value)
        assert message.startswith("row 3")
        assert refusal.value.row == 3
        assert bad.says in message
        assert not (isinstance(bad.id, str) and bad.id) or f'id "{bad.id[:64]}"' in message
        assert refusal.value.hint
        assert isinstance(refusal.value, ValueError)
    assert face.describe(index) == before
    assert face.get_by_ids(index, ["kept", "fine", "bad"]) == [KEPT]


@pytest.mark.parametrize("operation", ["insert", "upsert"])
@pytest.mark.parametrize("bad", BAD)
def test_a_bad_vector_is_refused_with_all_the_others(
    face: Face, index: str, bad: Bad, operation: str
) -> None:
    face.upsert(index, [KEPT])
    rows = [
        Vector("fine", [5, 6]),
        Vector("kept", [5, 6]),
        Vector(bad.id, bad.values, bad.namespace, bad.metadata),
        Vector("fine", [7, 8]),
    ]
    check_refused(face, index, bad, lambda: getattr(face, operation)(index, rows))


@pytest.mark.parametrize(
    "bad",
    [  # an array has elements of its type only
        bad for bad in BAD if bad.says not in ("", "float32") and 5.5 not in (bad.id, bad.namespace)
    ],
)
def test_a_bad_row_of_columns_is_refused_with_all_the_others(
    face: Face, index: str, bad: Bad
) -> None:
    face.upsert(index, [KEPT])
    columns: dict[str, Any] = {
        "ids": ["fine", "kept", bad.id],
        "values": [(5, 6), (5, 6), bad.values],
        "namespaces": [None, "n", bad.namespace],
        "metadata": [None, {"a": 1}, bad.metadata],
    }
    check_refused(face, index, bad, lambda: face.upsert(index, **columns))


@pytest.mark.parametrize("values", [(0, 0), (0.0, -0.0), (1e-40, 0), (1e-25, 1e-25), (1e30, 1e30)])
def test_a_vector_without_direction_is_refused_under_cosine(
    face: Face, make_index: Callable[..., str], values: tuple[float, float]
) -> None:
    index = make_index(dimensions=2, metric="cosine")
    face.upsert(index, [KEPT])
    bad = Bad("of length zero" if values == (0, 0) else "so short or so long", values=values)
    rows = [Vector("fine", [5, 6]), Vector("kept", [5, 6]), Vector("bad", values)]

    check_refused(face, index, bad, lambda: face.upsert(index, rows))


# in each of these pairs the two compare as something infinite, or as no number, or nearly so
TOO_LONG = [(9.001e18, 0), (3e38, 3e38), (6.4e18, -6.4e18)]
LONG = [(8.999e18, 0), (-8.999e18, 0), (6.3e18, 6.3e18), (-6.3e18, -6.3e18), (0, 1e-45)]


@pytest.mark.parametrize("metric", ["euclidean", "dot-product"])
@pytest.mark.parametrize("values", TOO_LONG)
@pytest.mark.parametrize("count", [3, 2_000])
def test_a_vector_that_float32_cannot_compare_is_refused(
    face: Face,
    make_index: Callable[..., str],
    values: tuple[float, float],
    metric: str,
    count: int,
) -> None:
    index = make_index(dimensions=2, metric=metric)
    rows = [Vector(f"v{row}", [5, 6]) for row in range(count)]
    rows[2] = Vector("bad", values)
    with pytest.raises(InvalidVector, match=r'row 3, id "bad": the vector is longer than 9e18'):
        face.upsert(index, rows)
    assert face.count(index) == 0
    face.upsert(index, rows[:2])
    for ask in (
        lambda: face.query(index, values),
        lambda: face.query(index, values, exact=True),
        lambda: face.query_many(index, [values]),
        lambda: face.explain(index, values),
    ):
        with pytest.raises(
            InvalidVector, match=r"query vector( 1)?: the vector is longer than 9e18"
        ):
            ask()


@pytest.mark.parametrize("metric", ["euclidean", "dot-product"])
def test_the_longest_vectors_are_compared(
    face: Face, make_index: Callable[..., str], metric: str
) -> None:
    index = make_index(dimensions=2, metric=metric)
    face.upsert(index, [(str(row), values) for row, values in enumerate(LONG)])
    for values in LONG:
        for exact in (False, True):
            scores = [match.score for match in face.query(index, values, exact=exact)]
            assert len(scores) == len(LONG)
            assert all(map(isfinite, scores))
            assert scores == sorted(scores)
        assert face.query(index, values, top_k=1)[0].score == face.query(index, values)[0].score


@pytest.mark.parametrize("metric", ["euclidean", "dot-product", "cosine"])
def test_python_checks_lengths_as_the_database_does(
    client: Client, connection: Any, make_index: Callable[..., str], metric: str
) -> None:
    """What is copied is checked by Python."""
    index = make_index(dimensions=3, metric=metric)
    chance = np.random.default_rng(5)
    lengths = [9e18, 1.7e19, 2e19, 1e-23, 1e-20, 1e38, 1]
    for length in np.repeat(lengths, 60):
        numbers = chance.normal(size=3)
        numbers *= length * chance.choice([0.9, 0.999, 1, 1.001, 1.1]) / np.linalg.norm(numbers)
        values: Matrix = numbers.astype(np.float32).reshape(1, 3)
        ((problem,),) = connection.execute(
            "select pgvectorize_private._vector_problem("
            "pgvectorize_private._find_index(%s), 'x', %s, null, null, null)",
            [index, f"[{','.join(map(str, values[0]))}]"],
        ).fetchall()
        rules = Rules(3, metric, 1024, 1024, 1024)
        refused = None
        try:
            check_batch(Batch(["x"], values, [None], [None], [None]), rules)
        except InvalidVector as error:
            refused = str(error)
        assert refused == (problem and f'row 1, id "x": {problem}'), values


@pytest.mark.parametrize("metric", ["euclidean", "dot-product"])
def test_a_zero_vector_is_stored_under_the_other_metrics(
    face: Face, make_index: Callable[..., str], metric: str
) -> None:
    index = make_index(dimensions=2, metric=metric)
    face.upsert(index, [("zero", [0, 0]), ("one", [1, 0])])

    assert [match.id for match in face.query(index, [0, 0])][-1] in ("one", "zero")
    assert face.query(index, [0, 0]).count == 2


@pytest.mark.parametrize(
    "vector",
    [
        "text",
        5,
        None,
        [],
        {},
        {"id": "bad"},
        {"values": [1, 2]},
        {"id": "bad", "values": [1, 2], "meta": {}},
        {"id": "bad", "values": [1, 2], "Namespace": "n"},
        {"id": "bad", "vector": [1, 2]},
    ],
)
def test_what_is_no_vector_is_refused(face: Face, index: str, vector: Any) -> None:
    with pytest.raises(InvalidVector, match="row 2") as refusal:
        face.upsert(index, [("fine", [1, 2]), vector])
    assert refusal.value.hint
    assert face.count(index) == 0


def test_the_first_bad_row_is_named(face: Face, index: str) -> None:
    rows = [("a", [1, 2]), ("b", [1, 2], ""), ("", [1, 2]), ("c", [1, 2], "")]
    with pytest.raises(InvalidVector, match='row 2, id "b": namespace is empty'):
        face.upsert(index, rows)


@pytest.mark.parametrize("text", ["\0", "\ud800"])
def test_text_that_postgres_cannot_hold_is_refused_everywhere(
    face: Face, index: str, text: str
) -> None:
    face.upsert(index, [KEPT])
    uses: list[Callable[[], object]] = [
        lambda: face.query(index, [1, 2], namespace=text),
        lambda: face.query_by_id(index, text),
        lambda: face.count(index, namespace=text),
        lambda: face.get_by_ids(index, ["kept", text]),
        lambda: face.delete_by_ids(index, ["kept", text]),
        lambda: face.list_vectors(index, cursor=text),
        lambda: face.create_index(f"ab{text}c", dimensions=2, metric="cosine"),
        lambda: face.create_metadata_index(index, text, "string"),
        lambda: face.get_index(text),
    ]
    by_driver = [UnicodeError] if isinstance(face, SqlFace) else []
    for use in uses:
        with pytest.raises((PgVectorizeError, *by_driver)):
            use()
    assert face.get_by_ids(index, ["kept"]) == [KEPT]


def test_a_number_that_no_parameter_takes_is_out_of_range(client: Client, index: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: client.index(index).query([1, 2], top_k=9_999_999_999),
        lambda: client.index(index).query([1, 2], offset=99_999_999_999_999_999_999),
        lambda: client.create_index("huge", dimensions=9_999_999_999, metric="cosine"),
        lambda: client.size(99_999_999_999_999_999_999, dimensions=3),
    ]
    for call in calls:
        with pytest.raises(InvalidRequest, match="is out of range: it is too large"):
            call()
