"""Arguments of a wrong type: each is converted, or refused by its name, by every public method."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pytest

import pgvectorize
from pgvectorize import (
    Client,
    Index,
    InvalidFilter,
    InvalidRequest,
    InvalidVector,
    NotFound,
    Vector,
)
from pgvectorize.embedding import as_embedder
from tests import variants
from tests.contract.faces import Face, IterableFace

WRONG: list[Any] = [None, 5.0, b"x", object(), np.int64(2), [], {}, "x", True, "a\0", 2**70, [5.0]]

# What each method needs besides the argument that is tried.
GOOD: dict[str, dict[str, Any]] = {
    "create_index": {"name": "arguments-new", "dimensions": 2, "metric": "cosine"},
    "get_index": {},
    "update_index": {},
    "delete_index": {},
    "adopt_index": {
        "name": "arguments-new",
        "table": "pg_temp.theirs",
        "id_column": "id",
        "embedding_column": "embedding",
        "metric": "cosine",
    },
    "adopt_collection": {
        "name": "arguments-new",
        "library": "langchain",
        "collection": "c",
        "metric": "cosine",
    },
    "grant": {"role": "nobody_at_all", "access": "reader"},
    "revoke": {"role": "nobody_at_all"},
    "size": {"vectors": 10, "dimensions": 2},
    "query": {"vector": [1, 2]},
    "explain": {"vector": [1, 2]},
    "query_by_id": {"id": "a"},
    "query_many": {"vectors": [[1, 2]]},
    "query_text": {"text": "a"},
    "query_texts": {"texts": ["a"]},
    "get_by_ids": {"ids": ["a"]},
    "delete_by_ids": {"ids": ["a"]},
    "delete": {"namespace": "n"},
    "delete_namespace": {"namespace": "n"},
    "update_metadata": {"patch": {"a": 1}, "ids": ["a"]},
    "facets": {"property_name": "a"},
    "create_metadata_index": {"property_name": "a", "index_type": "string"},
    "delete_metadata_index": {"property_name": "b"},
    "create_namespace_index": {"namespace": "n"},
    "delete_namespace_index": {"namespace": "m"},
    "tune": {"recall": 0.5, "queries": 2},
    "recall": {"queries": 2},
    "insert": {"ids": ["z"], "values": [[1, 2]]},
    "upsert": {"ids": ["z"], "values": [[1, 2]]},
    "bulk_load": {"ids": ["z"], "values": [[1, 2]]},
}
EMBEDDER = as_embedder(lambda texts: [[1, 2] for _ in texts], model="test:ones")
OWN_CONNECTION = ("connect", "close", "using", "index")


def cases() -> Iterator[Any]:
    for kind in (Client, Index):
        for method, function in inspect.getmembers(kind, inspect.isfunction):
            if method.startswith("_") or method in OWN_CONNECTION:
                continue
            for name in list(inspect.signature(function).parameters)[1:]:
                yield pytest.param(kind, method, name, id=f"{method}-{name}")


@pytest.fixture
def full(client: Client, make_index: Callable[..., str]) -> str:
    """An index with a metadata index and vectors, for methods that need them."""
    name = make_index(dimensions=2, metric="euclidean")
    index = client.index(name)
    index.upsert([("a", [1, 2], "n", {"a": "x"}), ("b", [3, 4], None, {"b": 2})])
    index.create_metadata_index("b", "number")
    return name


@pytest.mark.parametrize(("kind", "method", "argument"), list(cases()))
def test_a_wrong_type_is_taken_or_refused_by_its_name(
    client: Client, dsn: str, full: str, kind: type, method: str, argument: str
) -> None:
    given = dict(GOOD.get(method, {}))
    if kind is Client and method in ("get_index", "update_index", "delete_index"):
        given["name"] = full
    if argument == "vectors" and method in ("insert", "upsert", "bulk_load"):
        given = {}
    lies: list[tuple[Any, Exception]] = []
    hints: list[str | None] = []
    with psycopg.connect(dsn, **variants.psycopg_options()) as connection:
        connection.execute("drop table if exists pg_temp.theirs")  # a pooler keeps the session
        connection.execute("create temporary table theirs (id text, embedding real[])")
        connection.execute("insert into theirs values ('a', '{1,2}')")
        connection.commit()
        borrowed = client.using(connection)
        target: Any = borrowed if kind is Client else borrowed.index(full, model=EMBEDDER)
        # what builds beside the transaction refuses before it does anything
        targets = [target]
        if method == "vacuum":
            targets = [client.index(full)]
        elif argument in ("property_name", "index_type", "namespace", "memory", "workers"):
            targets.append(client if kind is Client else client.index(full))
        for value in WRONG:
            for each in targets:
                if (
                    method != "vacuum"
                    and each is not target
                    and (
                        not method.startswith(("create_", "build"))
                        or value is None
                        or isinstance(value, str | np.integer)
                    )
                ):
                    continue
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("error")
                        getattr(each, method)(**given | {argument: value})
                except NotFound as error:  # an integer is the text of an id
                    if not isinstance(value, str | int | np.integer):
                        lies.append((value, error))
                except InvalidRequest as error:
                    default = inspect.signature(getattr(kind, method)).parameters[argument].default
                    is_of_the_type = value == "x" or value is True or value is default
                    is_of_the_type |= "has no collection" in str(error)
                    if not (is_of_the_type or argument.removesuffix("s") in str(error)):
                        lies.append((value, error))
                    hints.append(error.hint)
                except Exception as error:
                    lies.append((value, error))
                connection.rollback()
    assert all(hints)
    assert not lies, "\n".join(f"{value!r}: {error!r}" for value, error in lies)


@pytest.mark.parametrize(
    ("method", "given", "says"),
    [
        ("upsert", {"vectors": Vector("a", [1, 2])}, "vectors is one Vector"),
        ("upsert", {"vectors": {"id": "a", "values": [1, 2]}}, "vectors is one dict"),
        ("upsert", {"vectors": np.ones((2, 2))}, "vectors is a ndarray"),
        ("upsert", {"vectors": [("a", [1, 2])], "batch_size": None}, "batch_size is None"),
        ("upsert", {"ids": "ab", "values": [[1, 2], [3, 4]]}, "ids is a str"),
        ("query", {"vector": {"data": [1, 2]}}, "got a dict with the keys data"),
        ("query", {"vector": "orange cloud"}, 'got the text "orange cloud"'),
        ("query", {"vector": None}, "got None"),
        ("query", {"vector": {1, 2}}, "expected a list of numbers, got set"),
        ("query", {"vector": np.ma.array([1, 2], mask=[False, True])}, "value 2 is nan"),
        ("query_many", {"vectors": [1, 2]}, "got one vector"),
        ("query_many", {"vectors": {1, 2}}, "expected a list of query vectors, got set"),
        ("query_many", {"vectors": [[1, 2]], "filters": {"a": 1}}, "must be a list of filters"),
        ("count", {"filter": "a = 1"}, "filter: expected an object, got string"),
        ("count", {"filter": {"a": {1}}}, 'filter property "a" is of the type set'),
        ("query", {"vector": [1, 2], "top_k": 5.0}, "top_k must be an integer, got 5.0"),
        ("query", {"vector": [1, 2], "top_k": True}, "top_k must be an integer, got True"),
        ("query", {"vector": [1, 2], "min_score": float("nan")}, "min_score is not a number"),
        ("query", {"vector": [1, 2], "max_distance": "1"}, "max_distance must be a number, got"),
        ("query", {"vector": [1, 2], "exact": "yes"}, "exact must be True or False, got 'yes'"),
        ("facets", {"property_name": 5}, "property_name is not a string but int"),
    ],
)
def test_what_people_try_is_answered_with_the_truth(
    iterable_face: IterableFace, index: str, method: str, given: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        getattr(iterable_face, method)(index, **given)
    assert says in str(refusal.value)
    assert refusal.value.hint


def test_a_frame_is_told_from_vectors(iterable_face: IterableFace, index: str) -> None:
    class DataFrame(dict[str, Any]):
        columns = ("id", "values")
        __iter__ = None  # type: ignore[assignment]

    with pytest.raises(InvalidRequest, match="vectors is one DataFrame"):
        iterable_face.upsert(index, DataFrame())


def test_a_dsn_is_a_string() -> None:
    with pytest.raises(InvalidRequest, match="dsn must be a connection string, got NoneType"):
        pgvectorize.connect(None)  # type: ignore[arg-type]


def test_numbers_of_numpy_are_numbers(iterable_face: IterableFace, index: str) -> None:
    iterable_face.upsert(index, [("a", [1, 2]), ("b", [3, 4]), ("c", [5, 6])])
    matches = iterable_face.query(
        index,
        np.array([1, 2], np.float16),
        top_k=np.int64(2),
        offset=np.uint8(0),
        max_distance=np.float32(100),
        exact=np.bool_(True),
    )
    assert [match.id for match in matches] == ["a", "b"]


def test_integers_and_uuids_are_ids_by_their_text(iterable_face: IterableFace, index: str) -> None:
    unique = UUID(int=7)
    iterable_face.upsert(index, [(7, [1, 2], 1), (unique, [3, 4], unique)])
    iterable_face.upsert(
        index, ids=np.array([8, 9]), values=[[5, 6], [7, 8]], namespaces=np.array(["n", "m"])
    )
    ids: list[Any] = [7, unique, np.int64(8), "9"]
    assert [vector.id for vector in iterable_face.get_by_ids(index, ids)] == [str(id) for id in ids]
    assert iterable_face.count(index, namespace=[1, unique]) == 2
    assert iterable_face.query_by_id(index, ids[0], namespace=1).matches[0].id == "7"
    assert iterable_face.query(index, [1, 2], exclude_ids=ids[1:]).count == 1
    assert iterable_face.delete_by_ids(index, {ids[1]}).ids == [str(unique)]


class Color(Enum):
    RED = "red"


METADATA = {
    "count": np.int64(3),
    "ratio": np.float32(0.5),
    "flag": np.bool_(True),
    "tags": np.array(["a", "b"]),
    "unique": UUID(int=1),
    "at": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    "day": date(2026, 1, 2),
    "price": Decimal("19.99"),
    "whole": Decimal(7),
    "color": Color.RED,
    "inner": MappingProxyType({"a": (1, np.float64(2.5))}),
}
STORED = {
    "count": 3,
    "ratio": 0.5,
    "flag": True,
    "tags": ["a", "b"],
    "unique": "00000000-0000-0000-0000-000000000001",
    "at": "2026-01-02T03:04:00+00:00",
    "day": "2026-01-02",
    "price": 19.99,
    "whole": 7,
    "color": "red",
    "inner": {"a": [1, 2.5]},
}


@pytest.mark.parametrize("count", [1, 1_500])
def test_metadata_and_filters_are_converted_by_the_rule(
    iterable_face: IterableFace, index: str, count: int
) -> None:
    iterable_face.upsert(index, [(number, [1, 2], None, METADATA) for number in range(count)])
    iterable_face.upsert(index, [("proxy", [1, 2], None, MappingProxyType(METADATA))])
    for vector in iterable_face.get_by_ids(index, ["0", "proxy"]):
        assert vector.metadata == STORED
    for name in ("count", "flag", "unique", "at", "price", "color"):
        assert iterable_face.count(index, filter={name: METADATA[name]}) == count + 1
    iterable_face.update_metadata(index, {"price": Decimal("1.5"), "day": None}, ids=["proxy"])
    (changed,) = iterable_face.get_by_ids(index, ["proxy"])
    assert changed.metadata == {key: each for key, each in STORED.items() if key != "day"} | {
        "price": 1.5
    }


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ({"a": {"b": [1, b"x"]}}, 'metadata property "a.b[1]" is of the type bytes'),
        ({"a": np.datetime64("NaT")}, 'metadata property "a" is of the type datetime64'),
        ({"a": Decimal("NaN")}, 'metadata property "a" is nan, which JSON cannot hold'),
        ({"a": 10**5000}, 'metadata property "a" has more digits than Python can read'),
        ({UUID(int=1): 1}, 'metadata key "00000000-0000-0000-0000-000000000001" is not a string'),
        ({"a": {"b.c": 1}}, 'or contains "." or a double quote: "b.c"'),
    ],
)
def test_metadata_that_json_cannot_hold_is_named(
    iterable_face: IterableFace, index: str, metadata: Any, says: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        iterable_face.upsert(index, [("a", [1, 2]), ("b", [1, 2], None, metadata)])
    assert str(refusal.value).startswith('row 2, id "b": ')
    assert says in str(refusal.value)


def nested(levels: int) -> dict[str, Any]:
    document: dict[str, Any] = {"a": 1}
    for _ in range(levels - 1):
        document = {"a": document}
    return document


@pytest.mark.parametrize("count", [1, 1_500])
def test_json_deeper_than_python_reads_is_refused(
    iterable_face: IterableFace, index: str, count: int
) -> None:
    rows: list[Any] = [(str(number), [1, 2]) for number in range(count)]
    iterable_face.upsert(index, [*rows, ("deep", [1, 2], None, nested(100))])
    (vector,) = iterable_face.get_by_ids(index, ["deep"])
    assert vector.metadata == nested(100)
    for levels in (101, 20_000):
        too_deep = "nested more than 100 levels deep"
        with pytest.raises(InvalidRequest, match=f'row {count + 1}, id "deep": .*{too_deep}'):
            iterable_face.upsert(index, [*rows, ("deep", [1, 2], None, nested(levels))])
        with pytest.raises(InvalidFilter, match=too_deep):
            iterable_face.count(index, filter=nested(levels))
        with pytest.raises(InvalidRequest, match=f"patch: .*{too_deep}"):
            iterable_face.update_metadata(index, nested(levels), ids=["deep"])


def _objects(*rows: Any) -> Any:
    """An array of objects, as a column of pandas is."""
    column = np.empty(len(rows), dtype=object)
    column[:] = rows
    return column


class Tensor:
    """As torch's in bfloat16, or with gradients: numpy cannot read it."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("Got unsupported ScalarType BFloat16")

    def __iter__(self) -> Iterator[Tensor]:
        return map(Tensor, self.values)

    def detach(self) -> Tensor:
        return self

    cpu = float = detach

    def numpy(self) -> Any:
        return np.asarray(self.values, dtype=np.float32)


def _bfloat16(rows: Any) -> Any:
    return np.asarray(rows).astype(pytest.importorskip("ml_dtypes").bfloat16)


def _of_pgvector(rows: Any) -> Any:
    return list(map(pytest.importorskip("pgvector").Vector, rows))


@pytest.mark.parametrize(
    "make",
    [
        lambda rows: _objects(*rows),
        lambda rows: _objects(*map(np.float32, rows)),
        lambda rows: [tuple(map(Decimal, row)) for row in rows],
        lambda rows: np.float16(rows),
        lambda rows: np.longdouble(rows),
        _bfloat16,
        _of_pgvector,
        Tensor,
        lambda rows: list(map(Tensor, rows)),
    ],
    ids=[
        "lists",
        "arrays",
        "decimals",
        "float16",
        "longdouble",
        "bfloat16",
        "pgvector",
        "tensor",
        "tensors",
    ],
)
def test_values_of_every_kind_are_read(
    iterable_face: IterableFace, index: str, make: Callable[[Any], Any]
) -> None:
    rows = [[1, 2], [300, 400]]
    iterable_face.upsert(index, ids=["a", "b"], values=make(rows))
    iterable_face.upsert(index, [("c", make(rows)[1])] if make is not Tensor else [])
    for vector in iterable_face.get_by_ids(index, ["a", "b"]):
        assert np.asarray(vector.values).tolist() in rows
    assert [each.matches[0].id for each in iterable_face.query_many(index, make(rows))] == [
        "a",
        "b",
    ]
    if make is not Tensor:
        assert iterable_face.query(index, make(rows)[0]).matches[0].id == "a"


@pytest.mark.parametrize("count", [10, 2_500])
@pytest.mark.parametrize("wrong", ["one", "all but one"])
def test_the_row_that_does_not_fit_the_index_is_blamed(
    face: Face, index: str, count: int, wrong: str
) -> None:
    widths = [3] * count if wrong == "all but one" else [2] * count
    widths[5] = 5 - widths[5]
    rows = [Vector(f"v{row}", [1] * width) for row, width in enumerate(widths)]
    row = widths.index(3)
    for filled in (False, True):
        if filled:
            face.upsert(index, [("there", [1, 2])])
        with pytest.raises(InvalidRequest) as refusal:
            face.upsert(index, rows)
        says = f'row {row + 1}, id "v{row}": expected 2 dimensions, got 3'
        assert str(refusal.value) == says
        assert face.count(index) == int(filled)
    with pytest.raises(InvalidVector) as refused:
        face.query_many(index, [vector.values for vector in rows[:20]])
    assert str(refused.value) == f"query vector {row + 1}: expected 2 dimensions, got 3"
    assert refused.value.row == row + 1
