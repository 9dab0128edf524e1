"""A numpy matrix with the values, and NDJSON beside it with the rest, one line per row.

The row of a vector without values is NaN, and its line has `"values":null`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from pgvectorize import InvalidRequest, Vector
from pgvectorize.transfer.files import File, Numbered, Place, Refusal, matrix_paths, opened
from pgvectorize.transfer.ndjson import NdjsonReader, numbered, write_properties

_HINT = "values.npy holds one row for each line of vectors.ndjson."
_HEADER_SIZE = 128


class NpyReader:
    """Reads a matrix through a memory map. A refusal names its line in the NDJSON."""

    unit = "line"

    def __init__(self, file: File, lines: NdjsonReader, start: Place | None) -> None:
        matrix_path, lines_path = matrix_paths(file)
        for path in (matrix_path, lines_path):
            if path.exists() and not path.is_file():  # a pipe can only be read once
                raise InvalidRequest(f"{path} is not a regular file", hint=_HINT)
        self._lines = lines
        self._row = 0 if start is None else start["row"]
        try:
            matrix: Any = np.load(matrix_path, mmap_mode="r", allow_pickle=False)
        except OSError as error:
            raise InvalidRequest(
                f"cannot read {matrix_path}: {error.strerror or error}", hint=_HINT
            ) from error
        except (EOFError, ValueError) as error:
            raise InvalidRequest(
                f"{matrix_path} is not a .npy file: {error}", hint=_HINT
            ) from error
        if not isinstance(matrix, np.ndarray) or matrix.ndim != 2 or matrix.dtype.kind not in "fiu":
            raise InvalidRequest(
                f"{matrix_path} is not a matrix of numbers of the shape (n, dimensions)", hint=_HINT
            )
        self._matrix: npt.NDArray[Any] = matrix
        self.total = len(matrix)
        count = _count_lines(lines_path)
        if count != len(matrix):
            raise InvalidRequest(
                f"{matrix_path} has {len(matrix):,} rows, {lines_path} has {count:,} lines",
                hint=_HINT,
            )

    @property
    def done(self) -> int:
        return self._row

    @property
    def place(self) -> Place:
        return {"row": self._row, **self._lines.place}

    def rows(self) -> Iterator[Numbered | Refusal]:
        for line, text in self._lines.lines():
            row, self._row = self._row, self._row + 1
            yield numbered(line, text, values=np.array(self._matrix[row]))


class NpyWriter:
    """Writes both files; the number of rows is written into the header at the end."""

    def __init__(self, matrix: BinaryIO, lines: BinaryIO, dimensions: int) -> None:
        self._matrix = matrix
        self._lines = lines
        self._dimensions = dimensions
        self._count = 0
        matrix.write(_header(0, dimensions))

    def write(self, vectors: list[Vector]) -> None:
        if vectors:
            nothing = np.full(self._dimensions, np.nan)
            values = [nothing if vector.values is None else vector.values for vector in vectors]
            self._matrix.write(np.asarray(values, dtype="<f4").tobytes())
        write_properties(self._lines, vectors)
        self._count += len(vectors)

    def finish(self) -> None:
        self._matrix.seek(0)
        self._matrix.write(_header(self._count, self._dimensions))


def _header(count: int, dimensions: int) -> bytes:
    """Return the header of a float32 matrix; its length is the same for any number of rows.

    https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0
    """
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({count}, {dimensions}), }}"
    magic = b"\x93NUMPY\x01\x00" + (_HEADER_SIZE - 10).to_bytes(2, "little")
    return magic + text.ljust(_HEADER_SIZE - 11).encode() + b"\n"


def _count_lines(path: File) -> int:
    with opened(path) as (stream, raw):
        return sum(1 for _ in NdjsonReader(path, stream, raw, None).lines())
