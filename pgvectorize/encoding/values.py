"""Vectors and matrices of any kind as checked float32 numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pgvectorize.errors import InvalidVector

Matrix: TypeAlias = npt.NDArray[np.float32]
# Makes the error about one row of what is read, counted from 0.
Refusal: TypeAlias = Callable[[int, str], InvalidVector]

MAX_DIMENSIONS = 16_000
NUMBERS = "fiu"  # numpy's kinds: numpy would also read strings and booleans as numbers
HINT = (
    "A vector has an id, values (as many finite numbers as the index has dimensions), "
    "and if wanted a namespace and metadata (an object that JSON can hold)."
)


def query_matrix(values: npt.ArrayLike) -> Matrix:
    """Return query vectors as `(n, dimensions)` float32; raises `InvalidVector`."""

    def refusal(row: int, problem: str) -> InvalidVector:
        return InvalidVector(f"query vector {row + 1}: {problem}", hint=HINT, row=row + 1)

    return read_matrix(values, refusal)


def read_matrix(values: Any, refusal: Refusal) -> Matrix:
    """Return finite values as `(n, dimensions)` float32, or refuse the row that is wrong."""
    try:
        given = np.asarray(values)
    except ValueError:
        raise _offender(values, refusal) from None  # ragged
    if len(given) == 0:
        return np.empty((0, 1), dtype=np.float32)
    if given.ndim != 2 or given.dtype.kind not in NUMBERS:
        raise _offender(values, refusal)
    dimensions = given.shape[1]
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise refusal(0, f"{dimensions} dimensions, expected 1 to {MAX_DIMENSIONS}")
    with np.errstate(over="ignore"):  # a number beyond float32 becomes infinite, found below
        matrix = given.astype(np.float32, copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.einsum("ij->i", matrix)  # one pass suffices if all is well
    if not np.isfinite(sums).all() and not (finite := np.isfinite(matrix)).all():
        row, column = np.argwhere(~finite)[0]
        raise refusal(
            int(row),
            f"value {column + 1} is {given[row, column]}, "
            "expected a finite number that fits a float32",
        )
    return matrix


def _offender(rows: Any, refusal: Refusal) -> InvalidVector:
    """Return the error about the row that keeps the rows from being a matrix of numbers."""
    dimensions = []
    for row, given in enumerate(rows):
        try:
            values = np.asarray(given)
        except ValueError:
            return refusal(row, "values are not a flat list of numbers")
        if values.ndim != 1:
            return refusal(row, f"values have the shape {values.shape}, expected (dimensions,)")
        if len(values) and values.dtype.kind not in NUMBERS:
            return refusal(row, f"values are not numbers: {str(given)[:64]}")
        dimensions.append(len(values))
    (usual, _), *_ = Counter(dimensions).most_common(1)  # the wrong row may be the first
    for row, found in enumerate(dimensions):
        if found != usual:
            return refusal(row, f"{found} dimensions, but the others have {usual}")
    return refusal(0, "values are not numbers")
