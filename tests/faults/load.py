"""Many writers and readers of the same ids at once, and a book of what may be there after it.

Every write has a version of its own. Of a vector's writes the last to be committed counts;
a write that began after another had returned was committed later, so the state in the end
is right if it is that of a write that none began after.
"""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from threading import Event, Lock, Thread
from typing import NamedTuple

import pgvectorize
from pgvectorize import ConnectionFailed, Index, Vector
from tests.faults.rows import BIG, DIMENSIONS, PATCH, row, rows, values, version_of

IDS = 300  # that are written, again and again
STABLE = range(1_000, 1_300)  # that nobody writes: there is always something to be found
GONE = None


class Write(NamedTuple):
    """What a call made of a vector: its version, or None; `is_certain` if it returned."""

    effect: int | None
    began: float
    ended: float
    is_certain: bool = True


class Book:
    """For each number the writes that may have been the last."""

    def __init__(self) -> None:
        self._writes: dict[int, list[Write]] = {}
        self._lock = Lock()

    def enter(self, number: int, write: Write) -> None:
        with self._lock:
            writes = self._writes.get(number, [Write(GONE, -math.inf, -math.inf)])
            writes.append(write)
            began = max(known.began for known in writes if known.is_certain)
            self._writes[number] = [known for known in writes if known.ended >= began]

    def allowed(self, number: int) -> set[int | None]:
        with self._lock:
            writes = self._writes.get(number, [Write(GONE, 0, 0)])
            return {known.effect for known in writes}

    def lost(self, found: dict[int, int]) -> list[str]:
        """What is there of the written numbers and should not be, or the other way round."""
        return [
            f"v{number:05} is {found.get(number)}, not one of {self.allowed(number)}"
            for number in range(IDS)
            if _unpatched(found.get(number)) not in self.allowed(number)
        ]


def _unpatched(version: int | None) -> int | None:
    return -version - 1 if version is not None and version < 0 else version


class Load:
    """Writers and readers that go on until `stop`; `failures` must stay empty.

    With `survives` a lost connection is no failure: what it leaves is in doubt.
    """

    def __init__(self, dsn: str, name: str, *, survives: bool = False) -> None:
        self.book = Book()
        self.calls: Counter[str] = Counter()
        self.failures: list[str] = []
        self._dsn = dsn
        self._name = name
        self._survives = survives
        self._versions = count(1)
        self._ended = Event()
        self._threads: list[Thread] = []

    def prepare(self) -> None:
        """Make the index with the vectors that nobody writes."""
        with pgvectorize.connect(self._dsn) as client:
            client.create_index(self._name, dimensions=DIMENSIONS, metric="euclidean")
            client.index(self._name).bulk_load(rows(STABLE.start, STABLE.stop, 0))
            client.index(self._name).create_metadata_index("number", "number")

    def start(self, writers: int, readers: int) -> None:
        for job, seed in [(self._write, seed) for seed in range(writers)] + [
            (self._read, seed) for seed in range(readers)
        ]:
            self._threads.append(Thread(target=self._run, args=(job, seed)))
            self._threads[-1].start()

    def stop(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(timeout=120)
            assert not thread.is_alive(), "a call does not return"

    def check(self) -> list[str]:
        """Return what is wrong with the rows now that nobody writes."""
        with pgvectorize.connect(self._dsn) as client:
            found: dict[int, int] = {}
            for vector in client.index(self._name):
                number = int(vector.id[1:])
                if number in found:
                    return [f"{vector.id} is there twice"]
                found[number] = version_of(vector)
        lost = [f"v{number:05} is gone" for number in STABLE if found.get(number) != 0]
        return lost + self.book.lost(found)

    def _run(self, job: Callable[[Index, random.Random], None], seed: int) -> None:
        lot = random.Random(f"{job.__name__}{seed}")
        while not self._ended.is_set():
            try:
                with pgvectorize.connect(self._dsn, max_size=1, timeout=60) as client:
                    while not self._ended.is_set():
                        job(client.index(self._name), lot)
            except ConnectionFailed as error:
                if not self._survives:
                    self.failures.append(f"{job.__name__}: {error!r}")
                    return
                self.calls["lost connections"] += 1
                time.sleep(0.05)  # the server is being started again
            except Exception as error:
                self.failures.append(f"{job.__name__}: {error!r}")
                return

    def _write(self, index: Index, lot: random.Random) -> None:
        version = next(self._versions)
        numbers = lot.sample(range(IDS), lot.choice((1, 3, 20)))
        ids = [f"v{number:05}" for number in numbers]
        kind = lot.choice(("upsert", "upsert", "upsert", "insert", "patch", "delete", "filter"))
        began = time.monotonic()

        def enter(touched: list[str] | None, effect: int | None) -> None:
            ended = time.monotonic()
            for id in ids if touched is None else touched:
                self.book.enter(int(id[1:]), Write(effect, began, ended, touched is not None))

        effect = version if kind in ("upsert", "insert") else GONE
        try:
            if kind == "upsert":
                touched = index.upsert([row(number, version) for number in numbers]).ids
            elif kind == "insert":
                touched = index.insert([row(number, version) for number in numbers]).ids
            elif kind == "delete":
                touched = index.delete_by_ids(ids).ids
            elif kind == "filter":
                ids = ids[:1]
                touched = ids[: index.delete(filter={"number": numbers[0]}).count]
            elif lot.random() < 0.5:
                index.update_metadata(PATCH, ids=ids)
                touched = []
            else:
                index.update_metadata(PATCH, filter={"number": {"$in": numbers}})
                touched = []
        except ConnectionFailed:
            if kind != "patch":
                enter(None, effect)
            raise
        enter(touched, effect)
        self.calls["writes"] += 1

    def _read(self, index: Index, lot: random.Random) -> None:
        number = lot.randrange(IDS)
        kind = lot.choice(("query", "filter", "namespace", "many", "ids", "count", "pages"))
        vector = values(lot.choice(STABLE), 0)
        if kind == "pages":
            ids = [found.id for found in index]
            assert len(ids) == len(set(ids)), "a listing has an id twice"
            assert len(set(ids) & {f"v{stable:05}" for stable in STABLE}) == len(STABLE)
        elif kind == "ids":
            for found in index.get_by_ids([f"v{number:05}", f"v{STABLE.start:05}"]):
                version_of(found)
        elif kind == "count":
            assert index.count(filter={"color": "red"}) >= len(STABLE)
        else:
            options = {"top_k": 10, "return_values": True, "return_metadata": "all"}
            if kind == "filter":
                options["filter"] = {"color": "red"}
            elif kind == "namespace":
                options["namespace"] = BIG
            if kind == "many":
                answers = index.query_many([vector, values(number, 0)], **options)  # type: ignore[arg-type]
            else:
                answers = [index.query(vector, **options)]  # type: ignore[arg-type]
            for answer in answers:
                assert answer.count == 10, f"{answer.count} matches of a {kind}"
                assert len({match.id for match in answer}) == 10, "a match comes twice"
                for match in answer:
                    assert match.values is not None
                    version_of(Vector(match.id, match.values, match.namespace, match.metadata))
        self.calls["reads"] += 1
