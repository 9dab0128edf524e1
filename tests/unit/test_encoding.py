"""Postgres' binary formats, against a reference made by psycopg or by hand."""

from __future__ import annotations

import json
import re
import struct
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from psycopg.adapt import PyFormat, Transformer
from psycopg.types.json import Jsonb

from pgvectorize import InvalidVector, Vector
from pgvectorize.encoding.batches import Batch, Rules, batches, check_batch, column_batches
from pgvectorize.encoding.documents import json_text
from pgvectorize.encoding.values import query_rows
from pgvectorize.encoding.wire import (
    COPY_HEADER,
    COPY_TRAILER,
    VectorLoader,
    copy_rows,
    jsonb,
    jsonb_array,
    query_vector,
    text_array,
    vector_array,
)

VECTOR_OID = 70_000


def by_psycopg(value: Any) -> bytes:
    """What psycopg itself sends for a value, in binary."""
    data = Transformer().get_dumper(value, PyFormat.BINARY).dump(value)
    return bytes(data or b"")


def vector(*values: float) -> bytes:
    """A vector as pgvector's vector_send writes it."""
    return struct.pack(f">HH{len(values)}f", len(values), 0, *values)


def sized(data: bytes) -> bytes:
    return struct.pack(">i", len(data)) + data


# Arrays and COPY


def test_query_vector_is_a_vector() -> None:
    assert query_vector([1.0, -2.5]).data == vector(1.0, -2.5)


def test_vector_array_has_a_header_and_sized_vectors() -> None:
    matrix = np.array([[1, 2], [3, 4]], dtype=np.float32)
    header = struct.pack(">iiIii", 1, 0, VECTOR_OID, 2, 1)
    assert vector_array(matrix, VECTOR_OID).data == (
        header + sized(vector(1, 2)) + sized(vector(3, 4))
    )


def test_vector_array_of_none_has_no_dimensions() -> None:
    assert vector_array(query_rows([]), VECTOR_OID).data == struct.pack(">iiI", 0, 0, VECTOR_OID)


@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4", "int64"])
def test_vector_array_takes_any_layout_and_type(layout: Any, dtype: str) -> None:
    matrix = layout(np.arange(12).reshape(3, 4).astype(dtype))
    wanted = vector_array(np.arange(12, dtype=np.float32).reshape(3, 4), VECTOR_OID)
    assert vector_array(query_rows(matrix), VECTOR_OID) == wanted


@pytest.mark.parametrize("texts", [["a"], ["ü", "", "日本"], ["a", None]])
def test_text_array_is_what_psycopg_sends(texts: list[str | None]) -> None:
    assert text_array(texts).data == by_psycopg(texts)


def test_arrays_without_elements_have_no_dimensions() -> None:
    assert text_array([]).data == struct.pack(">iiI", 0, 0, 25)
    assert jsonb_array([]).data == struct.pack(">iiI", 0, 0, 3802)


def test_jsonb_array_is_what_psycopg_sends() -> None:
    documents: list[dict[str, Any] | None] = [{"a": 1}, None, {}]
    wanted = by_psycopg([None if given is None else Jsonb(given, json_text) for given in documents])
    given = [None if document is None else json_text(document) for document in documents]
    assert jsonb_array(given).data == wanted


def test_copy_rows_are_tuples_of_five_sized_fields() -> None:
    matrix = np.array([[1, 2], [3, 4]], dtype=np.float32)
    batch = Batch(["a", "é"], matrix, [None, "n"], [b"{}", None], [None, "é"])
    null = struct.pack(">i", -1)
    assert copy_rows(batch) == b"".join(
        [
            struct.pack(">h", 5),
            sized(b"a"),
            null,
            sized(vector(1, 2)),
            sized(b"\x01{}"),
            null,
            struct.pack(">h", 5),
            sized("é".encode()),
            sized(b"n"),
            sized(vector(3, 4)),
            null,
            sized("é".encode()),
        ]
    )


def test_copy_has_the_header_and_trailer_of_the_manual() -> None:
    assert b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0) == COPY_HEADER
    assert COPY_TRAILER == b"\xff\xff"


def test_values_come_back_as_they_went() -> None:
    values = np.random.default_rng(7).standard_normal(384).astype(np.float32)
    read = VectorLoader(VECTOR_OID).load(query_vector(values).data)
    assert read.dtype == np.float32
    assert read.tobytes() == values.tobytes()


# JSON


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"a": 1e23}, '{"a":100000000000000000000000.0}'),
        ({"a": -1.5e16}, '{"a":-15000000000000000.0}'),
        ({"a": [1e16, 2]}, '{"a":[10000000000000000.0,2]}'),
        ({"a": 1e-7}, '{"a":1e-07}'),
        ({"a": 10**30}, '{"a":1' + "0" * 30 + "}"),
        ({"1e+23": "2e+23"}, '{"1e+23":"2e+23"}'),
        ({"a": '"1e+23', "b": 1e22}, '{"a":"\\"1e+23","b":10000000000000000000000.0}'),
        ({"a": "\\", "b": 1e22, "c": "e+"}, '{"a":"\\\\","b":10000000000000000000000.0,"c":"e+"}'),
        ({"é": "日本"}, '{"é":"日本"}'),
    ],
)
def test_json_text_keeps_large_floats_floats(document: dict[str, Any], text: str) -> None:
    assert json_text(document).decode() == text
    assert json.loads(text) == document


def test_json_text_keeps_the_largest_float() -> None:
    assert json.loads(json_text({"a": 1.7976931348623157e308})) == {"a": 1.7976931348623157e308}


def test_jsonb_is_versioned_json() -> None:
    assert jsonb(b'{"a":1}').data == b'\x01{"a":1}'


@pytest.mark.parametrize("document", [{"a": "\0"}, {"\0": 1}, {"a": [{"b": ("x\0",)}]}])
def test_json_text_refuses_nul(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="NUL"):
        json_text(document)


def test_json_text_takes_the_letters_that_look_like_nul() -> None:
    assert json.loads(json_text({"a": r"\u0000"})) == {"a": r"\u0000"}


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_json_text_refuses_what_json_lacks(number: float) -> None:
    with pytest.raises(ValueError, match=r'property "a" is (nan|inf), which JSON'):
        json_text({"a": number})


# Batches


def test_batches_read_every_shape_alike() -> None:
    shapes: list[Any] = [
        Vector("a", [1.0, 2.0], "n", {"k": 1}),
        ("a", [1.0, 2.0], "n", {"k": 1}),
        {"id": "a", "values": [1.0, 2.0], "namespace": "n", "metadata": {"k": 1}},
    ]
    for given in shapes:
        (batch,) = batches([given], 10)
        assert (batch.ids, batch.namespaces, batch.metadata) == (["a"], ["n"], [b'{"k":1}'])
        assert np.asarray(batch.values).tolist() == [[1.0, 2.0]]


def test_batches_read_no_more_than_a_batch_ahead() -> None:
    taken = []

    def numbers() -> Iterator[tuple[str, list[float]]]:
        for number in range(10):
            taken.append(number)
            yield str(number), [1.0]

    first = next(batches(numbers(), 4))
    assert len(first) == 4
    assert taken == [0, 1, 2, 3]


def test_columns_are_the_same_batches_as_rows() -> None:
    matrix = np.arange(10, dtype=np.float64).reshape(5, 2)
    ids = list("abcde")
    rows = batches([(id, matrix[row], "n") for row, id in enumerate(ids)], 2)
    columns = column_batches(ids, matrix, "n", None, None, 2)
    for by_row, by_column in zip(rows, columns, strict=True):
        assert copy_rows(by_row) == copy_rows(by_column)


GOOD = ("good", [1.0, 2.0])


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (("a", [1.0, float("nan")]), 'row 3, id "a": value 2 is nan'),
        (("a", [1e39, 1.0]), 'row 3, id "a": value 1 is 1e'),
        (("a", ["x", "y"]), 'row 3, id "a": values are not numbers'),
        (("a", [[1.0, 2.0]]), r'row 3, id "a": values have the shape \(1, 2\)'),
        (("a\0", [1.0, 2.0]), "row 3, .*: id contains the character NUL"),
        (("a", [1.0, 2.0], "\0"), 'row 3, id "a": namespace contains the character NUL'),
        (("\ud800", [1.0, 2.0]), "row 3, .*: id contains half of a surrogate pair"),
        ((1.0, [1.0, 2.0]), "row 3: id is not a string but float"),
        (("a", [1.0, 2.0], True), 'row 3, id "a": namespace is not a string but bool'),
        (("a", [1.0, 2.0], None, []), 'row 3, id "a": metadata is not an object but list'),
        (
            ("a", [1.0, 2.0], None, {"k": {1}}),
            'row 3, .*: metadata property "k" is of the type set',
        ),
        (("a", [1.0, 2.0], None, {"k": "\0"}), "row 3, .*: metadata .* NUL"),
        (("a", [1.0, 2.0], None, {"k": "\udfff"}), "row 3, .*: metadata .* surrogate"),
        (("a", [1.0, 2.0], None, {"k": float("nan")}), 'row 3, .*: metadata property "k" is nan'),
        (("a", [1.0, 2.0], None, {"a.b": 1}), 'row 3, .*: a metadata key is empty, begins with "'),
        (("a", [1.0, 2.0], None, {1.5: 1}), "row 3, .*: a metadata key is empty"),
        (("a", [1.0, 2.0], None, {"k": [{"in": {"$x": 1}}]}), "row 3, .*: a metadata key is empty"),
        ("ab", "row 3: expected a vector, got str"),
        (("a",), "row 3: a vector of 1 parts, expected 2 to 5"),
        ({"values": [1.0]}, "row 3: no id"),
        ({"id": "a"}, 'row 3, id "a": values and content are missing'),
        (("a", None, None, None, ""), 'row 3, id "a": values and content are missing'),
        (("a", None, None, None, b"x"), 'row 3, id "a": content is not a string but bytes'),
        (("a", [1.0, 2.0], None, None, "\0"), "row 3, .*: content contains the character NUL"),
        ({"id": "a", "values": [1.0, 2.0], "meta": {}}, "row 3: unknown key 'meta'"),
    ],
)
def test_the_offending_row_is_named(given: Any, problem: str) -> None:
    with pytest.raises(InvalidVector, match=problem) as caught:
        list(batches([GOOD, GOOD, given], 10))
    assert caught.value.row == 3


def test_rows_are_counted_over_all_batches() -> None:
    with pytest.raises(InvalidVector, match='row 3, id "": namespace'):
        list(batches([GOOD, GOOD, ("", [1.0, 2.0], 1.0)], 2))


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"values": [[1.0], [2.0]]}, "differ in length: 1 ids, 2 values"),
        ({"namespaces": ["a", "b"]}, "differ in length"),
        ({"metadata": []}, "differ in length"),
        ({"content": []}, "differ in length"),
        ({"values": [1.0]}, r"the shape \(1,\)"),
    ],
)
def test_columns_that_do_not_fit_are_refused(columns: dict[str, Any], problem: str) -> None:
    given: dict[str, Any] = {
        "values": [[1.0]],
        **dict.fromkeys(("namespaces", "metadata", "content")),
        **columns,
    }
    with pytest.raises(InvalidVector, match=problem):
        list(column_batches(["a"], **given, size=10))


def test_all_documents_at_once_are_what_each_is() -> None:
    documents: list[Any] = [
        {"a": 1, "b": "},\n{"},
        None,
        {},
        {"tags": [{"a": 1}, {"b": 2}]},
        {"in": {"ner": {"x": 1}}},
        {"text": '"a.b":{"$c": 1}'},
        {"big": 1e23},
        {1: True, "ü": None},
        OrderedDict(k=1),
    ]
    for chosen in (documents, documents[:3], documents[:6:5], documents[:6:2]):
        (batch,) = batches([(str(row), [1.0], None, each) for row, each in enumerate(chosen)], 99)
        assert batch.metadata == [
            None if document is None else json_text(document) for document in chosen
        ]


def test_rows_of_several_shapes_are_read_alike() -> None:
    given: list[Any] = [
        ("a", [1.0], "n", {"k": 1}),
        ("b", [1.0]),
        ["c", [1.0], None],
        {"id": "d", "values": [1.0], "metadata": None},
        Vector("e", [1.0]),
    ]
    (batch,) = batches(given, 9)
    assert (batch.ids, batch.namespaces) == (list("abcde"), ["n", None, None, None, None])
    assert batch.metadata == [b'{"k":1}', None, None, None, None]


@pytest.mark.parametrize("shape", ["rows", "columns", "ragged"])
def test_a_batch_of_many_bytes_is_divided(monkeypatch: pytest.MonkeyPatch, shape: str) -> None:
    monkeypatch.setattr("pgvectorize.encoding.batches.BATCH_BYTES", 1_000)
    values = [[1.0, float(row)] for row in range(9)]
    if shape == "ragged":
        values[8] = [1.0]
    documents = [{"text": "x" * length} for length in (1, 400, 400, 400, 2_000, 1, 1, 999, 1)]
    ids = [f"v{row}" for row in range(9)]
    if shape == "columns":
        parts = list(column_batches(ids, np.array(values), "n", documents, None, 6))
    else:
        given = zip(ids, values, ["n"] * 9, documents, strict=True)
        parts = list(batches(given, 6))
    assert [part.ids for part in parts] == [
        ["v0", "v1", "v2", "v3"],
        ["v4"],
        ["v5"],
        ["v6", "v7"],
        ["v8"],
    ]
    assert [part.first for part in parts] == [1, 5, 6, 7, 9]
    assert [np.asarray(each).tolist() for part in parts for each in part.values] == values
    found = [json.loads(text) for part in parts for text in part.metadata if text]
    assert found == documents
    assert {len(part.namespaces) for part in parts[:1]} == {4}


def test_later_batches_may_be_smaller() -> None:
    rows = [(str(row), [1.0]) for row in range(10)]
    assert [(len(batch), batch.first) for batch in batches(rows, 5, 2)] == [
        (5, 1), (2, 6), (2, 8), (1, 10)
    ]  # fmt: skip
    columns = column_batches([id for id, _ in rows], [[1.0]] * 10, None, None, None, 5, 2)
    assert [(len(batch), batch.first) for batch in columns] == [(5, 1), (2, 6), (2, 8), (1, 10)]


def test_content_counts_among_the_bytes_of_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pgvectorize.encoding.batches.BATCH_BYTES", 1_000)
    given = [(f"v{row}", None, None, None, "x" * 600) for row in range(4)]
    parts = list(batches(given, 9))
    assert [part.ids for part in parts] == [["v0", "v1"], ["v2", "v3"]]
    assert [part.content for part in parts] == [["x" * 600] * 2] * 2


def test_no_namespace_may_be_copied_as_empty() -> None:
    batch = Batch(["a"], np.array([[1]], dtype=np.float32), [None], [None], [None])
    assert copy_rows(batch, no_namespace="") == copy_rows(batch).replace(
        sized(b"a") + struct.pack(">i", -1), sized(b"a") + sized(b"")
    )


RULES = Rules(dimensions=2, metric="cosine", id_bytes=8, namespace_bytes=8, content_bytes=8)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (("", [1.0, 2.0]), 'id "": id is empty'),
        (("123456789", [1.0, 2.0]), "id has 9 bytes, at most 8 are allowed"),
        (("ününs", [1.0, 2.0], "ççççç"), "namespace has 10 bytes, at most 8 are allowed"),
        (("a", [1.0, 2.0], ""), "namespace is empty; leave it out for none"),
        (("a", None, None, None, "çççç5"), "content has 9 bytes, at most 8 are allowed"),
        (("a", [0.0, -0.0]), "a vector of length zero has no direction, which cosine needs"),
        (
            ("a", [1e-30, 1e-30]),
            "a vector so short or so long has no direction in float32, which cosine needs",
        ),
        (
            ("a", [3e38, 1.0]),
            "a vector so short or so long has no direction in float32, which cosine needs",
        ),
    ],
)
def test_a_batch_is_checked_by_the_rules_of_its_index(given: Any, problem: str) -> None:
    good: list[Any] = [
        ("12345678", [1.0, 2.0], "ççç"),
        ("üüüü", [1e-22, 1.0]),
        ("a", None, None, None, "çççç"),
    ]
    (batch,) = batches(good, 9)
    check_batch(batch, RULES)
    *_, batch = batches([good[0]] * 4 + [good[2], given], 4)
    with pytest.raises(InvalidVector, match=f"row 6, .*{re.escape(problem)}") as caught:
        check_batch(batch, RULES)
    assert (caught.value.row, caught.value.hint) == (6, "Nothing was written.")


def test_the_dimensions_are_those_of_the_index() -> None:
    for before in ([], [("b", None, None, None, "x")]):
        (batch,) = batches([*before, ("a", [1.0])], 9)
        says = f'row {len(before) + 1}, id "a": expected 2 dimensions, got 1'
        with pytest.raises(InvalidVector, match=says):
            check_batch(batch, RULES)
