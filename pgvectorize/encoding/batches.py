"""Vectors as they are given, in batches of columns, each checked.

Over rows there are loops in C (`map`, `set`, `join`): a loop in Python costs as much as
the server needs to store the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from operator import attrgetter, itemgetter
from types import NoneType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pgvectorize.encoding.documents import documents_json
from pgvectorize.encoding.texts import are_texts, as_text, text_problem
from pgvectorize.encoding.values import HINT, Refusal, SomeRows, as_array, read_rows
from pgvectorize.errors import InvalidRequest, InvalidVector
from pgvectorize.models import Metadata, Vector, VectorInput

# Postgres accepts messages of up to 1 GiB. It is not less because in strict mode the 5,000 vectors
# of a request, with 16 KB each, must stay one batch.
BATCH_BYTES = 2**27

_VECTOR_KEYS = frozenset(field.name for field in fields(Vector))


@dataclass(frozen=True, slots=True)
class Batch:
    """Vectors as columns, each with n entries; `values` is float32.

    Values are None for a vector that has only content. `first` is the position of the first
    vector among all that were given, counted from 1.
    """

    ids: list[str]
    values: SomeRows
    namespaces: list[str | None]
    metadata: list[bytes | None]
    content: list[str | None]
    first: int = 1

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def has_content(self) -> bool:
        return self.content.count(None) < len(self.content)


EMPTY_BATCH = Batch([], np.empty((0, 1), dtype=np.float32), [], [], [])


def batches(vectors: Iterable[VectorInput], size: int, later: int | None = None) -> Iterator[Batch]:
    """Read any iterable of vectors in batches of `size`, checking each vector.

    If `later` is given, every batch after the first has so many vectors instead. A batch of
    more than `BATCH_BYTES` is divided. Raises `InvalidVector` with the row, counted from 1
    over the whole iterable. The number of dimensions is checked by the database, which knows
    the index.
    """
    if problem := _no_vectors(vectors):
        raise InvalidRequest(
            f"vectors is {problem}, expected a list of vectors",
            hint="upsert([Vector(…)]), or upsert(ids=[…], values=matrix, metadata=[…]).",
        )
    return _batches(iter(vectors), size, later)


def _batches(rows: Iterator[VectorInput], size: int, later: int | None) -> Iterator[Batch]:
    first = 1
    while chunk := list(islice(rows, size)):
        yield from _light(_batch(*_columns(chunk, first), first))
        first += len(chunk)
        size = later or size


def _light(batch: Batch) -> Iterator[Batch]:
    """Yield a batch, or if it has more than `BATCH_BYTES` parts that have a vector more at most."""
    values = [batch.values] if isinstance(batch.values, np.ndarray) else batch.values
    total = sum(array.nbytes for array in values if array is not None)
    for texts in (batch.metadata, batch.content):
        total += sum(map(len, filter(None, texts)))
    if total <= BATCH_BYTES:
        yield batch
        return
    start = weight = 0
    columns = zip(batch.values, batch.metadata, batch.content, strict=True)
    for stop, (vector, document, text) in enumerate(columns, 1):
        weight += (0 if vector is None else vector.nbytes) + len(document or b"") + len(text or "")
        if weight > BATCH_BYTES or stop == len(batch):
            rows = slice(start, stop)
            yield Batch(
                batch.ids[rows],
                batch.values[rows],
                batch.namespaces[rows],
                batch.metadata[rows],
                batch.content[rows],
                batch.first + start,
            )
            start, weight = stop, 0


def _no_vectors(given: Any) -> str | None:
    """Say what was given if it cannot be an iterable of vectors."""
    if isinstance(given, Vector | Mapping):
        return f"one {type(given).__name__}"
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        return f"a {type(given).__name__}"
    if hasattr(given, "columns") or isinstance(given, np.ndarray):  # it would yield its columns
        return f"a {type(given).__name__}"
    return None


def column_batches(
    ids: Sequence[Any],
    values: npt.ArrayLike | None,
    namespaces: Any,
    metadata: Sequence[Metadata | None] | None,
    content: Sequence[str | None] | None,
    size: int,
    later: int | None = None,
) -> Iterator[Batch]:
    """Read columns in batches of `size`; otherwise as `batches`."""
    ids = _column("ids", ids)
    matrix: Any = [None] * len(ids) if values is None else as_array(values)
    if isinstance(matrix, list):
        pass
    elif matrix is None or (matrix.ndim == 1 and matrix.dtype.kind == "O"):
        matrix = list(values)  # type: ignore[arg-type]  # `read_rows` looks at each
    elif matrix.ndim != 2 and matrix.size:
        raise InvalidVector(
            f"values has the shape {matrix.shape}, expected (n, dimensions)",
            hint="Pass one row a vector.",
        )
    columns = {"ids": ids, "values": matrix}
    if namespaces is not None and isinstance(as_text(namespaces), str):
        namespaces = [namespaces] * len(ids)
    for name, column in (("namespaces", namespaces), ("metadata", metadata), ("content", content)):
        columns[name] = [None] * len(ids) if column is None else _column(name, column)
    if len(set(map(len, columns.values()))) > 1:
        found = ", ".join(f"{len(column)} {name}" for name, column in columns.items())
        raise InvalidVector(f"the columns differ in length: {found}", hint="Give one entry a row.")
    total = len(ids)
    stop = 0
    while stop < total:
        start, stop = stop, min(stop + size, total)
        rows = slice(start, stop)
        size = later or size
        given = [column[rows] for column in columns.values()]
        yield from _light(_batch(given[0], given[1], given[2], given[3], given[4], start + 1))


def _column(name: str, given: Any) -> list[Any]:
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise InvalidRequest(
            f"{name} is a {type(given).__name__}, expected a list", hint="Give one entry a row."
        )
    return np.atleast_1d(given).tolist() if isinstance(given, np.ndarray) else list(given)


@dataclass(frozen=True, slots=True)
class Rules:
    """What vectors of an index must obey, as the database says it."""

    dimensions: int
    metric: str
    id_bytes: int
    namespace_bytes: int
    content_bytes: int


def check_batch(batch: Batch, rules: Rules) -> None:
    """Make the checks of `_vector_problem` in SQL that reading the batch did not make.

    Raises `InvalidVector` with the messages of that function.
    """

    def refusal(row: int, problem: str) -> InvalidVector:
        return InvalidVector(
            f'row {batch.first + row}, id "{batch.ids[row][:64]}": {problem}',
            hint="Nothing was written.",
            row=batch.first + row,
        )

    no_namespace = "namespace is empty; leave it out for none"
    checks: list[tuple[Sequence[str | None], int, str, str | None]] = [
        (batch.ids, rules.id_bytes, "id", "id is empty"),
        (batch.namespaces, rules.namespace_bytes, "namespace", no_namespace),
    ]
    if batch.has_content:
        checks.append((batch.content, rules.content_bytes, "content", None))
    for texts, limit, what, empty in checks:
        if empty and "" in texts:
            raise refusal(texts.index(""), empty)
        # A character has at most four bytes, so the longest text may speak for all.
        if 4 * max(map(len, filter(None, texts)), default=0) > limit:
            for row, text in enumerate(texts):
                if text is not None and (found := len(text.encode())) > limit:
                    raise refusal(row, f"{what} has {found} bytes, at most {limit} are allowed")
    places: Sequence[int] = range(len(batch))
    if isinstance(batch.values, np.ndarray):
        vectors = [batch.values[0]]
    else:
        places = [row for row, vector in enumerate(batch.values) if vector is not None]
        vectors = [vector for vector in batch.values if vector is not None]
    for row, vector in zip(places, vectors, strict=False):
        if len(vector) != rules.dimensions:
            raise refusal(row, f"expected {rules.dimensions} dimensions, got {len(vector)}")
    if not vectors:
        return
    matrix = batch.values if isinstance(batch.values, np.ndarray) else np.stack(vectors)
    with np.errstate(over="ignore"):
        squares = np.einsum("ij,ij->i", matrix, matrix)
    if rules.metric == "cosine":
        # In float32, as in pgvector: the sum is zero if every square is too small. Whether it
        # overflows depends on the order of adding, so there is a margin below the largest float32.
        directionless = (squares == 0) | ~(squares < 3.39e38)
        if directionless.any():
            row = int(directionless.argmax())
            raise refusal(
                places[row],
                "a vector so short or so long has no direction in float32, which cosine needs"
                if matrix[row].any()
                else "a vector of length zero has no direction, which cosine needs",
            )
        return
    # float32 adds less exactly than pgvector, so what may be too long is measured again
    for row in np.flatnonzero(~(squares < 8e37)).tolist():
        if np.linalg.norm(matrix[row].astype(np.float64)) > 9e18:
            raise refusal(
                places[row],
                "the vector is longer than 9e18, so that its distances do not fit a float32",
            )


_Columns: TypeAlias = tuple[
    list[str], Any, list[str | None], list[Metadata | None], list[str | None]
]


def _columns(given: list[VectorInput], first: int) -> _Columns:
    """Read vectors in any shape that a caller may use, without a loop if all are alike."""
    vectors: Any = given
    kinds = set(map(type, given))
    if kinds == {tuple} and len(lengths := set(map(len, vectors))) == 1 and lengths <= {2, 3, 4, 5}:
        columns: list[Any] = [list(column) for column in zip(*vectors, strict=True)]
        columns += [[None] * len(given)] * (5 - len(columns))
        return columns[0], columns[1], columns[2], columns[3], columns[4]
    shapes = set(map(tuple, vectors)) if kinds == {dict} else set()
    if shapes and all(_VECTOR_KEYS.issuperset(keys) and "id" in keys for keys in shapes):
        return (
            list(map(itemgetter("id"), vectors)),
            _members(vectors, "values", shapes),
            _members(vectors, "namespace", shapes),
            _members(vectors, "metadata", shapes),
            _members(vectors, "content", shapes),
        )
    if kinds != {Vector}:
        vectors = [_vector(each, first + place) for place, each in enumerate(given)]
    return (
        list(map(attrgetter("id"), vectors)),
        list(map(attrgetter("values"), vectors)),
        list(map(attrgetter("namespace"), vectors)),
        list(map(attrgetter("metadata"), vectors)),
        list(map(attrgetter("content"), vectors)),
    )


def _members(vectors: list[dict[str, Any]], name: str, shapes: set[tuple[str, ...]]) -> list[Any]:
    """Return a member of all dicts, which have the keys of one of `shapes`."""
    has_it = {name in keys for keys in shapes}
    if has_it == {True}:
        return list(map(itemgetter(name), vectors))
    return [vector.get(name) for vector in vectors] if True in has_it else [None] * len(vectors)


def _vector(given: VectorInput, row: int) -> Vector:
    """Read one vector in any shape that a caller may use."""
    if isinstance(given, Vector):
        return given
    if isinstance(given, Mapping):
        unknown = [repr(key) for key in given if key not in _VECTOR_KEYS]
        if not unknown and "id" in given:
            return Vector(**given)
        problem = f"unknown key {', '.join(unknown)}" if unknown else "no id"
    elif isinstance(given, Sequence) and not isinstance(given, str | bytes):
        if 2 <= len(given) <= 5:
            return Vector(*given)
        problem = f"a vector of {len(given)} parts, expected 2 to 5"
    else:
        problem = f"expected a vector, got {type(given).__name__}"
    raise InvalidVector(
        f"row {row}: {problem}",
        hint="Give Vector(…), (id, values, namespace, metadata, content) or a dict with these "
        "keys.",
        row=row,
    )


def _batch(
    ids: list[Any],
    values: Any,
    namespaces: list[Any],
    metadata: list[Metadata | None],
    content: list[Any],
    first: int,
) -> Batch:
    def refusal(row: int, problem: str) -> InvalidVector:
        id = ids[row]
        named = f', id "{id[:64]}"' if isinstance(id, str) else ""
        return InvalidVector(f"row {first + row}{named}: {problem}", hint=HINT, row=first + row)

    if not are_texts(ids):
        ids = list(map(as_text, ids))
        for row, id in enumerate(ids):
            if problem := text_problem(id):
                raise refusal(row, f"id {problem}")
    if not set(map(type, namespaces)) <= {str, NoneType} or not are_texts(
        list(filter(None, set(namespaces)))
    ):
        namespaces = list(map(as_text, namespaces))
        for row, namespace in enumerate(namespaces):
            if namespace is not None and (problem := text_problem(namespace)):
                raise refusal(row, f"namespace {problem}")
    if content.count(None) < len(content):
        content = [as_text(text) if isinstance(text, str) else text for text in content]
        for row, text in enumerate(content):
            if text is not None and (problem := text_problem(text)):
                raise refusal(row, f"content {problem}")
    return Batch(
        ids,
        _rows(values, content, refusal),
        namespaces,
        documents_json(metadata, refusal),
        content,
        first,
    )


def _rows(values: Any, content: list[str | None], refusal: Refusal) -> SomeRows:
    """Read values as `read_rows`, None for a vector that has only content."""
    if isinstance(values, np.ndarray) or NoneType not in set(map(type, values)):
        return read_rows(values, refusal)
    places = []
    for row, each in enumerate(values):
        if each is not None:
            places.append(row)
        elif not content[row]:
            raise refusal(row, "values and content are missing")
    found = iter(
        read_rows(
            [values[row] for row in places], lambda row, problem: refusal(places[row], problem)
        )
    )
    return [None if each is None else next(found) for each in values]
