"""How the benchmark drives a peer: one JSON command a line in, one JSON answer a line out.

The peer measures by itself, so that the pipe costs nothing. Rows are known by their number.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, cast
from urllib.parse import quote

import numpy as np

TOP_K = 10
EF_SEARCH = 100  # wherever a peer lets us choose
M, EF_CONSTRUCTION = 16, 64  # pgvector's defaults, too
BATCH = 1_000  # rows a call, where a peer does not choose by itself


@dataclass(frozen=True)
class Where:
    """Where a peer keeps its data: a database of its own, and a folder."""

    database: Mapping[str, str]
    folder: Path

    def url(self, scheme: str, **options: str) -> str:
        """Return the database as a URL."""
        found = {key: quote(value, safe="") for key, value in self.database.items()}
        options = {"host": self.database["host"], **options}
        if "port" in found:
            options["port"] = found["port"]
        password = f":{found['password']}" if found.get("password") else ""
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())
        return f"{scheme}://{found.get('user', 'postgres')}{password}@/{found['dbname']}?{query}"


@dataclass(frozen=True)
class Filter:
    """One property that equals a value, or is less than it."""

    name: str
    operator: str  # "=" or "<"
    operand: Any

    def as_dict(self, less: str = "$lt", equal: str = "$eq") -> dict[str, Any]:
        return {self.name: {less if self.operator == "<" else equal: self.operand}}


@dataclass(frozen=True)
class Rows:
    """What is loaded. `vectors` is `(n, dimensions)` float32."""

    vectors: np.ndarray[Any, Any]
    metadata: list[dict[str, Any]]

    def __len__(self) -> int:
        return len(self.metadata)

    def batches(self, size: int = BATCH) -> Iterator[tuple[range, Any, list[dict[str, Any]]]]:
        """Yield numbers, vectors and metadata."""
        for start in range(0, len(self), size):
            rows = range(start, min(start + size, len(self)))
            part = slice(rows.start, rows.stop)
            yield rows, self.vectors[part], self.metadata[part]


class Peer:
    """One store. A subclass says what it does with its own API."""

    packages: ClassVar[Sequence[str]] = ()
    settings: ClassVar[str] = ""

    def __init__(self, where: Where, dimensions: int) -> None:
        raise NotImplementedError

    def load(self, rows: Rows) -> None:
        """Write all rows; without an index, if the peer can do without one so far."""
        raise NotImplementedError

    def index(self) -> None:
        """Make it searchable: nothing, if it is already."""

    def search(self, query: Any, filter: Filter | None) -> Sequence[int]:
        """Return the numbers of the `TOP_K` rows nearest to the query."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of what is open."""


def run(kind: type[Peer]) -> None:
    """Do what standard input says, until it ends."""
    answers = sys.stdout
    session = Session(kind)
    with redirect_stdout(sys.stderr):  # what a peer prints is no answer
        for line in sys.stdin:
            try:
                answer = session.do(**json.loads(line))
            except Exception as error:
                traceback.print_exc()
                answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0][:300]}
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


class Session:
    """A peer, and what it works on."""

    def __init__(self, kind: type[Peer]) -> None:
        self._kind = kind
        self._peer: Peer
        self._rows: Rows
        self._queries: np.ndarray[Any, Any]

    def do(self, do: str, **options: Any) -> dict[str, Any]:
        return cast("dict[str, Any]", getattr(self, do)(**options))

    def open(self, data: str, database: dict[str, str], folder: str) -> dict[str, Any]:
        found = np.load(Path(data) / "vectors.npy")
        metadata = json.loads((Path(data) / "metadata.json").read_text(encoding="utf-8"))
        self._rows = Rows(found, metadata)
        self._queries = np.load(Path(data) / "queries.npy")
        self._peer = self._kind(Where(database, Path(folder)), found.shape[1])
        versions = ", ".join(f"{name} {version(name)}" for name in self._kind.packages)
        return {"versions": versions, "settings": self._kind.settings}

    def load(self) -> dict[str, Any]:
        start = time.perf_counter()
        self._peer.load(self._rows)
        return {"seconds": time.perf_counter() - start}

    def index(self) -> dict[str, Any]:
        start = time.perf_counter()
        self._peer.index()
        return {"seconds": time.perf_counter() - start}

    def search(self, numbers: list[int], filter: dict[str, Any] | None) -> dict[str, Any]:
        """Ask some of the queries; the first one twice, and once of it unmeasured."""
        chosen = None if filter is None else Filter(**filter)
        self._peer.search(self._queries[numbers[0]], chosen)
        seconds, found = [], []
        for number in numbers:
            start = time.perf_counter()
            rows = self._peer.search(self._queries[number], chosen)
            seconds.append(time.perf_counter() - start)
            found.append([int(row) for row in rows])
        return {"seconds": seconds, "rows": found}

    def close(self) -> dict[str, Any]:
        self._peer.close()
        return {}
