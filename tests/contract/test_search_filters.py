"""Filters: what each of them finds, and which are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pgvectorize import Client, InvalidFilter, PgVectorizeError
from tests.contract.faces import Face

Documents = dict[str, Any]

# The four vectors of the live tests that the specification draws on, and more.
DOCUMENTS: Documents = {
    "a": {"price": 75, "word": "exists", "mixed": "string value", "on": True, "code": "A123"},
    "b": {"price": 100, "word": None, "mixed": 10, "on": False, "code": "B456"},
    "c": {"price": 150, "mixed": False, "on": False, "code": "C789", "nested": {"n": 150, "b": 1}},
    "d": {"price": 200, "mixed": True, "on": False, "nested": {"n": 50, "b": True}},
    "e": {"price": "80", "code": "a", "nested": [{"n": 150}], "tags": ["x", "y"]},
    "f": {"price": 0, "code": "ä", "word": "", "nested": {"deep": {"er": 1.5}}},
    "g": {"price": 1e23, "code": "Z", "word": "null"},
    "h": None,
    "i": {},
}

EVERYWHERE: list[tuple[dict[str, Any], str]] = [
    ({}, "abcdefghi"),
    ({"price": 75}, "a"),
    ({"price": 75.0}, "a"),
    ({"price": {"$eq": 0}}, "f"),
    ({"price": 100_000_000_000_000_000_000_000}, "g"),
    ({"price": {"$gte": 75, "$lte": 75}}, "a"),
    ({"price": {"$gt": 75, "$lt": 200}}, "bc"),
    ({"price": {"$gte": 150}}, "cdg"),
    ({"price": {"$lt": 75}}, "f"),
    ({"price": {"$lt": 1e-300}}, "f"),
    ({"price": {"$ne": 75}}, "bcdefghi"),
    ({"price": {"$in": [75, 100, 1]}}, "ab"),
    ({"price": {"$nin": [75, 100]}}, "cdefghi"),
    ({"price": {"$in": []}}, ""),
    ({"price": {"$nin": []}}, "abcdefghi"),
    ({"word": "exists"}, "a"),
    ({"word": ""}, "f"),
    ({"word": "null"}, "g"),
    ({"word": None}, ""),
    ({"word": {"$eq": None}}, ""),
    ({"word": {"$ne": None}}, "abcdefghi"),
    ({"word": {"$in": [None, "exists"]}}, "a"),
    ({"word": {"$in": [None]}}, ""),
    ({"word": {"$nin": [None, "exists"]}}, "bcdefghi"),
    ({"on": True}, "a"),
    ({"on": {"$ne": True}}, "bcdefghi"),
    ({"on": {"$in": [True, False]}}, "abcd"),
    ({"code": {"$gte": "A", "$lt": "C"}}, "ab"),
    ({"code": {"$gt": "Z"}}, "ef"),
    ({"code": {"$lte": "a"}}, "abceg"),
    ({"code": {"$gte": "B4", "$lt": "B5"}}, "b"),
    ({"nested.n": {"$gt": 100}}, "c"),
    ({"nested.n": {"$gt": 10}, "nested.b": True}, "d"),
    ({"nested.deep.er": 1.5}, "f"),
    ({"nested.deep.er.est": 1.5}, ""),
    ({"price": {"$gte": 75}, "on": False, "code": {"$lt": "C"}}, "b"),
    ({"absent": "x"}, ""),
    ({"absent": {"$ne": "x"}}, "abcdefghi"),
    ({"tags.0": "x"}, ""),
    ({"tags": {"$ne": "x"}}, "abcdefghi"),
]

STRICT: list[tuple[dict[str, Any], str]] = [
    ({"price": "75"}, ""),
    ({"price": "80"}, "e"),
    ({"price": {"$gt": "150"}}, "e"),
    ({"price": {"$lt": "9"}}, "e"),
    ({"price": True}, ""),
    ({"price": {"$in": ["75", 100, "80", False]}}, "be"),
    ({"on": "true"}, ""),
    ({"on": 1}, ""),
    ({"mixed": {"$in": ["string value", 10, None]}}, "ab"),
    ({"mixed": {"$in": ["true", False]}}, "c"),
    ({"mixed": "10"}, ""),
    ({"nested.b": 1}, "c"),
]

TYPES = {
    "price": "number",
    "word": "string",
    "mixed": "string",
    "on": "boolean",
    "code": "string",
    "nested.n": "number",
    "tags": "string",
}

COERCED: list[tuple[dict[str, Any], str]] = [
    ({"price": {"$gt": "150"}}, "dg"),
    ({"price": "75"}, "a"),
    ({"price": " 7.5e1 "}, "a"),
    ({"price": {"$in": ["75", 100]}}, "ab"),
    ({"price": "80"}, ""),
    ({"on": "true"}, "a"),
    ({"on": {"$nin": ["true", False]}}, "efghi"),
    ({"mixed": {"$in": ["string value", 10, None]}}, "ab"),
    ({"mixed": {"$in": ["10", "true"]}}, "bd"),
    ({"mixed": 10.0}, "b"),
    ({"mixed": True}, "d"),
    ({"code": {"$lt": 7}}, ""),
]


@pytest.fixture
def shelf(client: Client, index: str) -> str:
    """An index of `DOCUMENTS`, by id."""
    client.index(index).upsert((id, [1, 2], None, metadata) for id, metadata in DOCUMENTS.items())
    return index


def check(face: Face, index: str, filter: dict[str, Any], expected: str) -> None:
    found = face.query(index, [0, 0], filter=filter, top_k=10)
    assert "".join(match.id for match in found) == expected
    assert face.count(index, filter=filter) == len(expected)


@pytest.mark.parametrize(("filter", "expected"), [*EVERYWHERE, *STRICT])
def test_filter_without_a_metadata_index_is_strict_about_types(
    face: Face, shelf: str, filter: dict[str, Any], expected: str
) -> None:
    check(face, shelf, filter, expected)


@pytest.fixture
def indexed_shelf(client: Client, shelf: str) -> str:
    """The same with metadata indexes, made by the function that needs no waiting."""
    with client._connection() as connection, connection.transaction():
        index = client.using(connection).index(shelf)
        for property_name, index_type in TYPES.items():
            index.create_metadata_index(property_name, index_type)  # type: ignore[arg-type]
    return shelf


@pytest.mark.parametrize(("filter", "expected"), [*EVERYWHERE, *COERCED])
def test_filter_with_a_metadata_index_reads_operands_as_its_type(
    face: Face, indexed_shelf: str, filter: dict[str, Any], expected: str
) -> None:
    check(face, indexed_shelf, filter, expected)


def test_equal_numbers_are_equal_however_they_are_written(face: Face, index: str) -> None:
    face.upsert(index, [("a", [1, 2], None, {"n": 1}), ("b", [1, 2], None, {"n": 1.0})])
    for index_type in (None, "number", "string"):
        if index_type:
            face.create_metadata_index(index, "n", index_type)
        for operand in (1, 1.0):
            check(face, index, {"n": operand}, "ab")
            check(face, index, {"n": {"$nin": [operand, 2]}}, "")
        if index_type:
            face.delete_metadata_index(index, "n")


@pytest.mark.parametrize("index_type", [None, "number"])
def test_numbers_are_compared_exactly(face: Face, index: str, index_type: str | None) -> None:
    numbers = {"a": 2**53, "b": 2**53 + 1, "c": 10**400, "d": -(10**400), "e": 5e-324}
    face.upsert(index, [(id, [1, 2], None, {"n": number}) for id, number in numbers.items()])
    if index_type:
        face.create_metadata_index(index, "n", index_type)

    for id, number in numbers.items():
        check(face, index, {"n": number}, id)
    check(face, index, {"n": {"$gt": 2**53}}, "bc")
    check(face, index, {"n": {"$lt": 1e-300}}, "de")


@pytest.mark.parametrize("index_type", [None, "string"])
@pytest.mark.parametrize("length", [510, 511, 512, 513, 3_000])
def test_long_strings_are_compared_to_their_end(
    face: Face, index: str, index_type: str | None, length: int
) -> None:
    stem = "é" * length
    words = {"a": stem, "b": stem + "a", "c": stem + "ab", "d": stem + "b", "e": stem[:-1]}
    if index_type:
        face.create_metadata_index(index, "w", index_type)
    face.upsert(index, [(id, [1, 2], None, {"w": word}) for id, word in words.items()])

    for id, word in words.items():
        check(face, index, {"w": word}, id)
        check(face, index, {"w": {"$in": [word, "other"]}}, id)
        check(face, index, {"w": {"$ne": word}}, "abcde".replace(id, ""))
    check(face, index, {"w": {"$gt": stem + "a"}}, "cd")
    check(face, index, {"w": {"$gte": stem + "a", "$lt": stem + "b"}}, "bc")
    check(face, index, {"w": {"$lte": stem}}, "ae")


NASTY = [
    *("'", "''", '" or true --', "\\", "\\'", "%", "%s", "%I", "%L", "%1$s", "$1", ":a", "{}"),
    *("') or true --", "'); drop schema pgvectorize cascade; --", "a\nb", "\t", " ", "ключ", "🧭"),
    *("E'\\x41'", "null", "true", "1", "$tag$", "/*", "--", "{0}", "a'b\\c%d", "a" * 500),
]


@pytest.mark.parametrize("index_type", [None, "string"])
@pytest.mark.parametrize("text", NASTY)
def test_keys_and_operands_are_data(
    face: Face, index: str, text: str, index_type: str | None
) -> None:
    key = text.replace('"', "'").lstrip("$").replace(".", "")
    face.upsert(index, [("a", [1, 2], None, {key: text}), ("b", [1, 2], None, {key: "other"})])
    if index_type:
        face.create_metadata_index(index, key, index_type)

    check(face, index, {key: text}, "a")
    check(face, index, {key: {"$in": [text, text + "'"]}}, "a")
    check(face, index, {key: {"$ne": text}}, "b")
    check(face, index, {key: {"$gte": text, "$lte": text}}, "a")
    check(face, index, {key + "'": text}, "")
    assert face.query(index, [1, 2], namespace=text, filter={key: text}).count == 0


def test_nasty_nested_keys_are_data(face: Face, index: str) -> None:
    keys = [text for text in NASTY if "." not in text and '"' not in text and text[0] != "$"]
    for position in range(0, len(keys) - 1, 2):
        outer, inner = keys[position : position + 2]
        id = chr(ord("A") + position)
        face.upsert(index, [(id, [1, 2], None, {outer: {inner: "x"}})])
        if len(outer) + len(inner) < 512:
            check(face, index, {f"{outer}.{inner}": "x"}, id)


def nested(depth: int) -> dict[str, Any]:
    filter: dict[str, Any] = {"a": 1}
    for _ in range(depth - 1):
        filter = {"$not": filter}
    return filter


REFUSED: list[tuple[Any, str]] = [
    ([], "filter: expected an object, got array"),
    ("price", "filter: expected an object, got string"),
    (1, "filter: expected an object, got number"),
    ({"a": {}}, "filter.a: the condition is empty"),
    ({"a": []}, "filter.a: expected a value or an operator, got array"),
    ({"a": ["x"]}, "filter.a: expected a value or an operator, got array"),
    ({"a": {"b": 1}}, 'filter.a: "b" is not an operator'),
    ({"a": {"$or": [1]}}, 'filter.a: "$or" is not an operator'),
    ({"a": {"$EQ": 1}}, 'filter.a: "$EQ" is not an operator'),
    ({"a": {"$exists": 1}}, "filter.a.$exists: expected true or false, got number"),
    ({"a": {"$is_null": None}}, "filter.a.$is_null: expected true or false, got null"),
    ({"a": {"$prefix": 1}}, "filter.a.$prefix: expected a string, got number"),
    ({"a": {"$contains": [1]}}, "filter.a.$contains: expected a string, number, boolean or null"),
    ({"a": {"$contains_any": 1}}, "filter.a.$contains_any: expected an array, got number"),
    ({"a": {"$contains_all": {}}}, "filter.a.$contains_all: expected an array, got object"),
    ({"a": {"$contains_all": [{}]}}, "filter.a.$contains_all: expected a string"),
    ({"a.b": {"$gt": 1, "x": 1}}, 'filter.a.b: "x" is not an operator'),
    ({"a": {"$eq": {}}}, "filter.a.$eq: expected a string, number, boolean or null, got object"),
    ({"a": {"$ne": [1]}}, "filter.a.$ne: expected a string, number, boolean or null, got array"),
    ({"a": {"$in": 1}}, "filter.a.$in: expected an array, got number"),
    ({"a": {"$in": None}}, "filter.a.$in: expected an array, got null"),
    ({"a": {"$nin": {}}}, "filter.a.$nin: expected an array, got object"),
    ({"a": {"$in": [1, [2]]}}, "filter.a.$in: expected a string, number, boolean or null"),
    ({"a": {"$nin": [{"x": 1}]}}, "filter.a.$nin: expected a string, number, boolean or null"),
    ({"a": {"$gt": [1]}}, "filter.a.$gt: expected a string or a number, got array"),
    ({"a": {"$gte": None}}, "filter.a.$gte: expected a string or a number, got null"),
    ({"a": {"$lt": True}}, "filter.a.$lt: expected a string or a number, got boolean"),
    ({"a": {"$lte": {}}}, "filter.a.$lte: expected a string or a number, got object"),
    ({"a": {"$gt": 1, "$gte": 1}}, "filter.a: cannot combine"),
    ({"a": {"$lt": 1, "$lte": 1}}, "filter.a: cannot combine"),
    ({"a": {"$eq": 1, "$gt": 1}}, "filter.a: cannot combine"),
    ({"a": {"$in": [1], "$ne": 1}}, "filter.a: cannot combine"),
    ({"a": {"$gt": 1, "$lt": 2, "$lte": 2}}, "filter.a: cannot combine"),
    ({"good": 1, "a": {"$gt": []}}, "filter.a.$gt"),
    ({"": 1}, 'property name "" is empty'),
    ({"$a": 1}, 'filter: "$a" is not allowed here'),
    ({"$and": {"a": 1}}, "filter.$and: expected an array of filters, got object"),
    ({"$or": []}, "filter.$or: the array is empty"),
    ({"$or": [{"a": 1}, 2]}, "filter.$or[1]: expected an object, got number"),
    ({"$and": [None]}, "filter.$and[0]: expected an object, got null"),
    ({"$not": [{"a": 1}]}, "filter.$not: expected an object, got array"),
    ({"$not": {"$or": [{"a": {"$gt": None}}]}}, "filter.$not.$or[0].a.$gt: expected a string"),
    ({"$eq": 1}, 'filter: "$eq" is not allowed here'),
    (nested(33), "filters are nested more than 32 deep"),
    ({'a"b': 1}, "contains a double quote"),
    ({"a..b": 1}, "has an empty part"),
    ({".a": 1}, "has an empty part"),
    ({"a.": 1}, "has an empty part"),
    ({".": 1}, "has an empty part"),
    ({"é" * 513: 1}, "has 513 characters, at most 512 are allowed"),
]

REFUSED_BY_TYPE: list[tuple[Any, str]] = [
    ({"price": "cheap"}, 'filter.price.$eq: cannot read "cheap" as a number'),
    ({"price": ""}, "filter.price.$eq: cannot read"),
    ({"price": "1 2"}, "filter.price.$eq: cannot read"),
    ({"price": "NaN"}, "filter.price.$eq: cannot read"),
    ({"price": "Infinity"}, "filter.price.$eq: cannot read"),
    ({"price": "0x10"}, "filter.price.$eq: cannot read"),
    ({"price": "٣"}, "filter.price.$eq: cannot read"),
    ({"price": True}, "filter.price.$eq: cannot read true as a number"),
    ({"price": {"$in": [1, "x"]}}, "filter.price.$in: cannot read"),
    ({"price": {"$gt": "x"}}, "filter.price.$gt: cannot read"),
    ({"on": 1}, "filter.on.$eq: cannot read 1 as a boolean"),
    ({"on": "yes"}, "filter.on.$eq: cannot read"),
    ({"on": "TRUE"}, "filter.on.$eq: cannot read"),
    ({"on": {"$gt": "true"}}, "filter.on.$gt: a boolean has no order"),
    ({"on": {"$lt": 1}}, "filter.on.$lt: a boolean has no order"),
    ({"word": {"$gt": True}}, "filter.word.$gt: expected a string or a number, got boolean"),
]


def check_refused(face: Face, index: str, filter: Any, says: str) -> None:
    uses: list[Callable[[], object]] = [
        lambda: face.query(index, [1, 2], filter=filter),
        lambda: face.query(index, [1, 2], filter=filter, exact=True),
        lambda: face.query_by_id(index, "a", filter=filter),
        lambda: face.query_many(index, [[1, 2]], filter=filter),
        lambda: face.count(index, filter=filter),
    ]
    for use in uses:
        with pytest.raises(InvalidFilter) as refusal:
            use()
        assert says in str(refusal.value)
        assert refusal.value.hint


@pytest.mark.parametrize(("filter", "says"), REFUSED)
def test_a_malformed_filter_is_refused_with_its_path(
    face: Face, shelf: str, filter: Any, says: str
) -> None:
    check_refused(face, shelf, filter, says)


@pytest.mark.parametrize(("filter", "says"), [*REFUSED, *REFUSED_BY_TYPE])
def test_an_operand_that_is_not_of_the_indexes_type_is_refused(
    face: Face, indexed_shelf: str, filter: Any, says: str
) -> None:
    check_refused(face, indexed_shelf, filter, says)


@pytest.mark.parametrize(
    "filter",
    [
        *({"a": "\0"}, {"a\0": 1}, {"a": "\ud800"}, {"\udfff": 1}),
        *({"a": float("nan")}, {"a": {"$lt": float("inf")}}),
    ],
)
def test_a_filter_that_is_no_json_is_refused(face: Face, shelf: str, filter: Any) -> None:
    with pytest.raises(PgVectorizeError):  # by the client, else by the type jsonb
        face.query(shelf, [1, 2], filter=filter)
    assert face.count(shelf) == len(DOCUMENTS)


@pytest.mark.parametrize(
    ("filter", "hint"),
    [
        ({"a": {"$gtt": 1}}, "Did you mean $gt?"),
        ({"a": {"$contain_any": [1]}}, "Did you mean $contains_any?"),
        ({"$orr": [{"a": 1}]}, "Did you mean $or?"),
        ({"a": {"something else": 1}}, "Known are $eq, $ne,"),
    ],
)
def test_a_mistyped_operator_brings_the_nearest_to_mind(
    face: Face, shelf: str, filter: Any, hint: str
) -> None:
    with pytest.raises(InvalidFilter) as refusal:
        face.query(shelf, [1, 2], filter=filter)
    assert hint in str(refusal.value.hint)


def test_filters_nest_to_the_stated_depth(face: Face, shelf: str) -> None:
    assert face.count(shelf, filter=nested(32)) + face.count(shelf, filter={"a": 1}) == len(
        DOCUMENTS
    )


ARTICLES: list[dict[str, Any] | None] = [
    {"title": "network", "tags": ["a", "b"], "year": 1999, "draft": None},
    {"title": "networking", "tags": ["b"], "year": 2005},
    {"title": "net", "tags": [], "year": 2005, "draft": False},
    {"title": "New", "tags": "a", "by": {"tags": ["x", 1]}},
    None,
]


@pytest.mark.parametrize("types", [{}, {"title": "string", "year": "number", "draft": "boolean"}])
@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ({"$or": [{"year": 1999}, {"title": "New"}]}, "03"),
        ({"$and": [{"year": {"$gte": 2000}}, {"year": {"$ne": 2006}}]}, "12"),
        ({"$not": {"year": 2005}}, "034"),
        ({"$not": {"$or": [{"year": 2005}, {"title": "New"}]}}, "04"),
        ({"title": "net", "$or": [{"year": 2005}, {"year": 1999}]}, "2"),
        ({"draft": {"$exists": True}}, "02"),
        ({"draft": {"$exists": False}}, "134"),
        ({"draft": {"$is_null": True}}, "0"),
        ({"draft": {"$is_null": False}}, "1234"),
        ({"title": {"$prefix": "net"}}, "012"),
        ({"title": {"$prefix": "network"}}, "01"),
        ({"title": {"$prefix": ""}}, "0123"),
        ({"tags": {"$contains": "b"}}, "01"),
        ({"tags": {"$contains": "a"}}, "0"),
        ({"tags": {"$contains_any": ["a", "b", None]}}, "01"),
        ({"tags": {"$contains_any": []}}, ""),
        ({"tags": {"$contains_all": ["b", "a"]}}, "0"),
        ({"tags": {"$contains_all": []}}, "012"),
        ({"tags": {"$contains_all": [None]}}, ""),
        ({"by.tags": {"$contains": 1}}, "3"),
        ({"by.tags": {"$contains": "1"}}, ""),
        ({"by": {"$exists": True}}, "3"),
    ],
)
def test_filters_beyond_vectorizes(
    face: Face,
    make_index: Callable[..., str],
    types: dict[str, str],
    filter: dict[str, Any],
    expected: str,
) -> None:
    index = make_index(dimensions=1, metric="euclidean")
    face.insert(index, [(str(row), [row], None, data) for row, data in enumerate(ARTICLES)])
    for property_name, index_type in types.items():
        face.create_metadata_index(index, property_name, index_type)
    assert "".join(match.id for match in face.query(index, [0], filter=filter)) == expected
    assert face.count(index, filter=filter) == len(expected)
