"""Vectors as they are given, in batches of columns, each checked.

Over rows there are loops in C (`map`, `set`, `join`): a loop in Python costs as much as
the server needs to store the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from itertools import islice
from operator import attrgetter, itemgetter
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pgvectorize.encoding.documents import documents_json
from pgvectorize.encoding.values import HINT, Matrix, read_matrix
from pgvectorize.errors import InvalidVector
from pgvectorize.models import Metadata, Vector, VectorInput

_VECTOR_KEYS = frozenset(field.name for field in fields(Vector))


@dataclass(frozen=True, slots=True)
class Batch:
    """Vectors as columns: `values` is `(n, dimensions)` float32, the others have n entries.

    `first` is the position of the first vector among all that were given, counted from 1.
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

    If `later` is given, every batch after the first has so many vectors instead. Raises
    `InvalidVector` with the row, counted from 1 over the whole iterable. The number of
    dimensions is checked by the database, which knows the index.
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
    """Read columns in batches of `size`; otherwise as `batches`."""
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


@dataclass(frozen=True, slots=True)
class Rules:
    """What vectors of an index must obey, as the database says it."""

    dimensions: int
    metric: str
    id_bytes: int
    namespace_bytes: int


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
        # A character has at most four bytes, so the longest text may speak for all.
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
        # In float32, as in pgvector: the sum is zero if every square is too small. Whether it
        # overflows depends on the order of adding, so there is a margin below the largest float32.
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
    # float32 adds less exactly than pgvector, so what may be too long is measured again
    for row in np.flatnonzero(~(squares < 8e37)).tolist():
        if np.linalg.norm(batch.values[row].astype(np.float64)) > 9e18:
            raise refusal(
                row,
                "the vector is longer than 9e18, so that its distances do not fit a float32",
            )


_Columns: TypeAlias = tuple[list[str], Any, list[str | None], list[Metadata | None]]


def _columns(given: list[VectorInput], first: int) -> _Columns:
    """Read vectors in any shape that a caller may use, without a loop if all are alike."""
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
    """Read one vector in any shape that a caller may use."""
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
        return InvalidVector(f"row {first + row}{named}: {problem}", hint=HINT, row=first + row)

    distinct = set(namespaces) if set(map(type, namespaces)) <= {str, type(None)} else namespaces
    if not _are_texts(ids) or not _are_texts([text for text in distinct if text is not None]):
        for row, (id, namespace) in enumerate(zip(ids, namespaces, strict=True)):
            if problem := _text_problem(id):
                raise refusal(row, f"id {problem}")
            if namespace is not None and (problem := _text_problem(namespace)):
                raise refusal(row, f"namespace {problem}")
    matrix = read_matrix(values, refusal)
    return Batch(ids, matrix, namespaces, documents_json(metadata, refusal), first)


def _are_texts(texts: Sequence[Any]) -> bool:
    """Whether `_text_problem` finds nothing in any of them."""
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
