"""Everything that changes indexes, at once, from threads and tasks; and what must be so after it.

It works on three kinds of index: that of a `Load`, whose rows stay as the load has them; one that
is written and truncated; and some that are created, renamed and deleted, all under few names.
"""

from __future__ import annotations

import asyncio
import random
import shlex
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from threading import Event, Lock, Thread
from typing import Any, NamedTuple

import psycopg
from click.testing import CliRunner
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

import pgvectorize
from pgvectorize import (
    AsyncClient,
    Client,
    ConnectionFailed,
    Finding,
    IndexBusy,
    IndexExists,
    IndexNotFound,
    MetadataIndexNotFound,
    NamespaceIndexNotFound,
    PermissionDenied,
    PgVectorizeError,
    schema,
)
from pgvectorize.cli import actions, main
from tests.faults.load import IDS, Book, Write
from tests.faults.rows import BIG, DIMENSIONS, row, rows, values, version_of
from tests.migrations.conftest import OLDER_FUNCTIONS

EMPTIED = "emptied"  # written, and truncated
NAMES = [f"wanderer-{number}" for number in range(3)]
ROLES = ["soak reader", "soak writer"]
OWNERS = "soak owners"
_SESSION = 200  # calls; a session keeps what it knows of each index that it has used
BUILDS = ("build", "create_metadata_index", "create_namespace_index", "vacuum", "bulk_load")

# What another session may be the reason of
ALLOWED = (
    IndexBusy,
    IndexExists,
    IndexNotFound,
    MetadataIndexNotFound,
    NamespaceIndexNotFound,
)


class Call(NamedTuple):
    """A call of a client's method, or of an index's if it has one."""

    name: str | None
    method: str
    arguments: tuple[object, ...] = ()
    options: dict[str, Any] = {}  # noqa: RUF012
    done: Callable[[Any, float], None] = lambda result, began: None


class Names:
    """Which of the names are taken: what calls that returned have put there, or taken away."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()
        self._in_doubt: set[str] = set()
        self._lock = Lock()

    def moved(self, *, to: str | None = None, away: str | None = None) -> None:
        with self._lock:
            if to is not None:
                self._taken[to] += 1
            if away is not None:
                self._taken[away] -= 1

    def doubt(self, call: Call) -> None:
        """Its connection was lost."""
        self._in_doubt |= {text for text in map(str, call.arguments) if text in NAMES}
        self._in_doubt |= {text for text in map(str, call.options.values()) if text in NAMES}

    def wrong(self, there: set[str]) -> list[str]:
        return [
            f"{name} was taken {self._taken[name]} times in the end; it is there: {name in there}"
            for name in NAMES
            if name not in self._in_doubt and self._taken[name] != (name in there)
        ]


class Administration:
    """Threads and tasks that go on until `stop`; `failures` must stay empty."""

    def __init__(self, dsn: str, loaded: str, *, survives: bool = False) -> None:
        self.calls: Counter[str] = Counter()
        self.failures: list[str] = []
        self._book = Book()
        self._names = Names()
        self._dsn = dsn
        self._loaded = loaded
        self._survives = survives
        self._versions = count(1)
        self._ended = Event()
        self._threads: list[Thread] = []

    def prepare(self) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            for role in (*ROLES, OWNERS):
                connection.execute(SQL("create role {}").format(Identifier(role)))
        with pgvectorize.connect(self._dsn) as client:
            client.create_index(EMPTIED, dimensions=DIMENSIONS, metric="euclidean")
            client.grant(ROLES[0], "reader")
            client.grant(ROLES[1], "writer")

    def start(self, threads: int, tasks: int) -> None:
        jobs: list[tuple[Callable[..., None], tuple[object, ...]]] = [
            (self._in_thread, (self._dsn, self._any_call, seed)) for seed in range(threads)
        ]
        for role in ROLES:
            dsn = make_conninfo(self._dsn, options="-c role=" + role.replace(" ", "\\ "))
            jobs.append((self._in_thread, (dsn, self._use, role)))
        jobs += [(self._in_tasks, (tasks,)), (self._migrate, ()), (self._interrupt, ())]
        for job, arguments in jobs:
            self._threads.append(Thread(target=self._survive, args=(job, *arguments)))
            self._threads[-1].start()

    def stop(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(timeout=180)
            assert not thread.is_alive(), "a call does not return"

    def check(self) -> list[str]:
        """Return what is wrong with the indexes now that nobody changes them."""
        with pgvectorize.connect(self._dsn) as client:
            there = {index.name for index in client.list_indexes()}
            found = {int(vector.id[1:]): version_of(vector) for vector in client.index(EMPTIED)}
            for name in there & {*NAMES}:
                for vector in client.index(name):
                    version_of(vector)
        return self._names.wrong(there) + self._book.lost(found)

    def _survive(self, job: Callable[..., None], *arguments: object) -> None:
        while not self._ended.is_set():
            try:
                job(*arguments)
            except ConnectionFailed as error:
                if not self._survives:
                    self.failures.append(f"{error!r}")
                    return
                time.sleep(0.05)
            except PermissionDenied:  # on connecting, after a revoke
                self.calls["refused"] += 1
                time.sleep(0.05)
            except Exception as error:
                self.failures.append(f"{type(error).__name__}: {error} {error.__cause__!r}")
                return

    def _in_thread(self, dsn: str, choose: Callable[..., Call], seed: object) -> None:
        lot = random.Random(f"thread {seed} {next(self._versions)}")
        with pgvectorize.connect(dsn, max_size=1, timeout=60) as client:
            for _ in range(_SESSION):
                if self._ended.is_set():
                    return
                call = choose(lot)
                owner: Any = client if call.name is None else client.index(call.name)
                began = time.monotonic()
                with self._told(call):
                    result = getattr(owner, call.method)(*call.arguments, **call.options)
                    call.done(result, began)
                    self.calls[call.method] += 1

    def _in_tasks(self, tasks: int) -> None:
        async def work(client: AsyncClient, seed: int) -> None:
            lot = random.Random(f"task {seed} {next(self._versions)}")
            for _ in range(_SESSION):
                if self._ended.is_set() or self.failures:
                    return
                call = self._any_call(lot)
                owner: Any = client if call.name is None else client.index(call.name)
                began = time.monotonic()
                with self._told(call):
                    result = await getattr(owner, call.method)(*call.arguments, **call.options)
                    call.done(result, began)
                    self.calls[call.method] += 1

        async def work_together() -> None:
            async with await AsyncClient.connect(self._dsn, max_size=tasks, timeout=60) as client:
                await asyncio.gather(*[work(client, seed) for seed in range(tasks)])

        asyncio.run(work_together())

    @contextmanager
    def _told(self, call: Call) -> Iterator[None]:
        """Let an error through unless another session may be the reason of it."""
        try:
            yield
        except ConnectionFailed:
            self._names.doubt(call)
            raise
        except ALLOWED as error:
            self.calls[type(error).__name__] += 1
        except PermissionDenied:
            if call.method not in ("query", "count", "upsert", "insert", "truncate"):
                raise
            self.calls["refused"] += 1
            time.sleep(0.05)  # only threads have such roles
        except PgVectorizeError as error:
            was_cancelled = error.sqlstate == "57014" and call.method in BUILDS
            # after drop_hnsw
            has_none = call.method == "create_namespace_index" and "no HNSW index" in error.message
            if not was_cancelled and not has_none:
                raise AssertionError(
                    f"{call.method} of {call.name}: {error!r} {error.hint}"
                ) from error
            self.calls["cancelled" if was_cancelled else "refused"] += 1

    def _any_call(self, lot: random.Random) -> Call:
        kinds: list[Callable[[random.Random], Call]] = [
            self._use, self._use, self._use, self._change, self._change, self._move, self._move,
            self._grant, self._look,
        ]  # fmt: skip
        return lot.choice(kinds)(lot)

    def _use(self, lot: random.Random) -> Call:
        """Read or write what is truncated, or deleted, meanwhile."""
        version = next(self._versions)
        numbers = lot.sample(range(IDS), lot.choice((1, 5)))
        given = [row(number, version) for number in numbers]
        kind = lot.choice(("query", "query", "count", "upsert", "upsert", "insert", "truncate"))
        name = lot.choice((EMPTIED, EMPTIED, *NAMES))

        def entered(ids: list[str], effect: int | None, began: float) -> None:
            if name == EMPTIED:
                for id in ids:
                    self._book.enter(int(id[1:]), Write(effect, began, time.monotonic()))

        if kind == "query":
            filter = lot.choice((None, {"color": "red"}))
            return Call(name, "query", (values(numbers[0], 0),), {"filter": filter})
        if kind == "count":
            return Call(name, "count", (), {"filter": {"number": numbers[0]}})
        if kind == "truncate":
            every = [f"v{number:05}" for number in range(IDS)]
            return Call(name, kind, done=lambda _, began: entered(every, None, began))
        return Call(name, kind, (given,), done=lambda it, began: entered(it.ids, version, began))

    def _change(self, lot: random.Random) -> Call:
        """Change Postgres' indexes, or how an index is searched."""
        name = lot.choice((self._loaded, EMPTIED, *NAMES))
        return lot.choice((
            Call(name, "build", (), {"m": lot.choice((8, 16)), "rebuild": lot.random() < 0.5}),
            Call(lot.choice((EMPTIED, *NAMES)), "drop_hnsw"),
            Call(name, "create_metadata_index", ("color", "string")),
            Call(name, "delete_metadata_index", ("color",)),
            Call(name, "create_namespace_index", (BIG,)),
            Call(name, "delete_namespace_index", (BIG,)),
            Call(None, "update_index", (name,), {"description": str(lot.random())}),
            Call(None, "update_index", (name,), {"ef_search": lot.choice((0, 50))}),
            Call(name, "vacuum"),
            Call(self._loaded, "tune", (0.5,), {"queries": 3}),
            # upon an index that may have rows of these numbers, which the book would not know of
            Call(lot.choice(NAMES), "bulk_load", (rows(0, 50, next(self._versions)),)),
        ))  # fmt: skip

    def _move(self, lot: random.Random) -> Call:
        """Create, rename or delete one of the indexes that have few names."""
        name, other = lot.sample(NAMES, 2)
        moved = self._names.moved
        return lot.choice((
            Call(None, "create_index", (name,), {"dimensions": DIMENSIONS, "metric": "euclidean"},
                 done=lambda *_: moved(to=name)),
            Call(None, "delete_index", (name,), done=lambda *_: moved(away=name)),
            Call(None, "update_index", (name,), {"new_name": other},
                 done=lambda *_: moved(to=other, away=name)),
        ))  # fmt: skip

    def _grant(self, lot: random.Random) -> Call:
        role = lot.choice(ROLES)
        if lot.random() < 0.1:  # everybody waits for that
            role, access = OWNERS, "owner"
        else:
            access = lot.choice(("reader", "writer"))
        return (
            Call(None, "revoke", (role,))
            if lot.random() < 0.3
            else Call(None, "grant", (role, access))
        )

    def _look(self, lot: random.Random) -> Call:
        name = lot.choice((self._loaded, *NAMES))
        return lot.choice((
            Call(None, "doctor"), Call(None, "doctor", (name,)), Call(None, "usage"),
            Call(None, "list_indexes"), Call(name, "stats"), Call(name, "explain", (values(1, 0),)),
            Call(name, "facets", ("color",)), Call(name, "list_vectors"),
        ))  # fmt: skip

    def _migrate(self) -> None:
        """Apply all functions again, every five seconds."""
        while not self._ended.wait(5):
            with psycopg.connect(self._dsn) as connection:
                # as the functions are granted meanwhile
                connection.execute("lock table pgvectorize_private.indexes in share mode")
                connection.execute(OLDER_FUNCTIONS)
            try:
                schema.migrate(self._dsn)
            except IndexBusy:
                self.calls["IndexBusy"] += 1
            self.calls["migrate"] += 1

    def _interrupt(self) -> None:
        """Cancel a build, every three seconds, so that there is something to be repaired."""
        while not self._ended.wait(3):
            with psycopg.connect(self._dsn) as connection:
                connection.execute(
                    "select pg_cancel_backend(pid) from pg_stat_progress_create_index limit 1"
                )


def repair(dsn: str) -> list[str]:
    """Do what `doctor` says; return what it did not name although it is not as it should be."""
    with pgvectorize.connect(dsn) as client:
        findings = [found for found in client.doctor() if found.name is not None]
        missed = _not_named(dsn, findings)
        for finding in findings:
            if finding.severity != "notice" and finding.fix is not None:
                _mend(client, dsn, finding)
        return missed


def _not_named(dsn: str, findings: list[Finding]) -> list[str]:
    """Postgres indexes that are INVALID or not in the catalog, and that no finding names."""
    with psycopg.connect(dsn) as connection:
        stray = connection.execute("""
            select each.name, indexes.name
            from pgvectorize_private.indexes
            cross join lateral pgvectorize_private._postgres_indexes(indexes) as each
            where not each.is_valid or each.kind in ('new', 'other')
        """).fetchall()
    return [
        f"doctor does not name {relation} of {name}"
        for relation, name in stray
        if not any(
            found.name == name and (relation in found.finding or found.code.startswith("hnsw_"))
            for found in findings
        )
    ]


def _mend(client: Client, dsn: str, finding: Finding) -> None:
    command = actions.command(finding)
    if command is None:
        assert finding.fix is not None
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(finding.fix.encode())
        return
    words = shlex.split(command)
    assert words[0] == "pgvectorize", finding
    result = CliRunner().invoke(main, ["--dsn", dsn, *words[1:]])
    assert result.exit_code == 0, (finding, result.output)
