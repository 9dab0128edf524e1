"""The vectors of a file and the place of each, for `insert`, `upsert` and `import`."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from pgvectorize import IndexInfo, InvalidRequest, InvalidVector, Vector
from pgvectorize.transfer.files import (
    File,
    Format,
    Numbered,
    Place,
    Progress,
    Reader,
    Refusal,
    matrix_paths,
    name_of,
    opened,
    place_of,
)
from pgvectorize.transfer.ndjson import NdjsonReader
from pgvectorize.transfer.npy import NpyReader
from pgvectorize.transfer.parquet import ParquetReader


@contextmanager
def reading(
    file: File, format: Format, start: Place | None = None, *, needs_id: bool = True
) -> Iterator[Reader]:
    """Give a reader of a file, "-" for stdin; `start` is where an earlier one stopped."""
    if format == "ndjson" and Path(file).is_dir():
        raise InvalidRequest(
            f"{name_of(file)} is a folder, not NDJSON",
            hint="`import` reads a folder with values.npy and vectors.ndjson.",
        )
    with ExitStack() as stack:
        lines = matrix_paths(file)[1] if format == "npy" else file
        stream, raw = stack.enter_context(opened(lines))
        if format == "ndjson":
            yield NdjsonReader(lines, stream, raw, start, needs_id=needs_id)
        elif format == "npy":
            yield NpyReader(file, NdjsonReader(lines, stream, raw, start), start)
        else:
            yield ParquetReader(file, stream, start)


class Rows:
    """The vectors of a file, one by one. The first refusal raises `InvalidVector` with `hint`.

    With `info` a vector must have the dimensions of that index.
    """

    def __init__(
        self,
        file: File,
        reader: Reader,
        info: IndexInfo | None = None,
        *,
        rows: Iterable[Numbered | Refusal] | None = None,
        hint: str,
        may_be_empty: bool = False,
        on_progress: Progress | None = None,
        every: int = 1_000,
    ) -> None:
        self._name = name_of(file)
        self._reader = reader
        self._rows = reader.rows() if rows is None else rows
        self._info = info
        self._hint = hint
        self._may_be_empty = may_be_empty
        self._on_progress = on_progress
        self._every = every
        self._stopped: InvalidVector | None = None
        # from this row on, a line is so many more than its row; and the column there
        self._places: list[tuple[int, int, int | None]] = []
        self.count = 0

    def __iter__(self) -> Iterator[Vector]:
        for row in self._rows:
            found = row if self._info is None else fitting(row, self._info)
            if isinstance(found, Refusal):
                self._stopped = stopped(found, self._name, self._reader.unit, self._hint)
                raise self._stopped
            self.count += 1
            gap = found.line - self.count
            if not self._places or self._places[-1][1:] != (gap, found.column):
                self._places.append((self.count, gap, found.column))
            if self._on_progress is not None and self.count % self._every == 0:
                self._on_progress(self._reader.done, self._reader.total)
            yield found.vector
        if self.count == 0 and not self._may_be_empty:
            raise InvalidRequest(
                f"{self._name} holds no vectors",
                hint='Give NDJSON, a line for each vector: {"id": "…", "values": […]}',
            )

    @contextmanager
    def located(self) -> Iterator[None]:
        """Turn the client's error about a row into one about a place in the file."""
        try:
            yield
        except InvalidVector as error:
            if error is self._stopped or not error.row:
                raise
            _, gap, column = self._places[
                bisect_right(self._places, error.row, key=lambda place: place[0]) - 1
            ]
            line = error.row + gap
            problem = error.message.removeprefix(f"row {error.row}")
            if not problem.startswith((":", ",")):  # Vectorize's own words, in strict mode
                problem = f": {problem}"
            where = place_of(self._reader.unit, line, column)
            placed = InvalidVector(f"{self._name}, {where}{problem}", hint=self._hint, row=line)
            placed.code = error.code
            raise placed from error


def stopped(refusal: Refusal, name: str, unit: str, hint: str) -> InvalidVector:
    return InvalidVector(refusal.told(name, unit), hint=hint, row=refusal.line)


def fitting(row: Numbered | Refusal, info: IndexInfo) -> Numbered | Refusal:
    """Refuse a vector with another number of dimensions than the index."""
    if isinstance(row, Refusal) or row.vector.values is None:
        return row
    found = dimensions_of(row.vector)
    if found == info.dimensions:
        return row
    problem = (
        "values are not a list of numbers"
        if found is None
        else f"expected {info.dimensions} dimensions, got {found}"
    )
    return Refusal(row.line, row.vector.id, problem, row.column)


def dimensions_of(vector: Vector) -> int | None:
    return len(vector.values) if isinstance(vector.values, (list, np.ndarray)) else None
