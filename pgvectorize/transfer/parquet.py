"""Parquet: columns id, namespace, values (float32), metadata (JSON), content. Needs pyarrow."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from pgvectorize import InvalidRequest, Vector
from pgvectorize.transfer.files import File, Numbered, Place, Refusal, name_of
from pgvectorize.transfer.ndjson import from_object, metadata_text

_COLUMNS = ("id", "namespace", "values", "metadata", "content")
_OF_PANDAS = re.compile(r"__index_level_\d+__")
_HINT = (
    "The columns are id, values, and if wanted namespace, metadata, an object as JSON text, and "
    "content."
)
_BATCH = 1_000
_ROW_GROUP = 10_000  # 15 MB at 384 dimensions: what is held in memory


def _pyarrow() -> tuple[Any, Any]:
    """Import pyarrow at its first use: it is an extra, and slow."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise InvalidRequest(
            "Parquet needs pyarrow, which is not installed",
            hint="Run: pip install 'pgvectorize[parquet]'",
        ) from error
    return pyarrow, pyarrow.parquet


class ParquetReader:
    """Reads a Parquet file in batches, from any row on."""

    unit = "row"

    def __init__(self, file: File, stream: BinaryIO, start: Place | None) -> None:
        arrow, parquet = _pyarrow()
        self._name = name_of(file)
        self._arrow_errors = (arrow.ArrowException, OSError)
        self._row = 0 if start is None else start["row"]
        try:
            # a part of a column at a time: others' row groups may be large
            self._file = parquet.ParquetFile(stream, buffer_size=1 << 20, pre_buffer=False)
        except self._arrow_errors as error:
            raise self._unreadable(error) from error
        self.total = self._file.metadata.num_rows
        names = list(self._file.schema_arrow.names)
        known = [name for name in names if not _OF_PANDAS.fullmatch(name)]
        strange = [name for name in known if name not in _COLUMNS]
        if strange or "id" not in names or "values" not in names or len(set(known)) < len(known):
            raise InvalidRequest(
                f"{self._name} has the columns {', '.join(names)[:200]}", hint=_HINT
            )
        kind = self._file.schema_arrow.field("values").type
        if not _is_list_of_numbers(arrow.types, kind):
            raise InvalidRequest(
                f"{self._name} has values of the type {str(kind)[:200]}, not lists of numbers",
                hint=_HINT,
            )
        self._known = known

    @property
    def done(self) -> int:
        return self._row

    @property
    def place(self) -> Place:
        return {"row": self._row}

    def rows(self) -> Iterator[Numbered | Refusal]:
        first, groups = 0, []
        for group in range(self._file.num_row_groups):
            end = first + self._file.metadata.row_group(group).num_rows
            if end > self._row:
                groups.append((group, first))
            first = end
        if not groups:
            return
        start = groups[0][1]
        try:
            for batch in self._file.iter_batches(
                batch_size=_BATCH, row_groups=[group for group, _ in groups], columns=self._known
            ):
                skipped = min(max(self._row - start, 0), len(batch))
                start += len(batch)
                if skipped < len(batch):
                    yield from self._of_batch(batch.slice(skipped))
        except self._arrow_errors as error:
            raise self._unreadable(error) from error

    def _of_batch(self, batch: Any) -> Iterator[Numbered | Refusal]:
        columns = {name: batch.column(name).to_pylist() for name in self._known if name != "values"}
        values = _values(batch.column("values"))
        for place in range(len(batch)):
            self._row += 1
            row = {name: column[place] for name, column in columns.items()}
            text = row.get("metadata")
            if isinstance(text, str):
                try:
                    row["metadata"] = json.loads(text)
                except (ValueError, RecursionError) as error:
                    id = row["id"] if isinstance(row["id"], str) else None
                    yield Refusal(self._row, id, f"metadata is not JSON: {error}")
                    continue
            yield from_object(self._row, {**row, "values": values[place]})

    def _unreadable(self, error: Exception) -> InvalidRequest:
        return InvalidRequest(f"cannot read {self._name} as Parquet: {error}", hint=_HINT)


def _is_list_of_numbers(types: Any, kind: Any) -> bool:
    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return is_list and any(
        test(kind.value_type) for test in (types.is_floating, types.is_integer, types.is_decimal)
    )


def _values(column: Any) -> Any:
    """Return one array of numbers per row, None for a row without values."""
    flat = column.flatten()
    if column.null_count == 0 and flat.null_count == 0 and hasattr(column.type, "list_size"):
        return flat.to_numpy(zero_copy_only=False).reshape(len(column), column.type.list_size)
    return [None if row is None else np.array(row) for row in column.to_pylist()]


class ParquetWriter:
    """Writes row groups of 10,000 vectors."""

    def __init__(self, stream: BinaryIO, dimensions: int) -> None:
        self._arrow, parquet = _pyarrow()
        self._dimensions = dimensions
        self._schema = self._arrow.schema(
            [
                self._arrow.field("id", self._arrow.string(), nullable=False),
                self._arrow.field("namespace", self._arrow.string()),
                self._arrow.field("values", self._arrow.list_(self._arrow.float32(), dimensions)),
                self._arrow.field("metadata", self._arrow.string()),
                self._arrow.field("content", self._arrow.string()),
            ]
        )
        self._writer = parquet.ParquetWriter(stream, self._schema)
        self._held: list[Vector] = []

    def write(self, vectors: list[Vector]) -> None:
        self._held += vectors
        if len(self._held) >= _ROW_GROUP:
            self._write_group()

    def finish(self) -> None:
        if self._held:
            self._write_group()
        self.close()

    def close(self) -> None:
        """Write the footer; the garbage collector would write it to a closed file."""
        self._writer.close()

    def _write_group(self) -> None:
        nothing = np.zeros(self._dimensions)
        is_pending = np.array([vector.values is None for vector in self._held])
        values = np.asarray(
            [nothing if vector.values is None else vector.values for vector in self._held],
            dtype=np.float32,
        )
        columns = [
            self._arrow.array([vector.id for vector in self._held], self._arrow.string()),
            self._arrow.array([vector.namespace for vector in self._held], self._arrow.string()),
            self._arrow.FixedSizeListArray.from_arrays(
                self._arrow.array(values.ravel()),
                self._dimensions,
                mask=self._arrow.array(is_pending),
            ),
            self._arrow.array(
                [
                    None if vector.metadata is None else metadata_text(vector)
                    for vector in self._held
                ],
                self._arrow.string(),
            ),
            self._arrow.array([vector.content for vector in self._held], self._arrow.string()),
        ]
        self._writer.write_table(self._arrow.Table.from_arrays(columns, schema=self._schema))
        self._held = []
