"""Python values to Postgres' binary formats, and back.

A batch is one numpy matrix: its vectors become a `vector[]` parameter or the
fields of a binary COPY without a Python loop over elements. Over rows there are
loops in C (`map`, `join`, one JSON text for a whole batch), since a loop in Python
would cost as much as the server does to store the row. Formats: `vector_send` in
pgvector's src/vector.c (uint16 dimensions, uint16 zero, big-endian float4s),
`array_send` and COPY in PostgreSQL's manual.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from decimal import Decimal
from itertools import chain, islice
from json import JSONEncoder
from operator import attrgetter, itemgetter
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
_four_columns = struct.Struct(">hi").pack  # and the length of the first
_document = struct.Struct(">ib").pack  # the length of a jsonb, and its version
_MAX_DIMENSIONS = 16_000
_MAX_DEPTH = 100  # of metadata
_SURELY_FINITE = 1e38  # no value of a vector whose square is less is NaN or leaves float32
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
    """Vectors as columns. `values` is `(n, dimensions)` float32; the rest have n entries.

    `first` is the place of the first among all that were given, counted from 1.
    """

    ids: list[str]
    values: Matrix
    namespaces: list[str | None]
    metadata: list[bytes | None]
    first: int = 1

    def __len__(self) -> int:
        return len(self.ids)


EMPTY_BATCH = Batch([], np.empty((0, 1), dtype=np.float32), [], [])


def batches(vectors: Iterable[VectorInput], size: int, later: int | None = None) -> Iterator[Batch]:
    """Read any iterable of vectors in batches of `size`, checking each vector.

    After the first batch they have `later` vectors, if that is given. Raises
    `InvalidVector` with the row, counted from 1 over the whole iterable. That the
    dimensions are the index's is checked by the database, which knows them.
    """
    rows = iter(vectors)
    first = 1
    while chunk := list(islice(rows, size)):
        yield _batch(*_columns(chunk, first), first)
        first += len(chunk)
        size = later or size


def column_batches(
    ids: Sequence[str],
    values: npt.ArrayLike,
    namespaces: str | Sequence[str | None] | None,
    metadata: Sequence[Metadata | None] | None,
    size: int,
    later: int | None = None,
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
    stop = 0
    while stop < total:
        start, stop = stop, min(stop + size, total)
        rows, count = slice(start, stop), stop - start
        size = later or size
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

    # In a running program each call into numpy finds its code out of the cache again: these
    # took 12 µs, those of `_matrix` 34. What is not surely right goes there.
    vector: npt.NDArray[Any]
    if (
        isinstance(values, np.ndarray)
        and values.ndim == 1
        and values.dtype.kind in _NUMBERS
        and 1 <= len(values) <= _MAX_DIMENSIONS
        and np.dot(values, values) < _SURELY_FINITE
    ):
        vector = values
    else:
        vector = _matrix([values], refusal)[0]
    return Binary(struct.pack(">HH", len(vector), 0) + vector.astype(">f4").tobytes())


def query_matrix(values: npt.ArrayLike) -> Matrix:
    """Return query vectors as an `(n, dimensions)` float32 matrix; raises `InvalidVector`."""

    def refusal(row: int, problem: str) -> InvalidVector:
        return InvalidVector(f"query vector {row + 1}: {problem}", hint=_HINT, row=row + 1)

    return _matrix(values, refusal)


def vector_array(matrix: Matrix, vector_oid: int) -> Binary:
    """Return a matrix as a `vector[]` parameter."""
    header = _array_header(len(matrix), vector_oid, has_null=False)
    return Binary(header + _sized_vectors(matrix).tobytes())


def text_array(texts: Sequence[str | None]) -> Binary:
    """Return strings as a `text[]` parameter."""
    return _array([None if text is None else text.encode() for text in texts], _TEXT_OID)


def jsonb_array(documents: Sequence[bytes | None]) -> Binary:
    """Return JSON documents as a `jsonb[]` parameter."""
    return _array([None if text is None else b"\x01" + text for text in documents], _JSONB_OID)


COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = struct.pack(">h", -1)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the database knows of an index, and a batch that is not checked there must obey."""

    dimensions: int
    metric: str
    id_bytes: int
    namespace_bytes: int


def check_batch(batch: Batch, rules: Rules) -> None:
    """Refuse what `_vector_problem` in SQL refuses and reading the batch did not.

    Raises `InvalidVector` in the words of that function.
    """

    def refusal(row: int, problem: str) -> InvalidVector:
        return InvalidVector(
            f'row {batch.first + row}, id "{batch.ids[row][:64]}": {problem}',
            hint="Nothing was written.",
            row=batch.first + row,
        )

    for texts, limit, what, empty in (
        (batch.ids, rules.id_bytes, "id", "id is empty"),
        (
            batch.namespaces,
            rules.namespace_bytes,
            "namespace",
            "namespace is empty; leave it out for none",
        ),
    ):
        if "" in texts:
            raise refusal(texts.index(""), empty)
        # four bytes at most are a character, so a longest one tells of all that are shorter
        if 4 * max(map(len, filter(None, texts)), default=0) > limit:
            for row, text in enumerate(texts):
                if text is not None and (found := len(text.encode())) > limit:
                    raise refusal(row, f"{what} has {found} bytes, at most {limit} are allowed")
    found = batch.values.shape[1]
    if len(batch) and found != rules.dimensions:
        raise refusal(0, f"expected {rules.dimensions} dimensions, got {found}")
    with np.errstate(over="ignore"):
        squares = np.einsum("ij,ij->i", batch.values, batch.values)
    if rules.metric == "cosine":
        # As pgvector has it, in float32: zero when every square is too small for it. What is too
        # large depends on the order of adding, hence a margin below the largest float32.
        directionless = (squares == 0) | ~(squares < 3.39e38)
        if directionless.any():
            row = int(directionless.argmax())
            raise refusal(
                row,
                "a vector so short or so long has no direction in float32, which cosine needs"
                if batch.values[row].any()
                else "a vector of length zero has no direction, which cosine needs",
            )
        return
    for row in map(
        int, np.flatnonzero(~(squares < 8e37))
    ):  # which float32 adds less exactly than pgvector
        if np.linalg.norm(batch.values[row].astype(np.float64)) > 9e18:
            raise refusal(
                row,
                "the vector is longer than 9e18, so that its distances do not fit a float32",
            )


def copy_rows(batch: Batch, *, no_namespace: str | None = None) -> bytes:
    """Return a batch as rows of a binary COPY of id, namespace, embedding, metadata.

    `no_namespace` is written where there is no namespace.
    """
    vectors = _sized_vectors(batch.values)
    stride = vectors.itemsize
    embeddings = memoryview(vectors.view(np.uint8))  # type: ignore[arg-type]
    ids = list(map(str.encode, batch.ids))
    namespaces = {
        namespace: _NULL if text is None else _sized(text.encode())
        for namespace in set(batch.namespaces)
        for text in (no_namespace if namespace is None else namespace,)
    }
    rows = zip(
        [_four_columns(4, len(id)) for id in ids],
        ids,
        map(namespaces.__getitem__, batch.namespaces),
        [embeddings[at : at + stride] for at in range(0, len(ids) * stride, stride)],
        [_NULL if text is None else _document(len(text) + 1, 1) for text in batch.metadata],
        [text or b"" for text in batch.metadata],
        strict=True,
    )
    return b"".join(chain.from_iterable(rows))


def jsonb(document: bytes) -> Binary:
    """Return a JSON document as a `jsonb` parameter."""
    return Binary(b"\x01" + document)


# one for all documents: `json.dumps` makes an encoder at each call, a third of its time
_to_json = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
# A line feed within a string is written as \\n, so that one in the text is always a separator's.
_to_lines = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",\n", ":")).encode


def json_text(document: Mapping[str, Any]) -> bytes:
    """Return a JSON object that comes back from jsonb as the same Python value.

    Raises ValueError or TypeError where it cannot.
    """
    text = _to_json(document)
    if "e+" in text:
        # jsonb writes 1e+23 as 100000000000000000000000, which Python reads as an int
        # that differs from the float 1e23; with ".0" it stays a float.
        text = _LARGE_FLOAT.sub(_plain_float, text)
    if "\\u0000" in text and "\0" in _strings(document):
        raise ValueError("it contains the character NUL, which Postgres cannot store")
    if text.count("{") + text.count("[") > _MAX_DEPTH and not _is_within(document, _MAX_DEPTH):
        raise ValueError(f"it is nested more than {_MAX_DEPTH} levels deep")
    return text.encode()


def _is_within(value: Any, depth: int) -> bool:
    """Say whether nothing is nested deeper than so many levels, as `_metadata_problem` in SQL."""
    inner = value.values() if isinstance(value, Mapping) else value
    if not isinstance(value, (Mapping, list, tuple)) or not inner:
        return True
    return depth > 0 and all(_is_within(each, depth - 1) for each in inner)


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


_Columns: TypeAlias = tuple[list[str], Any, list[str | None], list[Metadata | None]]


def _columns(given: list[VectorInput], first: int) -> _Columns:
    """Read vectors in any of the shapes that a caller may use; alike ones without a loop."""
    vectors: Any = given
    kinds = set(map(type, given))
    if kinds == {tuple} and len(lengths := set(map(len, vectors))) == 1 and lengths <= {2, 3, 4}:
        columns: list[Any] = [list(column) for column in zip(*vectors, strict=True)]
        columns += [[None] * len(given)] * (4 - len(columns))
        return columns[0], columns[1], columns[2], columns[3]
    if kinds == {dict} and all(
        _VECTOR_KEYS.issuperset(keys) and "id" in keys and "values" in keys
        for keys in set(map(tuple, vectors))
    ):
        return (
            list(map(itemgetter("id"), vectors)),
            list(map(itemgetter("values"), vectors)),
            [vector.get("namespace") for vector in vectors],
            [vector.get("metadata") for vector in vectors],
        )
    if kinds != {Vector}:
        vectors = [_vector(each, first + place) for place, each in enumerate(given)]
    return (
        list(map(attrgetter("id"), vectors)),
        list(map(attrgetter("values"), vectors)),
        list(map(attrgetter("namespace"), vectors)),
        list(map(attrgetter("metadata"), vectors)),
    )


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

    distinct = set(namespaces) if set(map(type, namespaces)) <= {str, type(None)} else namespaces
    if not _are_texts(ids) or not _are_texts([text for text in distinct if text is not None]):
        for row, (id, namespace) in enumerate(zip(ids, namespaces, strict=True)):
            if problem := _text_problem(id):
                raise refusal(row, f"id {problem}")
            if namespace is not None and (problem := _text_problem(namespace)):
                raise refusal(row, f"namespace {problem}")
    return Batch(ids, _matrix(values, refusal), namespaces, _documents(metadata, refusal), first)


def _are_texts(texts: Sequence[Any]) -> bool:
    """Say whether `_text_problem` would find nothing in any of them."""
    if not set(map(type, texts)) <= {str}:
        return False
    together = "".join(texts)
    with suppress(UnicodeEncodeError):
        return "\0" not in together and (together.isascii() or bool(together.encode()))
    return False


def _text_problem(text: Any) -> str | None:
    if not isinstance(text, str):
        return f"is not a string but {type(text).__name__}"
    if "\0" in text:
        return "contains the character NUL, which Postgres cannot store"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return "contains half of a surrogate pair, which is no character"
    return None


def _documents(metadata: list[Metadata | None], refusal: Refusal) -> list[bytes | None]:
    """Write metadata as JSON: all in one text, or one by one where something is unusual."""
    given = [document for document in metadata if document is not None]
    with suppress(TypeError, ValueError, RecursionError):  # UnicodeEncodeError is a ValueError
        if (texts := _documents_at_once(given)) is not None:
            if len(given) == len(metadata):
                return list(texts)
            each = iter(texts)
            return [None if document is None else next(each) for document in metadata]
    return [
        None if document is None else _one_document(document, refusal, row)
        for row, document in enumerate(metadata)
    ]


def _documents_at_once(given: list[Metadata]) -> list[bytes] | None:
    """Write documents as JSON; None where that takes a look at each."""
    if not given:
        return []
    if set(map(type, given)) != {dict}:
        return None
    text = _to_lines(given)
    if "e+" in text or "\\u0000" in text:  # see json_text
        return None
    texts = text[1:-1].replace("},\n{", "}\x1e{").replace(",\n", ",").encode().split(b"\x1e")
    if len(texts) != len(given):  # objects in an array are parted in the same way
        return None
    if any(text.count(b"{") + text.count(b"[") > _MAX_DEPTH for text in texts):
        return None
    if not all(
        type(key) is str and _is_key(key) for keys in set(map(tuple, given)) for key in keys
    ):
        return None
    if text.count("{") > len(given) and not all(map(_has_good_keys, given)):
        return None
    return texts


def _one_document(metadata: Metadata, refusal: Refusal, row: int) -> bytes:
    if not isinstance(metadata, Mapping):
        problem = f"is not an object but {type(metadata).__name__}"
    else:
        try:
            text = json_text(metadata)
            if _has_good_keys(metadata):
                return text
            raise refusal(
                row,
                'a metadata key is empty, begins with "$", or contains "." or a double quote',
            )
        except UnicodeEncodeError:
            problem = "contains half of a surrogate pair, which is no character"
        except InvalidVector:
            raise
        except (TypeError, ValueError, RecursionError) as error:
            problem = f"cannot be written as JSON: {error}"
    raise refusal(row, f"metadata {problem}")


def _has_good_keys(value: Any) -> bool:
    """Say whether `_metadata_problem` in SQL finds nothing in the keys, at any depth."""
    if isinstance(value, Mapping):
        return all(_is_key(str(key)) for key in value) and all(map(_has_good_keys, value.values()))
    return not isinstance(value, (list, tuple)) or all(map(_has_good_keys, value))


def _is_key(key: str) -> bool:
    return key != "" and key[0] != "$" and "." not in key and '"' not in key


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
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.einsum("ij->i", matrix)  # in one pass, where all is well
    if not np.isfinite(sums).all() and not (finite := np.isfinite(matrix)).all():
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


def _sized_vectors(matrix: Matrix) -> npt.NDArray[np.void]:
    """Return `(n,)` records: each is a vector in binary format, after its length in bytes."""
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
    vectors["values"] = matrix.reshape(vectors["values"].shape)  # of one dimension it has none
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
