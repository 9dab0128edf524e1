"""The progress of an import: a small file beside its input."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from pgvectorize import IndexInfo, InvalidRequest
from pgvectorize.transfer.files import File, Format, Place, cannot, new_file, paths_of

_ENDING = ".pgvectorize-progress"


_DAMAGED = (ValueError, TypeError, KeyError, AttributeError, RecursionError)


def _digest(state: Any) -> int:
    """Return what tells a damaged file; where it continues must not be a guess."""
    return crc32(json.dumps(state, sort_keys=True).encode())


@dataclass(frozen=True, slots=True)
class Done:
    """What earlier runs did: where they stopped, and after how many vectors of the file.

    `builds_in_the_end` says that they created the index, which gets its HNSW index at the end.
    """

    place: Place
    read: int
    builds_in_the_end: bool = False


class ProgressFile:
    """The state of an import in batches, kept from its first batch to its end.

    It is written after a batch is committed. After a crash between the two, the batch is
    written again, which changes nothing.
    """

    def __init__(self, file: File, format: Format) -> None:
        name = os.fspath(file)
        self._file = file
        self._inputs = paths_of(file, format)
        self.path = Path(name.rstrip(os.sep) + _ENDING)
        # stdin or a pipe: what was read of it is gone
        self._is_stream = name == "-" or any(path.is_fifo() for path in self._inputs)
        self._input = [] if self._is_stream else self._identity()

    def read(self, info: IndexInfo) -> Done | None:
        """Return what was done or None; raises `InvalidRequest` if file or index changed."""
        if self._is_stream:
            raise InvalidRequest(
                f"an import from {'stdin' if os.fspath(self._file) == '-' else 'a pipe'} cannot be "
                "resumed",
                hint="Import it from a file.",
            )
        try:
            state = self._state()
            index, input = state["index"], state["input"]
            done = Done(
                {key: int(value) for key, value in state["place"].items()},
                state["read"],
                bool(state.get("buildsInTheEnd")),
            )
        except FileNotFoundError:
            return None
        except OSError as error:
            raise cannot("read", self.path, error) from error
        except _DAMAGED as error:
            raise self._unfit(f"{self.path} cannot be understood") from error
        if input != self._input:
            raise self._unfit(f"{os.fspath(self._file)} was changed since its import stopped")
        if index != self._index(info):
            raise self._unfit(
                f"{os.fspath(self._file)} was being imported into another index, '{index[0]}' "
                f"made at {index[1]}"
            )
        return done

    def owes_build(self, info: IndexInfo) -> bool:
        """Return whether an import made the index, dropped its HNSW index, and did not end."""
        try:
            state = self._state()
            return bool(state["buildsInTheEnd"]) and state["index"] == self._index(info)
        except (OSError, *_DAMAGED):
            return False

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        if state.pop("digest") != _digest(state):
            raise ValueError("it was changed")
        return state

    def write(self, info: IndexInfo, done: Done) -> None:
        if self._is_stream:
            return
        state = {
            "index": self._index(info),
            "input": self._input,
            "place": done.place,
            "read": done.read,
            "buildsInTheEnd": done.builds_in_the_end,
        }
        part = self.path.with_name(self.path.name + ".part")
        try:
            with new_file(part) as stream:
                stream.write(json.dumps({**state, "digest": _digest(state)}).encode())
            part.replace(self.path)
        except OSError as error:
            raise cannot("write", self.path, error) from error

    def remove(self) -> None:
        if not self._is_stream:
            self.path.unlink(missing_ok=True)

    def _identity(self) -> list[list[int]]:
        try:
            return [[found.st_size, found.st_mtime_ns] for found in map(os.stat, self._inputs)]
        except OSError as error:
            raise cannot("read", self._file, error) from error

    @staticmethod
    def _index(info: IndexInfo) -> list[str]:
        return [info.name, info.created_on.isoformat()]

    def _unfit(self, problem: str) -> InvalidRequest:
        return InvalidRequest(problem, hint=f"Delete {self.path} to start again.")
