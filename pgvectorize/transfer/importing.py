"""Import a file into an index."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from time import perf_counter
from typing import Any, Literal, TypeAlias

from pgvectorize import (
    Client,
    DatabaseError,
    IndexInfo,
    IndexNotFound,
    InvalidRequest,
    InvalidVector,
)
from pgvectorize.models import Metric
from pgvectorize.transfer.files import (
    File,
    Format,
    Numbered,
    Progress,
    Reader,
    Refusal,
    format_of,
    name_of,
)
from pgvectorize.transfer.reading import Rows, dimensions_of, fitting, reading, stopped
from pgvectorize.transfer.resuming import Done, ProgressFile

Mode: TypeAlias = Literal["upsert", "insert"]
OnError: TypeAlias = Literal["stop", "skip"]
_Row: TypeAlias = Numbered | Refusal
_OnRefusal: TypeAlias = Callable[[Refusal], None]

# Of a new index the dimensions are those of the first vector with values among so many.
_ROWS_WITH_DIMENSIONS = 1_000

# what one row can cause besides InvalidVector: data exceptions, program limits
_OF_A_ROW = ("22", "54")


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """The result of an import.

    `read` counts the vectors of the file, `refused` those that are invalid or do not fit,
    `written` those that changed the index. The rest of `read` are ids that came again in the
    same batch, or, for "insert", that existed. `resumed_after` counts the vectors that earlier
    runs had read; `read` does not include them.
    """

    read: int
    written: int
    refused: int
    resumed_after: int
    seconds: float


def import_vectors(
    client: Client,
    name: str,
    file: File,
    *,
    format: Format | None = None,
    mode: Mode = "upsert",
    on_error: OnError = "stop",
    atomic: bool = True,
    resume: bool = False,
    create: Metric | None = None,
    batch_size: int = 1_000,
    rebuild: bool | None = None,
    memory: str | int | None = None,
    workers: int | None = None,
    on_refusal: _OnRefusal | None = None,
    on_progress: Progress | None = None,
) -> ImportSummary:
    """Write the vectors of a file to an index.

    The ending of the file names the format (`format_of`); "-" is stdin, as NDJSON. `create`
    is the metric of a new index with the dimensions of the first values; an existing index
    with that metric is used.

    By default the file is one all-or-nothing change, and its ids are in memory until the end.
    With `atomic=False`, `resume` or `on_error="skip"` each batch is a change of its own, and
    memory is constant. A file beside the input records the progress, and `resume` continues
    there; it is removed at the end. "skip" passes each refused vector to `on_refusal` and
    writes the others.

    An all-or-nothing import uses `Index.bulk_load`, with its `rebuild`, `memory` and `workers`.
    An import in batches builds the HNSW index of a new index at the end, also if it was
    interrupted and resumed. An existing index keeps its HNSW index throughout.

    Raises `InvalidVector`, which names the line, and `InvalidRequest`.
    """
    started = perf_counter()
    if on_error not in ("stop", "skip") or mode not in ("upsert", "insert"):
        raise InvalidRequest(
            f'on_error is "{on_error}" and mode "{mode}"',
            hint="on_error is stop or skip, mode is upsert or insert.",
        )
    if batch_size < 1:
        raise InvalidRequest(f"batch_size must be at least 1, got {batch_size}")
    format = format_of(file, format)
    progress = ProgressFile(file, format)
    done = None
    owes_build = False
    with suppress(IndexNotFound):  # then `create` may make it, or the error comes below
        info = client.get_index(name)
        if resume:
            done = progress.read(info)
        owes_build = progress.owes_build(info)

    with reading(file, format, None if done is None else done.place) as reader:
        work = _Import(client, name, file, mode, on_error, batch_size, on_refusal)
        work.building = {"memory": memory, "workers": workers}
        work.rebuild = rebuild
        work.on_progress = on_progress
        if done is not None:
            work.already_read = done.read
        work.builds_in_the_end = owes_build
        if atomic and not resume and on_error == "stop":
            work.as_one(reader, create)
            if owes_build:
                progress.remove()
        else:
            work.in_batches(reader, create, progress)
    return ImportSummary(
        work.read, work.written, work.refused, work.already_read, perf_counter() - started
    )


class _Import:
    """One run of an import, and what it counts."""

    def __init__(
        self,
        client: Client,
        name: str,
        file: File,
        mode: Mode,
        on_error: OnError,
        batch_size: int,
        on_refusal: _OnRefusal | None,
    ) -> None:
        self._index = client.index(name)
        self._mode: Mode = mode
        self._client = client
        self._name = name
        self._file = name_of(file)
        self._skips = on_error == "skip"
        self._batch_size = batch_size
        self._on_refusal = on_refusal
        self._unit = "line"
        self.rebuild: bool | None = None
        self.building: dict[str, Any] = {}
        self.builds_in_the_end = False
        self.on_progress: Progress | None = None
        self.already_read = self.read = self.written = self.refused = 0

    def as_one(self, reader: Reader, create: Metric | None) -> None:
        """Write all or nothing; on an error, also delete an index that was made for it."""
        self._unit = reader.unit
        rows = reader.rows()
        first = list(islice(rows, 1 if create is None else _ROWS_WITH_DIMENSIONS))
        info, is_new = self._found_or_made(first, create)
        vectors = Rows(
            self._file,
            reader,
            info,
            rows=chain(first, rows),
            hint="Nothing was written.",
            may_be_empty=True,
            on_progress=self.on_progress,
            every=self._batch_size,
        )
        try:
            with vectors.located():
                load = self._index.bulk_load(
                    vectors, mode=self._mode, rebuild=self.rebuild, **self.building
                )
        except BaseException:
            if is_new:
                self._client.delete_index(self._name)
            raise
        if self.builds_in_the_end and load.build is None and self.rebuild is not False:
            self._index.build(**self.building)
        self.read, self.written = vectors.count, load.mutation.count

    def in_batches(self, reader: Reader, create: Metric | None, progress: ProgressFile) -> None:
        """Write batch by batch, each a change of its own, and keep how far the import is."""
        self._unit = reader.unit
        begins = reader.place
        rows = reader.rows()
        info: IndexInfo | None = None
        while batch := list(islice(rows, self._batch_size)):
            if info is None:
                info, is_new = self._found_or_made(batch, create)
                if is_new:
                    self.builds_in_the_end = True
                    # before the HNSW index goes: an import that is killed now still builds it later
                    progress.write(info, Done(begins, self.already_read, True))
                    self._index.drop_hnsw()
            self._write_batch(batch, info)
            self.read += len(batch)
            done = Done(reader.place, self.already_read + self.read, self.builds_in_the_end)
            progress.write(info, done)
            if self.on_progress is not None:
                self.on_progress(reader.done, reader.total)
        if info is None:
            self._found_or_made([], create)
        if self.builds_in_the_end:
            self._index.build(**self.building)
        progress.remove()

    def _write_batch(self, batch: list[_Row], info: IndexInfo) -> None:
        """Write the valid rows of a batch, and refuse the others one by one.

        A refusal names one row, but its whole chunk is not written. So a chunk is halved after
        a refusal and doubled after a success. Few bad rows cost little; if all are bad, each
        costs one call.
        """
        rows: list[Numbered] = []
        for row in batch:
            found = fitting(row, info)
            if isinstance(found, Refusal):
                self._refuse(found)
            else:
                rows.append(found)
        start, size = 0, len(rows)
        while start < len(rows):
            chunk = rows[start : start + size]
            try:
                write = self._index.insert if self._mode == "insert" else self._index.upsert
                mutation = write([row.vector for row in chunk], batch_size=len(chunk), atomic=False)
            except InvalidVector as error:
                if error.row is None:
                    raise
                bad = rows.pop(start + error.row - 1)
                self._refuse(
                    Refusal(bad.line, bad.vector.id, _reason(error, bad.vector.id), bad.column)
                )
                size = max(1, len(chunk) // 2)
            except DatabaseError as error:
                if not self._skips or (error.sqlstate or "")[:2] not in _OF_A_ROW:
                    raise
                if len(chunk) == 1:
                    bad = rows.pop(start)
                    self._refuse(Refusal(bad.line, bad.vector.id, error.message, bad.column))
                size = max(1, len(chunk) // 2)
            else:
                self.written += mutation.count
                start += len(chunk)
                size *= 2

    def _refuse(self, refusal: Refusal) -> None:
        if not self._skips:
            count = self.already_read + self.read
            raise self._stop(
                refusal,
                f"The {count:,} vectors in the batches before it were written."
                if count
                else "Nothing was written.",
            )
        self.refused += 1
        if self._on_refusal is not None:
            self._on_refusal(refusal)

    def _stop(self, refusal: Refusal, hint: str) -> InvalidVector:
        return stopped(refusal, self._file, self._unit, hint)

    def _found_or_made(self, rows: list[_Row], create: Metric | None) -> tuple[IndexInfo, bool]:
        """Return the index, and whether it was made just now."""
        try:
            info = self._client.get_index(self._name)
        except IndexNotFound:
            if create is None:
                raise
        else:
            if create not in (None, info.metric):
                raise InvalidRequest(
                    f'index "{self._name}" is there, with the metric {info.metric}, not {create}',
                    hint="Choose another name, or leave out create.",
                )
            return info, False
        for row in rows:
            if isinstance(row, Numbered) and (dimensions := dimensions_of(row.vector)):
                return self._client.create_index(
                    self._name, dimensions=dimensions, metric=create
                ), True
        for row in rows:
            if isinstance(row, Refusal):
                raise self._stop(row, "Nothing was written.")
        raise InvalidRequest(
            f"{self._file} begins with no values, so the dimensions of the index are not known"
            if rows
            else f"{self._file} holds no vectors, so the dimensions of the index are not known",
            hint="Create the index first.",
        )


def _reason(error: InvalidVector, id: str) -> str:
    """Return what the client said of a row without the row's place, which the report has."""
    problem = error.message.removeprefix(f"row {error.row}")
    return problem.removeprefix(f', id "{id[:64]}"').removeprefix(": ")
