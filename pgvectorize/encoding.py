"""Python values to Postgres' binary formats, and back.

A batch is one numpy matrix: its vectors become a `vector[]` parameter or the
fields of a binary COPY without a Python loop over elements or, for `vector[]`,
over rows. Formats: `vector_send` in pgvector's src/vector.c (uint16 dimensions,
uint16 zero, big-endian float4s), `array_send` and COPY in PostgreSQL's manual.
"""

from __future__ import annotations

import json
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from decimal import Decimal
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from psycopg import pq
from psycopg.adapt import Buffer, Dumper, Loader

from pgvectorize.errors import InvalidVector
from pgvectorize.models import Metadata, Values, ValuesInput, Vector, VectorInput

Matrix: TypeAlias = npt.NDArray[np.float32]
# makes the error about one row, counted from 0, of what is being read
Refusal: TypeAlias = Callable[[int, str], InvalidVector]

_TEXT_OID = 25
_JSONB_OID = 3802
_NULL = struct.pack(">i", -1)
_length = struct.Struct(">i").pack
_MAX_DIMENSIONS = 16_000
_NUMBERS = "fiu"  # numpy's kinds: numpy would also read strings and booleans as numbers
_HINT = (
    "A vector has an id, values (as many finite numbers as the index has dimensions), "
    "and if wanted a namespace and metadata (an object that JSON can hold)."
)
_VECTOR_KEYS = frozenset(field.name for field in fields(Vector))


# What psycopg sends and receives


@dataclass(frozen=True, slots=True)
class Binary:
    """A parameter that is in Postgres' binary format already."""

    data: bytes


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


# Batches


@dataclass(frozen=True, slots=True)
class Batch:
    """Vectors as columns. `values` is `(n, dimensions)` float32; the rest have n entries."""

    ids: list[str]
    values: Matrix
    namespaces: list[str | None]
    metadata: list[bytes | None]

    def __len__(self) -> int:
        return len(self.ids)


EMPTY_BATCH = Batch([], np.empty((0, 1), dtype=np.float32), [], [])


def batches(vectors: Iterable[VectorInput], size: int) -> Iterator[Batch]:
    """Read any iterable of vectors in batches of `size`, checking each vector.

    Raises `InvalidVector` with the row, counted from 1 over the whole iterable. That
    the dimensions are the index's is checked by the database, which knows them.
    """
    rows = iter(vectors)
    first = 1
    while chunk := [
        _vector(given, first + place) for place, given in enumerate(islice(rows, size))
    ]:
        yield _batch(
            [vector.id for vector in chunk],
            [vector.values for vector in chunk],
            [vector.namespace for vector in chunk],
            [vector.metadata for vector in chunk],
            first,
        )
        first += len(chunk)


def column_batches(
    ids: Sequence[str],
    values: npt.ArrayLike,
    namespaces: str | Sequence[str | None] | None,
    metadata: Sequence[Metadata | None] | None,
    size: int,
) -> Iterator[Batch]:
    """Read vectors given as columns in batches of `size`; as `batches` otherwise."""
    matrix: Any = values
    with suppress(ValueError):  # ragged rows stay a list, of which `_batch` names the first
        matrix = np.asarray(values)
    total = len(ids)
    if isinstance(matrix, np.ndarray) and matrix.ndim != 2 and total:
        raise InvalidVector(
            f"values has the shape {matrix.shape}, expected (n, dimensions)",
            hint="Pass one row a vector.",
        )
    if isinstance(namespaces, str):
        namespaces = [namespaces] * total
    lengths = {
        "ids": total,
        "values": len(matrix),
        "namespaces": total if namespaces is None else len(namespaces),
        "metadata": total if metadata is None else len(metadata),
    }
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{length} {name}" for name, length in lengths.items())
        raise InvalidVector(f"the columns differ in length: {found}", hint="Give one entry a row.")
    for start in range(0, total, size):
        rows = slice(start, min(start + size, total))
        count = rows.stop - rows.start
        yield _batch(
            list(ids[rows]),
            matrix[rows],
            [None] * count if namespaces is None else list(namespaces[rows]),
            [None] * count if metadata is None else list(metadata[rows]),
            start + 1,
        )


def query_vector(values: ValuesInput) -> Binary:
    """Return a query vector as a parameter; raises `InvalidVector`."""

    def refusal(_: int, problem: str) -> InvalidVector:
        return InvalidVector(f"query vector: {problem}", hint=_HINT)

    return Binary(_vector_fields(_matrix([values], refusal))[0].tobytes())


def query_matrix(values: npt.ArrayLike) -> Matrix:
    """Return query vectors as an `(n, dimensions)` float32 matrix; raises `InvalidVector`."""

    def refusal(row: int, problem: str) -> InvalidVector:
        return InvalidVector(f"query vector {row + 1}: {problem}", hint=_HINT, row=row + 1)

    return _matrix(values, refusal)


def vector_array(matrix: Matrix, vector_oid: int) -> Binary:
    """Return a matrix as a `vector[]` parameter."""
    vectors = _vector_fields(matrix)
    sized = np.empty((len(vectors), vectors.shape[1] + 4), dtype=np.uint8)
    sized[:, :4] = np.frombuffer(_length(vectors.shape[1]), dtype=np.uint8)
    sized[:, 4:] = vectors
    return Binary(_array_header(len(matrix), vector_oid, has_null=False) + sized.tobytes())


def text_array(texts: Sequence[str | None]) -> Binary:
    """Return strings as a `text[]` parameter."""
    return _array([None if text is None else text.encode() for text in texts], _TEXT_OID)


def jsonb_array(documents: Sequence[bytes | None]) -> Binary:
    """Return JSON documents as a `jsonb[]` parameter."""
    return _array([None if text is None else b"\x01" + text for text in documents], _JSONB_OID)


COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = struct.pack(">h", -1)


def copy_rows(batch: Batch) -> bytes:
    """Return a batch as rows of a binary COPY of id, namespace, embedding, metadata."""
    vectors = _vector_fields(batch.values)
    stride = vectors.shape[1]
    embedding_length = _length(stride)
    embeddings = memoryview(vectors.tobytes())
    columns = struct.pack(">h", 4)
    parts: list[bytes | memoryview] = []
    for row, (id, namespace, metadata) in enumerate(
        zip(batch.ids, batch.namespaces, batch.metadata, strict=True)
    ):
        parts += (
            columns,
            _sized(id.encode()),
            _NULL if namespace is None else _sized(namespace.encode()),
            embedding_length,
            embeddings[row * stride : (row + 1) * stride],
            _NULL if metadata is None else _sized(b"\x01" + metadata),
        )
    return b"".join(parts)


def jsonb(document: bytes) -> Binary:
    """Return a JSON document as a `jsonb` parameter."""
    return Binary(b"\x01" + document)


def json_text(document: Mapping[str, Any]) -> bytes:
    """Return a JSON object that comes back from jsonb as the same Python value.

    Raises ValueError or TypeError where it cannot.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if "e+" in text:
        # jsonb writes 1e+23 as 100000000000000000000000, which Python reads as an int
        # that differs from the float 1e23; with ".0" it stays a float.
        text = _LARGE_FLOAT.sub(_plain_float, text)
    if "\\u0000" in text and "\0" in _strings(document):
        raise ValueError("it contains the character NUL, which Postgres cannot store")
    return text.encode()


_LARGE_FLOAT = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?e\+\d+')


def _plain_float(token: re.Match[str]) -> str:
    found = token.group()
    return found if found.startswith('"') else f"{Decimal(found):f}.0"


def _strings(value: Any) -> str:
    """Return all strings within a JSON value, keys too, run together."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "".join(_strings(key) + _strings(inner) for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return "".join(map(_strings, value))
    return ""


def _vector(given: VectorInput, row: int) -> Vector:
    """Read one vector in any of the shapes that a caller may use."""
    if isinstance(given, Vector):
        return given
    if isinstance(given, Mapping):
        unknown = [repr(key) for key in given if key not in _VECTOR_KEYS]
        if not unknown and "id" in given and "values" in given:
            return Vector(**given)
        problem = f"unknown key {', '.join(unknown)}" if unknown else "no id or no values"
    elif isinstance(given, Sequence) and not isinstance(given, str | bytes):
        if 2 <= len(given) <= 4:
            return Vector(*given)
        problem = f"a vector of {len(given)} parts, expected 2 to 4"
    else:
        problem = f"expected a vector, got {type(given).__name__}"
    raise InvalidVector(
        f"row {row}: {problem}",
        hint="Give Vector(…), (id, values, namespace, metadata) or a dict with these keys.",
        row=row,
    )


def _batch(
    ids: list[str],
    values: Any,
    namespaces: list[str | None],
    metadata: list[Metadata | None],
    first: int,
) -> Batch:
    def refusal(row: int, problem: str) -> InvalidVector:
        id = ids[row]
        named = f', id "{id[:64]}"' if isinstance(id, str) else ""
        return InvalidVector(f"row {first + row}{named}: {problem}", hint=_HINT, row=first + row)

    for row, (id, namespace) in enumerate(zip(ids, namespaces, strict=True)):
        for text, what in ((id, "id"), ("" if namespace is None else namespace, "namespace")):
            if problem := _text_problem(text):
                raise refusal(row, f"{what} {problem}")
    return Batch(
        ids,
        _matrix(values, refusal),
        namespaces,
        [
            None if document is None else _document(document, refusal, row)
            for row, document in enumerate(metadata)
        ],
    )


def _text_problem(text: Any) -> str | None:
    if not isinstance(text, str):
        return f"is not a string but {type(text).__name__}"
    if "\0" in text:
        return "contains the character NUL, which Postgres cannot store"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return "contains half of a surrogate pair, which is no character"
    return None


def _document(metadata: Metadata, refusal: Refusal, row: int) -> bytes:
    if not isinstance(metadata, Mapping):
        problem = f"is not an object but {type(metadata).__name__}"
    else:
        try:
            return json_text(metadata)
        except UnicodeEncodeError:
            problem = "contains half of a surrogate pair, which is no character"
        except (TypeError, ValueError, RecursionError) as error:
            problem = f"cannot be written as JSON: {error}"
    raise refusal(row, f"metadata {problem}")


def _matrix(values: Any, refusal: Refusal) -> Matrix:
    """Return `(n, dimensions)` finite float32 values, or refuse the row that is wrong."""
    try:
        given = np.asarray(values)
    except ValueError:
        raise _offender(values, refusal) from None  # ragged
    if len(given) == 0:
        return np.empty((0, 1), dtype=np.float32)
    if given.ndim != 2 or given.dtype.kind not in _NUMBERS:
        raise _offender(values, refusal)
    dimensions = given.shape[1]
    if not 1 <= dimensions <= _MAX_DIMENSIONS:
        raise refusal(0, f"{dimensions} dimensions, expected 1 to {_MAX_DIMENSIONS}")
    with np.errstate(over="ignore"):  # what leaves float32 is found now, as infinite
        matrix = given.astype(np.float32, copy=False)
    finite = np.isfinite(matrix)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise refusal(
            int(row),
            f"value {column + 1} is {given[row, column]}, "
            "expected a finite number that fits a float32",
        )
    return matrix


def _offender(rows: Any, refusal: Refusal) -> InvalidVector:
    """Say which row keeps the rows from being a matrix of numbers."""
    dimensions = []
    for row, given in enumerate(rows):
        try:
            values = np.asarray(given)
        except ValueError:
            return refusal(row, "values are not a flat list of numbers")
        if values.ndim != 1:
            return refusal(row, f"values have the shape {values.shape}, expected (dimensions,)")
        if len(values) and values.dtype.kind not in _NUMBERS:
            return refusal(row, f"values are not numbers: {str(given)[:64]}")
        dimensions.append(len(values))
    (usual, _), *_ = Counter(dimensions).most_common(1)  # the wrong row may be the first
    for row, found in enumerate(dimensions):
        if found != usual:
            return refusal(row, f"{found} dimensions, but the others have {usual}")
    return refusal(0, "values are not numbers")


def _vector_fields(matrix: Matrix) -> npt.NDArray[np.uint8]:
    """Return `(n, 4 + 4 * dimensions)` bytes: each row is a vector in binary format."""
    count, dimensions = matrix.shape
    vectors = np.empty((count, 4 + 4 * dimensions), dtype=np.uint8)
    vectors[:, :4] = np.frombuffer(struct.pack(">HH", dimensions, 0), dtype=np.uint8)
    vectors[:, 4:] = (
        np.ascontiguousarray(matrix, dtype=">f4").view(np.uint8).reshape(count, 4 * dimensions)
    )
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
