"""What all formats share: how a file is named, opened, replaced, read and written."""

from __future__ import annotations

import gzip
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol, TypeAlias, cast

from pgvectorize import InvalidRequest, Vector

Format: TypeAlias = Literal["ndjson", "parquet", "npy"]
File: TypeAlias = str | os.PathLike[str]
# called with the part that is done and the total, in bytes or rows; the total may be unknown
Progress: TypeAlias = Callable[[int, int | None], None]
# the position of a reader, kept between two runs
Place: TypeAlias = Mapping[str, int]

_ENDINGS: Mapping[str, Format] = {
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "parquet",
    ".npy": "npy",
}
_FORMAT_HINT = "Give a format: ndjson, parquet or npy."


@dataclass(frozen=True, slots=True)
class Refusal:
    """A vector of a file that was not written.

    `line` counts from 1; in Parquet it is the row. `column` is the place of a fault in JSON, or
    of a vector in a JSON array, else None.
    """

    line: int
    id: str | None
    reason: str
    column: int | None = None

    def told(self, file: str, unit: str) -> str:
        """Return it as one line: where in the file, and why."""
        where = place_of(unit, self.line, self.column)
        named = "" if self.id is None else f', id "{self.id[:64]}"'
        return f"{file}, {where}{named}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Numbered:
    """A vector of a file, and its place."""

    line: int
    vector: Vector
    column: int | None = None


class Reader(Protocol):
    """Reads a file vector by vector; `unit` is what its numbers count."""

    unit: str

    def rows(self) -> Iterator[Numbered | Refusal]: ...

    @property
    def done(self) -> int:
        """The part that was read, in bytes or rows."""
        ...

    @property
    def total(self) -> int | None:
        """The total in the same unit, if it is known."""
        ...

    @property
    def place(self) -> Place:
        """The position of the next row."""
        ...


class Writer(Protocol):
    """Writes a file page by page."""

    def write(self, vectors: list[Vector]) -> None: ...

    def finish(self) -> None:
        """Write what comes at the end, or is known only then."""


def place_of(unit: str, line: int, column: int | None) -> str:
    return f"{unit} {line}" if column is None else f"{unit} {line}, column {column}"


def format_of(file: File, format: Format | None = None) -> Format:
    """Return the format that a file's ending names; stdin and stdout are NDJSON.

    A folder is .npy with NDJSON. Raises `InvalidRequest` for another ending.
    """
    name = os.fspath(file)
    if format is not None:
        if format not in _ENDINGS.values():
            raise InvalidRequest(f'format "{format}" is not known', hint=_FORMAT_HINT)
    elif name == "-":
        format = "ndjson"
    elif name.endswith(os.sep) or Path(name).is_dir():
        format = "npy"
    else:
        format = _ENDINGS.get(Path(name.removesuffix(".gz")).suffix.lower())
        if format is None:
            raise InvalidRequest(f"the ending of {name} names no format", hint=_FORMAT_HINT)
    if format != "ndjson" and (name == "-" or name.endswith(".gz")):
        what = "stdin or stdout" if name == "-" else name
        raise InvalidRequest(f"{what} cannot be {format}, only ndjson", hint="Name a file.")
    return format


def name_of(file: File) -> str:
    """Return the name of a file for messages."""
    return "stdin" if os.fspath(file) == "-" else os.fspath(file)


def matrix_paths(file: File) -> tuple[Path, Path]:
    """Return the paths of the matrix and of its NDJSON, given their folder or the matrix."""
    path = Path(file)
    is_folder = os.fspath(file).endswith(os.sep) or path.is_dir()
    if is_folder or path.suffix.lower() != ".npy":
        return path / "values.npy", path / "vectors.ndjson"
    in_folder = path.with_name("vectors.ndjson")
    if path.name == "values.npy" and in_folder.exists():
        return path, in_folder
    return path, path.with_suffix(".ndjson")


def paths_of(file: File, format: Format) -> list[Path]:
    """Return the paths of the files that a name means."""
    return list(matrix_paths(file)) if format == "npy" else [Path(file)]


def cannot(what: str, file: File, error: OSError) -> InvalidRequest:
    return InvalidRequest(
        f"cannot {what} {os.fspath(file)}: {error.strerror or error}",
        hint="Check its name and your permissions.",
    )


def new_file(path: Path) -> BinaryIO:
    """Open a file that is made now. What has its name goes; nothing is written through a link."""
    path.unlink(missing_ok=True)
    return path.open("xb")


@contextmanager
def opened(file: File) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Yield a stream to read, and the stream whose position says how much of the file was read.

    They differ if the file is compressed, which its content shows, not its name.
    """
    with ExitStack() as stack:
        try:
            if os.fspath(file) == "-":
                raw = stack.enter_context(_stdin())
            else:
                raw = stack.enter_context(Path(file).open("rb"))
            is_gzip = raw.peek(2)[:2] == b"\x1f\x8b"
        except OSError as error:
            raise cannot("read", file, error) from error
        if is_gzip:
            # a GzipFile is a binary stream in all but name
            yield cast(BinaryIO, stack.enter_context(gzip.GzipFile(fileobj=raw))), raw
        else:
            yield raw, raw


@contextmanager
def _stdin() -> Iterator[io.BufferedReader]:
    if isinstance(sys.stdin.buffer, io.BufferedReader):
        yield sys.stdin.buffer
        return
    reader = io.BufferedReader(cast(Any, sys.stdin.buffer))  # what a test puts there cannot peek
    try:
        yield reader
    finally:
        reader.detach()  # or it would close what it reads


@contextmanager
def replacing(paths: list[Path]) -> Iterator[list[Path]]:
    """Yield names beside `paths` to write to: renamed to `paths` at the end, removed on an error.

    A link stays, and its target is replaced. A pipe or a device is written to directly.
    """
    paths = [path.resolve() if path.is_symlink() else path for path in paths]
    parts = [
        path.with_name(f".{path.name}.{os.getpid()}.part")
        if path.is_file() or not path.exists()
        else path
        for path in paths
    ]
    try:
        try:
            yield parts
            for part, path in zip(parts, paths, strict=True):
                if part != path:
                    part.replace(path)
        except OSError as error:
            raise cannot("write", paths[0], error) from error
    finally:
        for part, path in zip(parts, paths, strict=True):
            if part != path:
                part.unlink(missing_ok=True)
