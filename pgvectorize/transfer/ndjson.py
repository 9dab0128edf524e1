"""Vectorize's NDJSON: one vector a line, as wrangler has it."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np

from pgvectorize import InvalidRequest, Vector
from pgvectorize.transfer.files import File, Numbered, Place, Refusal, name_of

# One vector of 16,000 dimensions takes about 0.4 MB; a file that is no NDJSON may be one line.
_MAX_LINE = 64 * 1024 * 1024
_SHAPE = "id, values, namespace and metadata"


class NdjsonReader:
    """Reads NDJSON, passing over blank lines. What is no vector is a refusal with its line."""

    unit = "line"

    def __init__(self, file: File, stream: BinaryIO, raw: BinaryIO, start: Place | None) -> None:
        self._name = name_of(file)
        self._stream = stream
        self._raw = raw
        self._offset = self._line = 0
        is_stdin = os.fspath(file) == "-"
        # 0 is a pipe, which cannot tell how much of it was read
        self.total = None if is_stdin else os.fstat(raw.fileno()).st_size or None
        if start is not None:
            self._offset, self._line = start["offset"], start["line"]
            stream.seek(self._offset)

    @property
    def done(self) -> int:
        return self._offset if self.total is None else self._raw.tell()

    @property
    def place(self) -> Place:
        return {"offset": self._offset, "line": self._line}

    def rows(self) -> Iterator[Numbered | Refusal]:
        for line, text in self.lines():
            yield numbered(line, text)

    def lines(self) -> Iterator[tuple[int, bytes | None]]:
        """Read the lines that are not blank, with their numbers; None for one too long."""
        while True:
            try:
                text = self._stream.readline(_MAX_LINE)
                is_whole = len(text) < _MAX_LINE or text.endswith(b"\n")
                self._offset += len(text)
                while len(text) == _MAX_LINE and not text.endswith(b"\n"):
                    text = self._stream.readline(_MAX_LINE)
                    self._offset += len(text)
            except (EOFError, OSError, zlib.error) as error:  # a broken .gz
                raise InvalidRequest(
                    f"cannot read {self._name} after line {self._line}: {error}",
                    hint="Is the file whole?",
                ) from error
            if not text and is_whole:
                return
            self._line += 1
            if self._line == 1:
                text = text.removeprefix(b"\xef\xbb\xbf")
            if not is_whole:
                yield self._line, None
            elif text.strip():
                yield self._line, text.rstrip(b"\r\n")


def numbered(line: int, text: bytes | None, values: Any = None) -> Numbered | Refusal:
    """Return the vector of a line; its values may come from elsewhere."""
    if text is None:
        return Refusal(line, None, f"longer than {_MAX_LINE >> 20} MiB")
    try:
        given = json.loads(text.decode())
    except json.JSONDecodeError as error:
        return Refusal(line, None, f"not JSON: {error.msg} at character {error.pos + 1}")
    except (ValueError, RecursionError) as error:
        return Refusal(line, None, f"not JSON: {error}")
    if not isinstance(given, dict):
        return Refusal(line, None, f"not a vector but {json.dumps(given)[:60]}")
    if values is None:
        return from_object(line, given)
    if "values" in given:
        return Refusal(line, None, "values stand here and in the matrix")
    return from_object(line, {**given, "values": values})


def from_object(line: int, given: Mapping[str, Any]) -> Numbered | Refusal:
    id = given.get("id")
    if not isinstance(id, str):
        problem = "no id" if id is None else f"id is not a string but {type(id).__name__}"
        return Refusal(line, None, problem)
    if given.get("values") is None:
        return Refusal(line, id, "no values")
    if strange := [key for key in given if key not in ("id", "values", "namespace", "metadata")]:
        listed = ", ".join(repr(key[:64]) for key in strange[:5])
        return Refusal(line, id, f"a vector has {_SHAPE}, but here is also {listed}")
    return Numbered(
        line, Vector(id, given["values"], given.get("namespace"), given.get("metadata"))
    )


class NdjsonWriter:
    """Writes NDJSON, with float32 values as the shortest numbers that mean them."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, vectors: list[Vector]) -> None:
        self._stream.writelines(_line(vector) for vector in vectors)

    def finish(self) -> None:
        self._stream.flush()


def write_properties(stream: BinaryIO, vectors: Iterable[Vector]) -> None:
    """Write what a matrix does not hold: id, namespace and metadata, one vector a line."""
    stream.writelines(_object(*_properties(vector)) for vector in vectors)


def metadata_text(vector: Vector) -> str:
    try:
        return json.dumps(
            vector.metadata, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
    except ValueError as error:  # written by SQL: numbers there may have any size
        raise InvalidRequest(
            f'the metadata of "{vector.id[:64]}" holds a number too large for a float',
            hint="Change that number, or copy the table with pg_dump.",
        ) from error


def _line(vector: Vector) -> bytes:
    # 'U' is the shortest text that means a float32; `-0.0` stays as it is
    numbers = ",".join(np.asarray(vector.values, dtype=np.float32).astype("U").tolist())
    id, *rest = _properties(vector)
    return _object(id, f'"values":[{numbers}]', *rest)


def _object(*members: str) -> bytes:
    return f"{{{','.join(members)}}}\n".encode()


def _properties(vector: Vector) -> Iterator[str]:
    """Give the members but for values; those that are None are left out, as Vectorize does."""
    yield f'"id":{json.dumps(vector.id, ensure_ascii=False)}'
    if vector.namespace is not None:
        yield f'"namespace":{json.dumps(vector.namespace, ensure_ascii=False)}'
    if vector.metadata is not None:
        yield f'"metadata":{metadata_text(vector)}'
