"""Vectors and matrices of any kind as checked float32 numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pgvectorize.errors import InvalidVector, PgVectorizeError

Matrix: TypeAlias = npt.NDArray[np.float32]
# A matrix, or a list of vectors if they differ in length: only the index knows which of them are
# wrong, so its database compares them.
Rows: TypeAlias = Matrix | list[Matrix]
# The same with None for a vector that has no values yet.
SomeRows: TypeAlias = Matrix | Sequence[Matrix | None]
# Makes the error about one row of what is read, counted from 0.
Refusal: TypeAlias = Callable[[int, str], PgVectorizeError]

MAX_DIMENSIONS = 16_000
NUMBERS = "fiu"  # numpy's kinds: numpy would also read strings and booleans as numbers
HINT = (
    "A vector has an id, values (as many finite numbers as the index has dimensions), "
    "or content (a text) to be embedded later, or both, and if wanted a namespace and metadata "
    "(an object that JSON can hold)."
)


def query_rows(values: npt.ArrayLike) -> Rows:
    """Return query vectors as float32; raises `InvalidVector`."""

    def refusal(row: int, problem: str) -> InvalidVector:
        return InvalidVector(f"query vector {row + 1}: {problem}", hint=HINT, row=row + 1)

    given = as_array(values)
    found = None
    if given is not None and given.ndim == 0:
        found = _described(values)
    elif given is not None and given.ndim == 1 and given.size and given.dtype.kind in NUMBERS:
        found = "one vector"
    if found:
        raise InvalidVector(
            f"expected a list of query vectors, got {found}",
            hint="Pass one list of numbers for each query.",
        )
    return read_rows(values if given is None else given, refusal)


def read_rows(values: Any, refusal: Refusal) -> Rows:
    """Return finite values as float32, or refuse the row that is wrong."""
    given = as_array(values)
    if given is None or given.ndim != 2 or given.dtype.kind not in NUMBERS:
        rows = [_row(each, place, refusal) for place, each in enumerate(values)]
        if not rows:
            return np.empty((0, 1), dtype=np.float32)
        return np.stack(rows) if len(set(map(len, rows))) == 1 else rows
    return _float32(given, 0, refusal) if len(given) else np.empty((0, 1), dtype=np.float32)


def _float32(given: npt.NDArray[Any], first: int, refusal: Refusal) -> Matrix:
    """Return a matrix of numbers as float32, or refuse a row, counted from `first`."""
    dimensions = given.shape[1]
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise refusal(first, f"{dimensions} dimensions, expected 1 to {MAX_DIMENSIONS}")
    with np.errstate(all="ignore"):  # a number beyond float32 becomes infinite, found below
        matrix = given.astype(np.float32, copy=False)
        sums = np.einsum("ij->i", matrix)  # one pass suffices if all is well
    if not np.isfinite(sums).all() and not (finite := np.isfinite(matrix)).all():
        row, column = np.argwhere(~finite)[0]
        raise refusal(
            first + int(row),
            f"value {column + 1} is {given[row, column]}, "
            "expected a finite number that fits a float32",
        )
    return matrix


def as_array(values: Any) -> npt.NDArray[Any] | None:
    """Return what numpy makes of values, or None if it makes nothing of them, as of ragged rows."""
    try:
        array = np.asarray(values)
    except ValueError:
        return None
    except (TypeError, RuntimeError):  # a tensor of torch in bfloat16, with gradients or on a GPU
        if not hasattr(values, "detach"):
            return None
        array = np.asarray(values.detach().cpu().float().numpy())
    if array.ndim == 0 and hasattr(values, "to_numpy"):  # the types of pgvector
        array = np.asarray(values.to_numpy())
    if isinstance(values, np.ma.MaskedArray):  # NaN is refused, a masked value would be read
        array = np.ma.filled(values.astype(np.float64), np.nan)
    if array.dtype.kind == "V" and array.dtype.type is not np.void:  # bfloat16 of ml_dtypes
        array = array.astype(np.float32)
    return array


def _row(given: Any, row: int, refusal: Refusal) -> Matrix:
    """Return one vector as float32, or refuse it."""
    array = as_array(given)
    if array is None:
        raise refusal(row, "values are not a flat list of numbers")
    if array.ndim == 0:
        raise refusal(row, f"expected a list of numbers, got {_described(given)}")
    if array.ndim != 1:
        raise refusal(row, f"values have the shape {array.shape}, expected (dimensions,)")
    if array.dtype.kind == "O" and all(
        isinstance(each, Real | Decimal) and not isinstance(each, bool) for each in array
    ):
        try:
            array = np.array([float(each) for each in array])
        except (OverflowError, ValueError):
            raise refusal(row, "a value does not fit a float32") from None
    if len(array) and array.dtype.kind not in NUMBERS:
        raise refusal(row, f"values are not numbers: {str(given)[:64]}")
    vector: Matrix = _float32(array[np.newaxis], row, refusal)[0]
    return vector


def _described(values: Any) -> str:
    """Say what was given instead of a vector."""
    if values is None:
        return "None"
    if isinstance(values, str):
        return f'the text "{values[:64]}", of which an embedding model makes a vector'
    if isinstance(values, Mapping):
        keys = ", ".join(str(key)[:32] for key, _ in zip(values, range(5), strict=False))
        return f"a dict with the keys {keys}" if keys else "an empty dict"
    return type(values).__name__
