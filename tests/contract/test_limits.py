"""Strict mode: what Vectorize would answer, with its messages and codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

import pgvectorize
from pgvectorize import (
    Client,
    IndexExists,
    IndexNotFound,
    InvalidFilter,
    InvalidRequest,
    InvalidVector,
    PgVectorizeError,
)
from pgvectorize.encoding.values import MAX_DIMENSIONS
from tests.contract.faces import Face, IterableFace

DIMENSIONS = 32
ONES = [1.0] * DIMENSIONS


@pytest.fixture
def strict(client: Client, request: pytest.FixtureRequest) -> Iterator[str]:
    """An index that was created strict, with vectors and metadata indexes."""
    name = f"strict-{abs(hash(request.node.nodeid)):x}0"
    info = client.create_index(name, dimensions=DIMENSIONS, metric="euclidean", strict=True)
    assert info.is_strict
    index = client.index(name)
    index.create_metadata_index("word", "string")
    index.upsert(
        (f"v{number:03}", [number, *ONES[1:]], None, {"word": "é" * 40 + str(number), "n": number})
        for number in range(120)
    )
    yield name
    client.delete_index(name)


def check(
    error: type[PgVectorizeError],
    says: str,
    code: int | None,
    use: Any,
    *arguments: Any,
    **options: Any,
) -> None:
    with pytest.raises(error) as refusal:
        use(*arguments, **options)
    assert says in str(refusal.value)
    assert refusal.value.code == code
    assert refusal.value.hint


@pytest.mark.parametrize(
    ("vector", "says", "code"),
    [
        (("i" * 65, ONES), "id too long; max is 64 bytes, got 65 bytes", 40008),
        (("é" * 33, ONES), "id too long; max is 64 bytes, got 66 bytes", 40008),
        (("a", ONES, "n" * 65), "namespace too long; max is 64 bytes, got 65 bytes", None),
        (
            ("a", ONES, None, {"text": "x" * 10_230}),
            'oversized metadata for vector id="a"; the compact JSON representation of the metadata '
            "must not exceed 10240 bytes, got 10241 bytes",
            40016,
        ),
    ],
)
@pytest.mark.parametrize("operation", ["insert", "upsert"])
def test_a_vector_beyond_the_limits_is_refused(
    face: Face, strict: str, operation: str, vector: Any, says: str, code: int | None
) -> None:
    write = getattr(face, operation)
    check(InvalidVector, says, code, write, strict, [("good", ONES), vector])
    assert face.count(strict) == 120


def test_a_vector_beyond_the_limits_in_a_later_batch_is_refused_in_the_same_words(
    iterable_face: IterableFace, strict: str
) -> None:
    rows: list[Any] = [("a", ONES), ("b", ONES), ("c", ONES), ("i" * 65, ONES)]
    with pytest.raises(InvalidVector) as refusal:
        iterable_face.upsert(strict, rows, batch_size=2, atomic=False)
    assert refusal.value.message == "id too long; max is 64 bytes, got 65 bytes"
    assert (refusal.value.row, refusal.value.code) == (4, 40008)
    assert "The 2 rows in the batches before it were written." in str(refusal.value.hint)


def test_a_vector_of_another_width_is_refused(face: Face, strict: str) -> None:
    says = 'invalid vector for id="a", expected 32 dimensions, and got 3 dimensions'
    check(InvalidVector, says, 40012, face.upsert, strict, [("a", [1, 2, 3])])
    assert face.count(strict) == 120


@pytest.mark.parametrize("count", [10, 2_500])
def test_among_vectors_of_another_width_the_first_is_named(
    face: Face, strict: str, count: int
) -> None:
    says = 'invalid vector for id="w0", expected 32 dimensions, and got 31 dimensions'
    rows: list[Any] = [(f"w{row}", ONES[1:]) for row in range(count)]
    rows[8] = ("w8", ONES)
    check(InvalidVector, says, 40012, face.upsert, strict, rows)
    assert face.count(strict) == 120


def test_a_vector_at_the_limits_is_taken(face: Face, strict: str) -> None:
    metadata = {"a": [1, {"b": 'é, : \\"'}], "text": "x" * 10_200}
    vector = ("i" * 64, ONES, "n" * 64, metadata)
    assert face.upsert(strict, [vector]).count == 1


def test_more_vectors_than_a_request_may_have_are_refused(face: Face, strict: str) -> None:
    many = [(f"w{number}", ONES) for number in range(5_001)]
    check(
        InvalidRequest,
        "too many vectors in payload; max is 5000, got 5001",
        None,
        face.upsert,
        strict,
        many,
    )
    assert face.count(strict) == 120
    assert face.insert(strict, many[:5_000]).count == 5_000


@pytest.mark.parametrize(
    ("options", "says", "code"),
    [
        ({"top_k": 101}, "max top K is 100, but got 101", 40025),
        (
            {"top_k": 51, "return_values": True},
            "with returnValues=true or returnMetadata=all, max top K is 50, but got 51; "
            "for a top K up to 100, retry with returnValues=false and returnMetadata=indexed",
            40025,
        ),
        ({"top_k": 60, "return_metadata": "all"}, "max top K is 50, but got 60", 40025),
        ({"return_metadata": "some"}, "Invalid returnMetadata option.", 40026),
        ({"offset": 1}, "Vectorize has no offset", None),
        ({"max_distance": 1.0}, "Vectorize has no threshold", None),
        ({"exclude_ids": ["a"]}, "Vectorize has no exclusion of ids", None),
        ({"namespace": ["a", "b"]}, "Vectorize has no query of several namespaces", None),
    ],
)
def test_a_query_beyond_the_limits_is_refused(
    face: Face, strict: str, options: dict[str, Any], says: str, code: int | None
) -> None:
    check(InvalidRequest, says, code, face.query, strict, ONES, **options)


def test_a_query_at_the_limits_is_answered(face: Face, strict: str) -> None:
    for return_metadata in ("none", "indexed"):
        found = face.query(strict, ONES, top_k=100, return_metadata=return_metadata)
        assert found.count == 100
    assert face.query(strict, ONES, top_k=50, return_values=True, return_metadata="all").count == 50


def test_a_query_vector_of_another_width_is_refused(face: Face, strict: str) -> None:
    says = "invalid query vector, expected 32 dimensions, and got 3 dimensions"
    check(InvalidVector, says, 40006, face.query, strict, [1, 2, 3])


def test_more_ids_than_a_request_may_have_are_refused(face: Face, strict: str) -> None:
    ids = [f"v{number:03}" for number in range(101)]
    check(
        InvalidRequest,
        "too many ids in payload; max id count is 20, got 21",
        40007,
        face.get_by_ids,
        strict,
        ids[:21],
    )
    check(
        InvalidRequest,
        "too many ids in payload; max id count is 100, got 101",
        40007,
        face.delete_by_ids,
        strict,
        ids,
    )
    assert face.count(strict) == 120
    assert len(face.get_by_ids(strict, ids[:20])) == 20
    assert face.delete_by_ids(strict, ids[:100]).count == 100


@pytest.mark.parametrize(
    ("filter", "says"),
    [
        ({"word": "x" * 2_037}, "filter too large; max is 2047 bytes of compact JSON, got 2048"),
        ({"$or": [{"word": "a"}]}, "Vectorize has no $or"),
        ({"word": {"$prefix": "a"}}, "Vectorize has no $prefix"),
        ({"$and": [{"word": "a"}]}, "Vectorize has no $and"),
        ({"$not": {"word": "a"}}, "Vectorize has no $not"),
        *(
            ({"word": {operator: operand}}, f"Vectorize has no {operator}")
            for operator, operand in {
                "$exists": True,
                "$is_null": False,
                "$contains": "a",
                "$contains_any": ["a"],
                "$contains_all": ["a"],
            }.items()
        ),
    ],
)
def test_a_filter_beyond_the_grammar_is_refused(
    face: Face, strict: str, filter: Any, says: str
) -> None:
    check(InvalidFilter, says, None, face.query, strict, ONES, filter=filter)


def test_a_filter_at_the_limit_is_taken(face: Face, strict: str) -> None:
    assert face.query(strict, ONES, filter={"word": "x" * 2_036}).count == 0


def test_a_property_without_a_metadata_index_matches_nothing(face: Face, strict: str) -> None:
    for filter in ({"n": 1}, {"n": {"$ne": 1}}, {"n": {"$lt": 50}}, {"nothing": 1}):
        assert face.query(strict, ONES, filter=filter).count == 0
    face.create_metadata_index(strict, "n", "number")
    assert face.count(strict, filter={"n": {"$lt": 50}}) == 50


def test_strings_are_compared_by_their_first_64_bytes(face: Face, strict: str) -> None:
    """64 bytes are 32 of these letters; what comes after does not count."""
    assert face.count(strict, filter={"word": "é" * 32 + "whatever"}) == 120
    assert face.count(strict, filter={"word": "é" * 31}) == 0
    assert face.count(strict, filter={"word": {"$gt": "é" * 40}}) == 0
    assert face.count(strict, filter={"word": {"$in": ["é" * 50]}}) == 120
    face.upsert(strict, [("odd", ONES, None, {"word": "x" + "é" * 40})])
    # the 64th byte is half of a letter, and is cut off with it
    assert face.count(strict, filter={"word": "x" + "é" * 31 + "è"}) == 1


def test_indexed_metadata_is_cut_to_64_bytes(face: Face, strict: str) -> None:
    match = face.query(strict, ONES, top_k=1, return_metadata="indexed")[0]
    assert match.metadata == {"word": "é" * 32}
    whole = face.query(strict, ONES, top_k=1, return_metadata="all")[0].metadata
    assert whole is not None
    assert len(whole["word"]) > 40


def test_an_eleventh_metadata_index_is_refused(face: Face, strict: str) -> None:
    for number in range(9):
        face.create_metadata_index(strict, f"p{number}", "number")
    says = "too many metadata indexes; max is 10"
    check(InvalidRequest, says, None, face.create_metadata_index, strict, "p9", "number")
    face.create_metadata_index(strict, "word", "string")  # is there already
    assert len(face.list_metadata_indexes(strict)) == 10


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"dimensions": 31, "metric": "cosine"}, "Dimensions must be in range: [32, 1536]"),
        ({"dimensions": 1537, "metric": "cosine"}, "Dimensions must be in range: [32, 1536]"),
        ({"preset": "openai/text-embedding-3-large"}, "Dimensions must be in range: [32, 1536]"),
        ({}, "Config must be provided"),
    ],
)
def test_a_configuration_beyond_the_limits_is_refused(
    face: Face, new_name: str, options: dict[str, Any], says: str
) -> None:
    says = f"vectorize.index.invalid_config - {says}"
    check(InvalidRequest, says, None, face.create_index, new_name, strict=True, **options)


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ({"storage": "float16"}, "Vectorize has no storage"),
        ({"index_precision": "float32"}, "Vectorize has no index_precision"),
        ({"m": 24}, "Vectorize has no m"),
        ({"ef_construction": 100}, "Vectorize has no ef_construction"),
        ({"hnsw": False}, "Vectorize has no choice of hnsw"),
    ],
)
def test_how_vectors_are_kept_is_not_for_choice(
    face: Face, new_name: str, option: dict[str, Any], says: str
) -> None:
    config = {"dimensions": 32, "metric": "cosine", "strict": True}
    check(InvalidRequest, says, None, face.create_index, new_name, **config, **option)
    plain = {"storage": "float32", "m": 16, "ef_construction": 64, "hnsw": True}
    assert face.create_index(new_name, **config, **plain).is_strict


@pytest.mark.parametrize(
    ("call", "options", "says"),
    [
        ("delete", {"filter": {"word": "a"}}, "deletion by filter or namespace"),
        ("delete", {"namespace": "n", "dry_run": True}, "deletion by filter or namespace"),
        ("delete_namespace", {"namespace": "n"}, "deletion by filter or namespace"),
        ("facets", {"property_name": "word"}, "facets"),
        ("query_many", {"vectors": [ONES, ONES]}, "query of several vectors"),
        ("truncate", {}, "deletion of all vectors"),
        ("update_metadata", {"patch": {"a": 1}, "ids": ["v000"]}, "change of metadata alone"),
    ],
)
def test_a_call_that_vectorize_lacks_is_refused(
    face: Face, strict: str, call: str, options: dict[str, Any], says: str
) -> None:
    says = f"Vectorize has no {says}"
    check(InvalidRequest, says, None, getattr(face, call), strict, **options)
    assert face.count(strict) == 120


@pytest.mark.parametrize(
    "options",
    [
        {"return_values": True},
        {"return_metadata": "all"},
        {"namespace": "n"},
        {"filter": {"word": "a"}},
    ],
)
def test_a_listing_that_vectorize_lacks_is_refused_to_a_strict_session(
    face: Face, strict: str, options: dict[str, Any]
) -> None:
    with face.borrow(session=True) as borrowed:
        assert face.list_vectors(strict, **options).count <= 120
        borrowed.execute("select set_config('pgvectorize.strict', 'on', false)")
        says = "Vectorize has no choice in listings, which give ids"
        check(InvalidRequest, says, None, borrowed.face.list_vectors, strict, **options)
        assert borrowed.face.list_vectors(strict, count=3).ids == ["v000", "v001", "v002"]


def test_a_strict_index_can_be_iterated(iterable_face: IterableFace, strict: str) -> None:
    assert len(iterable_face.iterate(strict)) == 120


def test_other_indexes_are_as_ever(face: Face, index: str) -> None:
    face.upsert(index, [("i" * 100, [1, 2], None, {"a": 1})])
    assert face.query(index, [1, 2], top_k=500, filter={"a": 1}).count == 1


def test_a_strict_client_is_strict_with_every_index(dsn: str, index: str, new_name: str) -> None:
    with pgvectorize.connect(dsn, strict=True) as client:
        check(
            InvalidRequest, "max top K is 100", 40025, client.index(index).query, [1, 2], top_k=101
        )
        check(
            IndexNotFound,
            'vectorize.index.not_found - Index name "nothing"',
            3000,
            client.index("nothing").describe,
        )
        check(
            IndexExists,
            f'vectorize.index.duplicate_name - Index name "{index}"',
            3002,
            client.create_index,
            index,
            dimensions=32,
            metric="cosine",
        )
        check(
            InvalidRequest,
            "Dimensions must be in range",
            None,
            client.create_index,
            new_name,
            dimensions=2,
            metric="cosine",
        )


def test_a_session_may_be_strict(face: Face, index: str) -> None:
    with face.borrow(session=True) as borrowed:
        borrowed.execute("select set_config('pgvectorize.strict', 'on', false)")
        with pytest.raises(InvalidRequest, match="max top K is 100"):
            borrowed.face.query(index, [1, 2], top_k=101)


def test_every_limit_has_a_source(face: Face) -> None:
    limits = {limit.name: limit for limit in face.limits()}
    assert all(limit.source for limit in limits.values())
    assert (limits["top_k"].value, limits["top_k"].strict) == (1_000, 100)
    assert (limits["metadata_bytes"].value, limits["metadata_bytes"].strict) == (None, 10_240)


def test_what_is_checked_without_a_look_at_the_limits_is_what_they_say(
    face: Face, index: str, connection: psycopg.Connection[tuple[object, ...]]
) -> None:
    limits = {limit.name: limit.value for limit in face.limits()}
    assert limits["dimensions"] == MAX_DIMENSIONS
    depth, digits = limits["metadata_depth"], limits["metadata_digits"]
    assert depth is not None

    def nested(levels: int) -> Any:
        value: Any = 1
        for _ in range(levels):
            value = {"a": value}
        return value

    face.upsert(index, [("deep", [1, 2], None, nested(depth))])
    with pytest.raises(InvalidVector, match=f"nested more than {depth} levels deep"):
        face.upsert(index, [("deeper", [1, 2], None, nested(depth + 1))])
    rows = connection.execute(
        """
        select pgvectorize_private._metadata_problem(
            jsonb_build_object('a', ('1e' || tried.digits)::numeric)
        )
        from unnest(array[%(digits)s - 1, %(digits)s]) as tried (digits)
        """,
        {"digits": digits},
    ).fetchall()
    assert rows == [(None,), (f"a number in the metadata has more than {digits} digits",)]
