"""Files of vectors: Vectorize's NDJSON, or one JSON array, and where in them a fault is."""

from __future__ import annotations

import json
import os
import sys
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pgvectorize import InvalidRequest, InvalidVector


@contextmanager
def opened(file: str) -> Iterator[tuple[BinaryIO, int | None]]:
    """Give a file's stream, `-` for stdin, and its size if it is known."""
    if file == "-":
        yield sys.stdin.buffer, None
        return
    try:
        stream = Path(file).open("rb")  # noqa: SIM115 (closed below, outside of this `try`)
    except OSError as error:
        raise InvalidRequest(
            f"cannot read {file}: {error.strerror}", hint="Give a file, or - for stdin."
        ) from error
    with stream:
        yield stream, os.fstat(stream.fileno()).st_size or None


class VectorReader:
    """The vectors of a file, read one by one. `hint` ends its errors."""

    def __init__(self, file: str, hint: str) -> None:
        self.name = "stdin" if file == "-" else file
        self._hint = hint
        self._is_array = False
        # for each blank line, how many vectors came before it
        self._blanks: list[int] = []
        self.count = 0

    def read(self, lines: Iterator[bytes]) -> Iterator[Mapping[str, Any]]:
        """Read NDJSON, skipping blank lines; a file that begins with "[" is one JSON array.

        Raises `InvalidRequest` for what is no JSON object, and for a file without any.
        """
        for number, line in enumerate(lines, 1):
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if not line.strip():
                self._blanks.append(self.count)
            elif self.count == 0 and line.lstrip().startswith(b"["):
                self._is_array = True
                for vector in self._parse(b"".join((line, *lines)), ""):
                    self.count += 1
                    yield self._object(vector, f", vector {self.count}")
            else:
                self.count += 1
                where = f", line {number}"
                yield self._object(self._parse(line, where), where)
        if self.count == 0:
            raise InvalidRequest(f"{self.name} holds no vectors", hint=self._hint)

    def located(self, error: InvalidVector) -> InvalidVector:
        """Return the client's error about a row as one about a line of the file."""
        where, problem = ": ", error.message
        if error.row is not None:
            place = f"vector {error.row}" if self._is_array else f"line {self._line(error.row)}"
            where = f", {place}"
            # in strict mode the message is Vectorize's, which begins with no row
            problem = error.message.removeprefix(f"row {error.row}")
            if problem == error.message:
                where += ": "
        return InvalidVector(f"{self.name}{where}{problem}", hint=self._hint, row=error.row)

    def _line(self, row: int) -> int:
        return row + bisect_left(self._blanks, row)

    def _parse(self, text: bytes, where: str) -> Any:
        try:
            return json.loads(text.decode())
        except json.JSONDecodeError as error:
            problem = f"not JSON: {error.msg} at character {error.pos + 1}"
        except (ValueError, RecursionError) as error:
            problem = f"not JSON: {error}"
        raise InvalidRequest(f"{self.name}{where}: {problem}", hint=self._hint)

    def _object(self, vector: Any, where: str) -> Mapping[str, Any]:
        if not isinstance(vector, dict):
            raise InvalidRequest(
                f"{self.name}{where}: not a vector but {json.dumps(vector)[:60]}", hint=self._hint
            )
        return vector
