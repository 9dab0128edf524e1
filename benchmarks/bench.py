"""What a part is given: the server, a client, one connection to measure on, and loaded indexes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import psycopg
from pgvector.psycopg import register_vector

from benchmarks import datasets
from benchmarks.datasets import DataSet
from benchmarks.floor import Table, applying
from benchmarks.measure import Contestant, Outcome, compare, timed
from benchmarks.sheet import Sheet
from benchmarks.truth import Answer
from pgvectorize import Client, Index

NUMBERS = ("scattered_indexed", "clustered_indexed", "words")
STRINGS = ("lexname", "pos")
FINISHED = "loaded for the benchmark"


@dataclass(frozen=True)
class Options:
    """What the caller asked for; None means each part's own choice."""

    dataset: str = "wordnet"
    rows: int | None = None
    quick: bool = False
    fresh: bool = False
    peers: tuple[str, ...] = ()

    def size(self, default: int, quick: int) -> int:
        """Return how much a part should take of something."""
        return quick if self.quick else default

    def command(self, part: str) -> str:
        """Return the command that measures a part in this way."""
        words = ["python -m benchmarks", part]
        if self.dataset != "wordnet":
            words.append(f"--dataset {self.dataset}")
        if self.rows:
            words.append(f"--rows {self.rows}")
        if self.quick:
            words.append("--quick")
        return " ".join(words + [f"--peer {name}" for name in self.peers])


@dataclass
class Bench:
    """The tools of a part."""

    dsn: str
    client: Client
    connection: psycopg.Connection[Any]
    options: Options
    sheet: Sheet = field(default_factory=Sheet)
    _made: set[str] = field(default_factory=set)

    @cached_property
    def local(self) -> Client:
        """The client on the connection that hand-written statements use, too."""
        return self.client.using(self.connection)

    def rows(self, default: int | None, quick: int) -> int | None:
        """Return how many rows a part should take; None means all there are."""
        return self.options.rows or (quick if self.options.quick else default)

    def data(self, rows: int | None, dataset: str | None = None) -> DataSet:
        return datasets.load(dataset or self.options.dataset, rows)

    def table(self, name: str) -> Table:
        return Table(self.connection, str(self.client.get_index(name).relation))

    def create(self, name: str, data: DataSet, **options: Any) -> Table:
        """Create an empty index, in the place of one that has the name."""
        if any(info.name == name for info in self.client.list_indexes()):
            self.client.delete_index(name)
        self.client.create_index(name, dimensions=data.dimensions, metric="cosine", **options)
        return self.table(name)

    def loaded(self, data: DataSet) -> tuple[Index, Table]:
        """Return an index that holds the data set, with its graph; loaded at its first use.

        One that is there from an earlier part or run is used again, unless the caller
        wants fresh ones.
        """
        name = f"bench-{data.name}-{len(data)}"
        # Of two benchmarks at once, one loads it. The lock is the session's, because an open
        # transaction would keep `create index concurrently` waiting.
        self.connection.execute("select pg_advisory_lock(hashtext(%s))", [name])
        if not self._finished(name):
            self._fill(name, data)
        self.connection.execute("select pg_advisory_unlock(hashtext(%s))", [name])
        self._made.add(name)
        return self.local.index(name), self.table(name)

    def _finished(self, name: str) -> bool:
        if self.options.fresh and name not in self._made:
            return False
        return any(
            info.name == name and info.description == FINISHED
            for info in self.client.list_indexes()
        )

    def _fill(self, name: str, data: DataSet) -> None:
        print(f"  loading {name}", flush=True)
        self.create(name, data)
        index = self.client.index(name)
        seconds, _ = timed(lambda: index.bulk_load(**data.columns()))
        for property_name in data.metadata[0].keys() & NUMBERS:
            index.create_metadata_index(property_name, "number")
        for property_name in data.metadata[0].keys() & STRINGS:
            index.create_metadata_index(property_name, "string")
        self.table(name).vacuum()
        self.client.update_index(name, description=FINISHED)
        print(f"  … took {seconds:.1f} s", flush=True)

    def compare(
        self, contestants: dict[str, Contestant], inputs: Sequence[int]
    ) -> dict[str, Outcome]:
        """Compare what shares the one connection, giving each the settings it wants."""
        outcomes = compare(contestants, inputs, applying(self.connection))
        self.connection.execute("reset all")
        return outcomes


def connect(dsn: str) -> psycopg.Connection[Any]:
    """Return a connection that sends and reads numpy arrays as vectors."""
    connection = psycopg.connect(dsn, autocommit=True)
    register_vector(connection)
    return connection


def query_figures(outcome: Outcome, floor: Outcome, answer: Answer) -> dict[str, Any]:
    """Return the figures of a search: milliseconds, ratio of the medians, recall@10."""
    return {
        "p50 ms": outcome.percentile(50) * 1e3,
        "p95 ms": outcome.percentile(95) * 1e3,
        "p99 ms": outcome.percentile(99) * 1e3,
        "ratio": outcome.median / floor.median,
        "recall@10": answer.recall(outcome.answers),
    }
