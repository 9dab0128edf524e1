"""Vectorize's NDJSON, one vector per line as in wrangler, and JSON documents with vectors."""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np

from pgvectorize import InvalidRequest, Vector
from pgvectorize.transfer.files import File, Numbered, Place, Refusal, name_of

# One vector of 16,000 dimensions takes about 0.4 MB; a file of another format may be one line.
_MAX_LINE = 64 * 1024 * 1024
_MEMBERS = ("id", "values", "namespace", "metadata", "content")
# how a JSON document begins: an array, or an object whose first member is an array of vectors
_DOCUMENT = re.compile(rb'\s*(?:\[|\{\s*"vectors"\s*:\s*\[)')
# how other formats begin, and what to do with them
_OTHERS = (
    (rb"PAR1", "Parquet", "Name it .parquet, and use `import`."),
    (rb"\x93NUMPY", "a numpy matrix", "Name it .npy, put its NDJSON beside it, and use `import`."),
    (rb"\xff\xfe|\xfe\xff|[{[]\0|\0[{[]", "UTF-16", "Convert it: iconv -f UTF-16 -t UTF-8"),
    (
        rb'(?!.*":)[^{[\x00-\x08\x0e-\x1f]+[,;\t]',
        "CSV",
        'Write each row as a line {"id": "…", "values": […]}, or the table as Parquet.',
    ),
    (
        rb'\s*{.*\n[ \t"]',
        "JSON over several lines",
        "Put each vector on one line (jq -c .), or all of them into one array.",
    ),
)
_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


class NdjsonReader:
    """Reads NDJSON, one JSON array, or {"vectors": [...]}. Blank lines are skipped.

    NDJSON is read line by line, a JSON document as a whole. What is not a vector becomes a
    `Refusal` with its place. Another format raises `InvalidRequest`, which names it.
    """

    unit = "line"

    def __init__(
        self,
        file: File,
        stream: BinaryIO,
        raw: BinaryIO,
        start: Place | None,
        *,
        needs_id: bool = True,
    ) -> None:
        self._name = name_of(file)
        self._stream = stream
        self._raw = raw
        self._needs_id = needs_id
        self._offset = self._line = self._element = self._skipped = 0
        is_stdin = os.fspath(file) == "-"
        # 0 is a pipe, which cannot tell how much of it was read
        self.total = None if is_stdin else os.fstat(raw.fileno()).st_size or None
        if start is not None:
            self._offset, self._line = start["offset"], start["line"]
            self._skipped = start.get("element", 0)
            stream.seek(self._offset)

    @property
    def done(self) -> int:
        return self._offset if self.total is None else self._raw.tell()

    @property
    def place(self) -> Place:
        if self._element:
            return {"offset": 0, "line": 0, "element": self._element}
        return {"offset": self._offset, "line": self._line}

    def rows(self) -> Iterator[Numbered | Refusal]:
        is_first = self._offset == 0
        for line, text in self.lines():
            if is_first and text is not None:
                beginning = text + self._ahead(text)
                if _DOCUMENT.match(beginning):
                    yield from self._elements(text)
                    return
                for pattern, kind, hint in _OTHERS:
                    if re.match(pattern, beginning):
                        raise InvalidRequest(f"{self._name} is {kind}, not NDJSON", hint=hint)
            is_first = False
            yield numbered(line, text, needs_id=self._needs_id)

    def lines(self) -> Iterator[tuple[int, bytes | None]]:
        """Read the lines that are not blank, with their numbers; None for one too long."""
        is_first = self._offset == 0
        while text := self._read(self._stream.readline, _MAX_LINE):
            is_whole = len(text) < _MAX_LINE or text.endswith(b"\n")
            self._line += 1
            if self._line == 1:
                text = text.removeprefix(b"\xef\xbb\xbf")
            if is_whole and not text.strip():
                continue
            if is_first and _DOCUMENT.match(text):  # is read whole, however long the line is
                yield self._line, text
            elif is_whole:
                yield self._line, text.rstrip(b"\r\n")
            else:
                self._skip_line()
                yield self._line, None
            is_first = False

    def _skip_line(self) -> None:
        """Skip the rest of a line."""
        while text := self._read(self._stream.readline, _MAX_LINE):
            if text.endswith(b"\n"):
                return

    def _read(self, read: Callable[[int], bytes], size: int) -> bytes:
        try:
            data = read(size)
        except (EOFError, OSError, zlib.error) as error:  # a broken .gz
            raise InvalidRequest(
                f"cannot read {self._name} after line {self._line}: {error}",
                hint="Check that the file is complete.",
            ) from error
        self._offset += len(data)
        return data

    def _ahead(self, text: bytes) -> bytes:
        """Return what follows the first line, if this line is the beginning of a JSON object."""
        if not text.lstrip().startswith(b"{"):
            return b""
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            if error.pos >= len(error.doc.rstrip()):
                return b"\n" + self._stream.peek(1)  # type: ignore[attr-defined, no-any-return]
        except (ValueError, RecursionError):
            pass
        return b""

    def _elements(self, head: bytes) -> Iterator[Numbered | Refusal]:
        """Read the elements of a JSON document, which begins on the current line."""
        data = head if _DOCUMENT.match(head) else head + b"\n"
        data += self._read(self._stream.read, -1)
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            before = data[: error.start].decode()
            raise self._broken(
                _Position(before, self._line).of(len(before)), "not UTF-8"
            ) from error
        position = _Position(text, self._line)
        begin = _DOCUMENT.match(data)
        assert begin is not None
        here = position.next(begin.end())
        while text[here : here + 1] != "]":
            line, column = position.of(here)
            try:
                given, end = _DECODER.raw_decode(text, here)
            except (ValueError, RecursionError) as error:
                place = (line, column)
                problem = f"not JSON: {error}"
                if isinstance(error, json.JSONDecodeError):
                    place, problem = position.of(error.pos), f"not JSON: {error.msg}"
                raise self._broken(place, problem) from error
            self._element += 1
            if self._element > self._skipped:
                yield _vector(line, given, self._needs_id, column=column)
            here = position.next(end)
            if text[here : here + 1] == ",":
                here = position.next(here + 1)
                if text[here : here + 1] != "]":
                    continue
            elif text[here : here + 1] == "]":
                break
            raise self._broken(position.of(here), "not JSON: expecting a comma or the end")
        rest = text[here + 1 :].strip()
        if rest != ("" if text.lstrip().startswith("[") else "}"):
            raise self._broken(position.of(here + 1), "only vectors are expected")

    def _broken(self, place: tuple[int, int], problem: str) -> InvalidRequest:
        return InvalidRequest(
            f"{self._name}, line {place[0]}, column {place[1]}: {problem}",
            hint="Correct the file; a JSON document can only be read as a whole.",
        )


class _Position:
    """Tells line and column of positions that grow, without reading a text twice."""

    def __init__(self, text: str, line: int) -> None:
        self._text = text
        self._line = line
        self._begin = self._last = 0  # of the line; what was asked for last

    def of(self, position: int) -> tuple[int, int]:
        self._line += self._text.count("\n", self._last, position)
        self._begin = max(self._begin, self._text.rfind("\n", self._last, position) + 1)
        self._last = max(self._last, position)
        return self._line, position - self._begin + 1

    def next(self, position: int) -> int:
        """Return the position of what comes after white space."""
        found = _SPACE.match(self._text, position)
        assert found is not None
        return found.end()


def numbered(
    line: int, text: bytes | None, values: Any = None, *, needs_id: bool = True
) -> Numbered | Refusal:
    """Return the vector of a line. Its values may come from elsewhere."""
    if text is None:
        return Refusal(line, None, f"longer than {_MAX_LINE >> 20} MiB")
    try:
        given = json.loads(text.decode())
    except UnicodeDecodeError as error:
        column = len(text[: error.start].decode()) + 1
        return Refusal(line, None, "not UTF-8", column)
    except json.JSONDecodeError as error:
        return Refusal(line, None, f"not JSON: {error.msg}", error.pos + 1)
    except (ValueError, RecursionError) as error:
        return Refusal(line, None, f"not JSON: {error}")
    if values is not None and isinstance(given, dict):
        if given.get("values") is not None:
            return Refusal(line, None, "values are here and in the matrix")
        given.setdefault("values", values)
    return _vector(line, given, needs_id)


def _vector(line: int, given: Any, needs_id: bool, column: int | None = None) -> Numbered | Refusal:
    if not isinstance(given, dict):
        return Refusal(line, None, f"not a vector but {json.dumps(given)[:60]}", column)
    if not needs_id:
        given = {"id": "", **given}
    found = from_object(line, given)
    return found if column is None else replace(found, column=column)


def from_object(line: int, given: Mapping[str, Any]) -> Numbered | Refusal:
    id = given.get("id")
    if not isinstance(id, str):
        problem = "no id" if id is None else f"id is not a string but {type(id).__name__}"
        return Refusal(line, None, problem)
    if not isinstance(given.get("namespace"), str | None):  # a file has JSON's types
        return Refusal(line, id, "namespace is not a string")
    if not isinstance(given.get("content"), str | None):
        return Refusal(line, id, "content is not a string")
    if given.get("values") is None and not given.get("content"):
        return Refusal(line, id, "no values and no content")
    if strange := [key for key in given if key not in _MEMBERS]:
        listed = ", ".join(repr(key[:64]) for key in strange[:5])
        shape = "id, values, namespace, metadata and content"
        return Refusal(line, id, f"a vector has {shape}, but here is also {listed}")
    return Numbered(line, Vector(id, *map(given.get, _MEMBERS[1:])))


class NdjsonWriter:
    """Writes NDJSON, with float32 values as the shortest numbers that mean them."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, vectors: list[Vector]) -> None:
        self._stream.writelines(_line(vector) for vector in vectors)

    def finish(self) -> None:
        self._stream.flush()


def write_properties(stream: BinaryIO, vectors: Iterable[Vector]) -> None:
    """Write what a matrix does not hold, one vector a line.

    `"values":null` says that the vector has none, whatever its row in the matrix holds.
    """
    for vector in vectors:
        id, *rest = _properties(vector)
        stream.write(_object(id, *['"values":null'] * (vector.values is None), *rest))


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
    id, *rest = _properties(vector)
    if vector.values is None:
        return _object(id, *rest)
    # 'U' is the shortest text that means a float32; `-0.0` stays as it is
    numbers = ",".join(np.asarray(vector.values, dtype=np.float32).astype("U").tolist())
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
    if vector.content is not None:
        yield f'"content":{json.dumps(vector.content, ensure_ascii=False)}'
