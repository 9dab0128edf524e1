"""What Hypothesis makes up: metadata, filters and vectors, against the oracle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgvectorize import InvalidRequest, InvalidVector, Vector
from tests.contract.cases import Case
from tests.contract.faces import Face
from tests.contract.oracle import found, nearest
from tests.contract.test_metadata import as_json

_numbers = count(1)

two_faces = pytest.mark.parametrize("face", ["blocking", "sql"], indirect=True)


@contextmanager
def an_index(face: Face, dimensions: int = 1, metric: str = "euclidean") -> Iterator[str]:
    """An index for one example, as fixtures are for a whole test."""
    name = f"property-{next(_numbers)}"
    face.create_index(name, dimensions=dimensions, metric=metric)
    try:
        yield name
    finally:
        face.delete_index(name)


# Few keys and values, so that documents and filters meet; nasty ones among them.

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.sampled_from(
    [
        *("", "a", "b", "ab", "B", "é", "🧭", "10", "1.50", "1e1", "true", "null", " 7 "),
        *("'", '"', "\\", "%s", "') or true --", "\\'", "$1"),
        *("x" * 511, "x" * 512, "x" * 513, "x" * 512 + "y"),
    ]
) | st.text(characters, max_size=5)
numbers = (
    st.sampled_from([0, 1, -1, 10, 1.0, 1.5, 0.1, -0.1, 2**53, 2**53 + 1, 2**70, 1e23, 5e-324])
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)  # no -0.0
)
scalars = st.none() | st.booleans() | numbers | texts
keys = st.sampled_from(["a", "b", "it's", "') or true --", "%s", "\\", "ключ"]) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters='\0".$'), min_size=1, max_size=3
)
words = st.sampled_from(
    [
        *("$eq", "$ne", "$in", "$nin", "$lt", "$gte", "$exists", "$is_null", "$prefix"),
        *("$contains", "$contains_any", "$contains_all", "$and", "$or", "$not", "$where", ""),
    ]
)
documents = st.dictionaries(
    keys,
    st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The dotted names of a document's properties, with their scalars."""
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from leaves(inner, f"{path}{key}.")
        elif not isinstance(inner, list):
            yield f"{path}{key}", inner


def listed(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The dotted names of a document's arrays, with the scalars in them."""
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from listed(inner, f"{path}{key}.")
        elif isinstance(inner, list):
            yield from (
                (f"{path}{key}", each) for each in inner if not isinstance(each, dict | list)
            )


def properties(filter: Any) -> Iterator[str]:
    """The properties that a filter names, at any depth."""
    for member, operand in filter.items():
        if member in ("$and", "$or"):
            for inner in operand:
                yield from properties(inner)
        elif member == "$not":
            yield from properties(operand)
        else:
            yield member


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Any], list[dict[str, Any]], dict[str, str]]:
    """Documents, filters on what is in them, and metadata indexes."""
    rows = draw(st.lists(st.none() | documents, min_size=1, max_size=30))
    found = [leaf for row in rows for leaf in leaves(row or {})]
    held = [each for row in rows for each in listed(row or {})]
    elements = st.sampled_from([value for _, value in held] or [None])
    names = st.sampled_from([name for name, _ in [*found, *held]] or ["a"]) | keys
    values = st.sampled_from([value for _, value in found] or [None]) | scalars
    ranges = texts | numbers | values
    conditions = (
        values
        | st.builds(lambda name, value: {name: value}, st.sampled_from(["$eq", "$ne"]), values)
        | st.builds(
            lambda name, value: {name: value},
            st.sampled_from(["$in", "$nin"]),
            st.lists(values, max_size=4),
        )
        | st.builds(
            lambda low, least, high, most: {low: least, high: most},
            st.sampled_from(["$gt", "$gte"]),
            ranges,
            st.sampled_from(["$lt", "$lte"]),
            ranges,
        )
        | st.builds(
            lambda name, value: {name: value},
            st.sampled_from(["$gt", "$gte", "$lt", "$lte"]),
            ranges,
        )
    )
    conditions |= (
        st.builds(
            lambda name, value: {name: value},
            st.sampled_from(["$exists", "$is_null"]),
            st.booleans(),
        )
        | st.builds(lambda text: {"$prefix": text}, ranges)
        | st.builds(lambda value: {"$contains": value}, elements | values)
        | st.builds(
            lambda name, value: {name: value},
            st.sampled_from(["$contains_any", "$contains_all"]),
            st.lists(elements | values, max_size=3),
        )
    )
    flat = st.dictionaries(names, conditions, min_size=1, max_size=2)
    trees = st.recursive(
        flat,
        lambda inner: (
            st.dictionaries(
                st.sampled_from(["$and", "$or"]),
                st.lists(inner, min_size=1, max_size=3),
                min_size=1,
            )
            | st.builds(lambda one: {"$not": one}, inner)
            | st.builds(lambda one, other: {**one, "$or": [other]}, flat, inner)
        ),
        max_leaves=4,
    )
    filters = draw(st.lists(flat | trees, min_size=1, max_size=8))
    used = sorted({name for filter in filters for name in properties(filter)})
    types = draw(
        st.dictionaries(
            st.sampled_from(used), st.sampled_from(["string", "number", "boolean"]), max_size=3
        )
    )
    return rows, filters, types


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore:Generating overly large repr"
)  # of the strategy, with long texts
@two_faces
@given(table=tables())
def test_filters_find_what_the_oracle_finds(
    face: Face, table: tuple[list[Any], list[dict[str, Any]], dict[str, str]]
) -> None:
    rows, filters, types = table
    with an_index(face) as index:
        face.insert(index, [(f"v{row:02}", [row], None, data) for row, data in enumerate(rows)])
        check_filters(face, index, rows, filters, {})
        for property_name, index_type in types.items():
            face.create_metadata_index(index, property_name, index_type)
        check_filters(face, index, rows, filters, types)


def check_filters(
    face: Face,
    index: str,
    rows: list[Any],
    filters: list[dict[str, Any]],
    types: dict[str, str],
) -> None:
    for filter in filters:
        case = Case("found", rows, types, filter, found(rows, filter, types))
        try:
            case.replay(face, index)
        except BaseException:
            case.write()  # the last that Hypothesis writes is the least that fails
            raise


@pytest.mark.slow
@two_faces
@given(given_documents=st.lists(documents, min_size=1, max_size=10))
def test_any_metadata_comes_back_unchanged(
    face: Face, given_documents: list[dict[str, Any]]
) -> None:
    with an_index(face) as index:
        vectors = [
            Vector(f"v{row}", [row], None, document) for row, document in enumerate(given_documents)
        ]
        face.upsert(index, vectors)
        stored = face.get_by_ids(index, [vector.id for vector in vectors])
        assert [as_json(vector.metadata) for vector in stored] == list(
            map(as_json, given_documents)
        )
        face.upsert(index, stored)  # changes nothing
        assert face.get_by_ids(index, [vector.id for vector in vectors]) == stored


# Coarse vectors, so that there are ties.

coarse = st.lists(st.integers(-2, 2), min_size=3, max_size=3)
ids = st.text(characters, min_size=1, max_size=3)


@pytest.mark.slow
@two_faces
@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot-product"])
@given(
    rows=st.dictionaries(ids, coarse.filter(any), min_size=1, max_size=30),
    query=coarse.filter(any),
    top_k=st.integers(1, 40),
)
def test_exact_search_finds_what_the_oracle_finds(
    face: Face, metric: str, rows: dict[str, list[int]], query: list[int], top_k: int
) -> None:
    with an_index(face, dimensions=3, metric=metric) as index:
        face.insert(index, rows.items())
        expected = nearest(rows.items(), query, metric, top_k)
        matches = face.query(index, query, top_k=top_k, exact=True)
        assert [match.id for match in matches] == [id for id, _ in expected]
        scores = [match.score for match in matches]
        assert scores == pytest.approx([score for _, score in expected], abs=1e-6)
        everything = face.query(index, query, top_k=1_000)
        assert [match.id for match in everything][:top_k] == [id for id, _ in expected]


anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys | words, inner, max_size=3),
    max_leaves=8,
)

# Nearly filters: an operand of the wrong kind, a word too many, one within another.
operands = scalars | st.booleans() | st.lists(scalars, max_size=3) | anything
nearly = st.recursive(
    st.dictionaries(
        st.sampled_from(["a", "b", "b.a", "a.", "c", "$a"]) | keys | words,
        scalars | st.dictionaries(words, operands, max_size=3) | anything,
        max_size=2,
    ),
    lambda inner: (
        st.dictionaries(st.sampled_from(["$and", "$or"]), st.lists(inner, max_size=3), max_size=2)
        | st.dictionaries(st.sampled_from(["$not", "$and", "$or", "a", "$nor"]), inner, max_size=2)
        | st.builds(lambda one, other: {**one, **other}, inner, inner)
    ),
    max_leaves=5,
)
ROWS: list[Any] = [
    {"a": 1, "b": {"a": ["x", 1]}},
    {"a": "x", "b": True, "c": None},
    {"a": "10", "b": {"a": 10}, "it's": "'"},
    {"a": ["x", None], "%s": "\\"},
    None,
]


@two_faces
@given(
    filters=st.lists(anything | nearly, min_size=1, max_size=20),
    types=st.dictionaries(
        st.sampled_from(["a", "b", "b.a"]), st.sampled_from(["string", "number", "boolean"])
    ),
)
def test_whatever_is_given_as_a_filter_is_answered_or_refused(
    face: Face, filters: list[Any], types: dict[str, str]
) -> None:
    """Nothing else comes of it, whatever stands in it; nothing changes."""
    with an_index(face) as index:
        face.insert(index, [(f"v{row:02}", [row], None, data) for row, data in enumerate(ROWS)])
        for property_name, index_type in types.items():
            face.create_metadata_index(index, property_name, index_type)
        check_filters(face, index, ROWS, filters, types)
        assert face.count(index) == len(ROWS)


@pytest.mark.parametrize("face", ["sql"], indirect=True)
@given(
    given_vectors=st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "id": texts | anything,
                "values": st.lists(numbers, min_size=1, max_size=2) | anything,
                "namespace": texts | anything,
                "metadata": documents | anything,
                "more": anything,
            },
        )
        | anything,
        min_size=1,
        max_size=4,
    )
)
def test_whatever_is_given_as_json_vectors_is_written_or_refused(
    face: Face, given_vectors: list[Any]
) -> None:
    with an_index(face, dimensions=2) as index:
        for vectors in (given_vectors, *given_vectors):
            before = face.count(index)
            try:
                written = face.insert_json(index, vectors)  # type: ignore[attr-defined]
            except (InvalidRequest, InvalidVector):
                assert face.count(index) == before
            else:
                assert face.count(index) == before + written.count
