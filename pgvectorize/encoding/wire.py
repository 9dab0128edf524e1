"""Values in Postgres' binary formats, and `vector` read back.

The vectors of a batch become a `vector[]` parameter or fields of a binary COPY without a
Python loop over numbers. The formats: `vector_send` in pgvector's src/vector.c (uint16
dimensions, uint16 zero, big-endian float4s); `array_send` and COPY in PostgreSQL's manual.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from json import JSONDecoder
from operator import attrgetter
from types import NoneType
from typing import Any

import numpy as np
import numpy.typing as npt
from psycopg import pq
from psycopg.adapt import Buffer, Dumper, Loader

from pgvectorize.encoding.batches import Batch
from pgvectorize.encoding.values import HINT, MAX_DIMENSIONS, Matrix, SomeRows, as_array, read_rows
from pgvectorize.errors import InvalidVector
from pgvectorize.models import Values, ValuesInput

COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = struct.pack(">h", -1)
_TEXT_OID = 25
_JSONB_OID = 3802
_NULL = struct.pack(">i", -1)
_length = struct.Struct(">i").pack
_begin_row = struct.Struct(">hi").pack  # the number of columns; the length of the first
_document = struct.Struct(">ib").pack  # the length of a jsonb, and its version
# If the square of a vector is less, every value is a number that fits a float32.
_SURELY_FINITE = 1e38


@dataclass(frozen=True, slots=True)
class Binary:
    """A parameter in Postgres' binary format."""

    data: bytes


def parameter(value: Any) -> bytes | None:
    """Return a checked argument in Postgres' binary format."""
    return _PARAMETERS[type(value)](value)


class BinaryDumper(Dumper):
    """Send a `Binary` as it is; the server knows the type from the function's signature."""

    format = pq.Format.BINARY

    def dump(self, obj: Binary) -> Buffer:
        return obj.data


class VectorLoader(Loader):
    """Read a `vector` as a `(dimensions,)` float32 array."""

    format = pq.Format.BINARY

    def load(self, data: Buffer) -> Values:
        return np.frombuffer(data, dtype=">f4", offset=4).astype(np.float32)


class JsonbLoader(Loader):
    """Read a `jsonb` with Python's own decoder, whatever psycopg has been told to use.

    `json.loads` would look for the encoding and for white space, which takes as long again.
    """

    format = pq.Format.BINARY

    def load(self, data: Buffer) -> Any:
        return _decoded(str(data[1:], "utf-8"))[0]  # the first byte is the format's version


_decoded = JSONDecoder().raw_decode


def query_vector(values: ValuesInput) -> Binary:
    """Return a query vector as a parameter; raises `InvalidVector`."""

    def refusal(_: int, problem: str) -> InvalidVector:
        return InvalidVector(f"query vector: {problem}", hint=HINT)

    # In a running program numpy's code has left the processor's cache at each call: these checks
    # took 12 µs, those of `read_rows` 34. `read_rows` gets what may be wrong.
    vector: npt.NDArray[Any]
    if (
        type(values) is np.ndarray  # a subclass may have masked values
        and values.ndim == 1
        and values.dtype.char in "fd"
        and 1 <= len(values) <= MAX_DIMENSIONS
        and np.vdot(values, values) < _SURELY_FINITE  # `dot` would warn of an overflow
    ):
        vector = values
    else:
        given = as_array(values)
        vector = read_rows([given if given is not None and given.ndim else values], refusal)[0]
    return Binary(_vector(vector))


def vector_array(rows: SomeRows, vector_oid: int) -> Binary:
    """Return vectors as a `vector[]` parameter."""
    if isinstance(rows, np.ndarray):
        header = _array_header(len(rows), vector_oid, has_null=False)
        return Binary(header + _sized_vectors(rows).tobytes())
    header = _array_header(len(rows), vector_oid, has_null=any(row is None for row in rows))
    return Binary(header + b"".join(_embeddings(rows)))


def text_array(texts: Sequence[str | None]) -> Binary:
    """Return strings as a `text[]` parameter."""
    return _array([None if text is None else text.encode() for text in texts], _TEXT_OID)


def jsonb_array(documents: Sequence[bytes | None]) -> Binary:
    """Return JSON documents as a `jsonb[]` parameter."""
    return _array([None if text is None else b"\x01" + text for text in documents], _JSONB_OID)


def jsonb(document: bytes) -> Binary:
    """Return a JSON document as a `jsonb` parameter."""
    return Binary(b"\x01" + document)


def copy_rows(batch: Batch, *, no_namespace: str | None = None) -> bytes:
    """Return a batch as rows of a binary COPY of id, namespace, embedding, metadata, content.

    A missing namespace is written as `no_namespace`.
    """
    ids = list(map(str.encode, batch.ids))
    namespaces = {
        namespace: _NULL if text is None else _sized(text.encode())
        for namespace in set(batch.namespaces)
        for text in (no_namespace if namespace is None else namespace,)
    }
    rows = zip(
        [_begin_row(5, len(id)) for id in ids],
        ids,
        map(namespaces.__getitem__, batch.namespaces),
        _embeddings(batch.values),
        [_NULL if text is None else _document(len(text) + 1, 1) for text in batch.metadata],
        [text or b"" for text in batch.metadata],
        [_NULL if text is None else _sized(text.encode()) for text in batch.content],
        strict=True,
    )
    return b"".join(chain.from_iterable(rows))


_PARAMETERS: dict[type, Callable[[Any], bytes | None]] = {
    NoneType: lambda _: None,
    Binary: attrgetter("data"),
    bool: struct.Struct("?").pack,
    float: struct.Struct(">d").pack,
    int: struct.Struct(">i").pack,
    list: lambda texts: text_array(texts).data,
    str: str.encode,
}


def _vector(values: npt.NDArray[Any]) -> bytes:
    return struct.pack(">HH", len(values), 0) + values.astype(">f4").tobytes()


def _embeddings(rows: SomeRows) -> Sequence[Buffer]:
    """Return the vectors one by one, each as its length in bytes and its binary format."""
    if not isinstance(rows, np.ndarray):
        return [_NULL if row is None else _sized(_vector(row)) for row in rows]
    vectors = _sized_vectors(rows)
    stride = vectors.itemsize
    embeddings = memoryview(vectors.view(np.uint8))  # type: ignore[arg-type]
    return [embeddings[at : at + stride] for at in range(0, len(rows) * stride, stride)]


def _sized_vectors(matrix: Matrix) -> npt.NDArray[np.void]:
    """Return `(n,)` records: the length of a vector in bytes, then the vector in binary format."""
    dimensions = matrix.shape[1]
    vectors = np.empty(
        len(matrix),
        dtype=[
            ("length", ">i4"),
            ("dimensions", ">u2"),
            ("zero", ">u2"),
            ("values", ">f4", dimensions),
        ],
    )
    vectors["length"] = 4 + 4 * dimensions
    vectors["dimensions"] = dimensions
    vectors["zero"] = 0
    vectors["values"] = matrix.reshape(vectors["values"].shape)  # (n,) for 1 dimension
    return vectors


def _array(elements: Sequence[bytes | None], oid: int) -> Binary:
    header = _array_header(len(elements), oid, has_null=None in elements)
    return Binary(header + b"".join(_NULL if item is None else _sized(item) for item in elements))


def _array_header(length: int, oid: int, *, has_null: bool) -> bytes:
    if length == 0:
        return struct.pack(">iiI", 0, 0, oid)
    return struct.pack(">iiIii", 1, has_null, oid, length, 1)


def _sized(data: bytes) -> bytes:
    return _length(len(data)) + data
