"""Each operation beside each other one: they succeed, or say that the index is busy or gone.

Two sessions take their steps in turns. A step that waits is left waiting, and the other session
goes on; a session that is through, or has failed, rolls back. No time is asserted: a step has
settled when it has ended, or when its session waits for a lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import combinations_with_replacement
from time import monotonic, sleep

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

import pgvectorize
from pgvectorize import Client, IndexBusy, schema
from tests.migrations.conftest import OLDER_FUNCTIONS

pytestmark = pytest.mark.slow

Connection = psycopg.Connection[tuple[object, ...]]
ROLE, OWNERS = "pgvectorize pairs", "pgvectorize pairs owners"

# {0} is an index, {1} a name that no index has, and {2} a number of the session
ORDINARY = {
    "query": "select pgvectorize.query('{0}', '[1, 2, 3]', filter => '{{\"n\": 1}}')",
    "its own function": "select pgvectorize_data.\"{0}\"('[1, 2, 3]')",
    "upsert": (
        'select pgvectorize.upsert(\'{0}\', vectors => \'[{{"id": "{2}", "values": [1, 2, 3]}}]\')'
    ),
    "usage": "select pgvectorize.usage()",
    "doctor": "select pgvectorize.doctor()",
}
CHANGES = {
    "truncate": "select pgvectorize.truncate('{0}')",
    "delete_index": "select pgvectorize.delete_index('{0}')",
    "rename": "select pgvectorize.update_index('{0}', new_name => '{1}')",
    "create_index": "select pgvectorize.create_index('{1}', 3, 'cosine')",
    "describe": "select pgvectorize.update_index('{0}', description => 'new')",
    "tune": "select pgvectorize.tune('{0}', recall => 0.1, queries => 2)",
    "rebuild": "select pgvectorize.build('{0}', rebuild => true)",
    "drop_hnsw": "select pgvectorize.drop_hnsw('{0}')",
    "load": (
        "select pgvectorize_private._drop_hnsw_for_load('{0}', null, true),"
        " pgvectorize_private._rebuild_hnsw_after_load('{0}', null, null)"
    ),
    "create_metadata_index": "select pgvectorize.create_metadata_index('{0}', 'new', 'number')",
    "delete_metadata_index": "select pgvectorize.delete_metadata_index('{0}', 'n')",
    "create_namespace_index": "select pgvectorize.create_namespace_index('{0}', 'M')",
    "delete_namespace_index": "select pgvectorize.delete_namespace_index('{0}', 'N')",
    "grant": f"select pgvectorize.grant('{ROLE}', 'writer')",
    "grant owner": f"select pgvectorize.grant('{OWNERS}', 'owner')",
}
OPERATIONS = {**ORDINARY, **CHANGES}
PAIRS = [
    pair for pair in combinations_with_replacement(OPERATIONS, 2) if not set(pair) <= set(ORDINARY)
]
# a transaction that has only read differs from one that has written for readers and writers
TOUCHED = [(touch, pair) for touch in ("query", "upsert") for pair in PAIRS
           if touch == "upsert" or set(pair) & set(ORDINARY)]  # fmt: skip


def migrate(client: Client, dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(OLDER_FUNCTIONS)
    schema.migrate(dsn)


# What no transaction can run, with a client and its DSN
CONCURRENT: dict[str, Callable[[Client, str], object]] = {
    "build": lambda client, _: client.index("one").build(rebuild=True),
    "metadata index": lambda client, _: client.index("one").create_metadata_index("m", "number"),
    "namespace index": lambda client, _: client.index("one").create_namespace_index("M"),
    "vacuum": lambda client, _: client.index("one").vacuum(),
    "migrate": migrate,
}

# What another session may be the reason of
ALLOWED = {"PV001", "PV002", "PV006", "PV007", "PV009"}


class Session:
    """Runs one statement at a time in a transaction, in a thread of its own."""

    def __init__(self, dsn: str, number: int) -> None:
        self.number = number
        self.errors: list[psycopg.Error] = []
        self.connection: Connection = psycopg.connect(dsn)
        self._thread = ThreadPoolExecutor(1)
        self._step: Future[object] | None = None

    def begin_step(self, statement: str) -> None:
        self._step = self._thread.submit(self.connection.execute, statement.encode())

    def is_running(self) -> bool:
        """Whether its step has not ended; after an error the transaction is over."""
        if self._step is None or not self._step.done():
            return self._step is not None
        error = self._step.exception()
        self._step = None
        if error is not None:
            assert isinstance(error, psycopg.Error), error
            self.errors.append(error)
            self.connection.rollback()
        return False

    def close(self) -> None:
        self._thread.shutdown()
        self.connection.close()


class Stage:
    """Two sessions on a database, and a third that watches them."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.sessions = [Session(dsn, number) for number in (0, 1)]
        self.watching: Connection = psycopg.connect(dsn, autocommit=True)

    def settle(self, session: Session) -> None:
        """Wait until its step has ended, or waits."""
        while session.is_running():
            if self.is_waiting(f"pid = {session.connection.info.backend_pid}"):
                return

    def is_waiting(self, condition: str) -> bool:
        row = self.watching.execute(
            "select coalesce(bool_or(wait_event_type = 'Lock' or wait_event = 'PgSleep'), false)"
            f" from pg_stat_activity where {condition}".encode()
        ).fetchone()
        return row == (True,)

    def play(self, *parts: list[str]) -> list[list[psycopg.Error]]:
        """Let each session take its steps in turn; return the errors of each."""
        waiting = [list(part) for part in parts]
        ends = monotonic() + 60
        for session in self.sessions:
            session.errors.clear()
        while True:
            for session, steps in zip(self.sessions, waiting, strict=True):
                if session.is_running():
                    continue
                if steps and not session.errors:
                    session.begin_step(steps.pop(0))
                    self.settle(session)
                else:
                    session.connection.rollback()
            if not any(
                session.is_running() or (steps and not session.errors)
                for session, steps in zip(self.sessions, waiting, strict=True)
            ):
                break
            assert monotonic() < ends, "neither session goes on"
            sleep(0.001)
        for session in self.sessions:
            session.connection.rollback()
        return [session.errors.copy() for session in self.sessions]

    def close(self) -> None:
        for session in self.sessions:
            session.close()
        self.watching.close()


@pytest.fixture(scope="module")
def prepared(dsn: str, client: Client) -> Iterator[str]:
    """A DSN with which deadlocks are found early, so that the tests of all pairs are short."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for role in (ROLE, OWNERS):
            connection.execute(SQL("drop role if exists {}").format(Identifier(role)))
            connection.execute(SQL("create role {}").format(Identifier(role)))
        for name in ("one", "two"):
            prepare(client, name)
        yield make_conninfo(dsn, options="-c deadlock_timeout=100ms")
        for name in ("one", "two"):
            client.delete_index(name)
        for role in (ROLE, OWNERS):
            connection.execute(SQL("drop owned by {} cascade").format(Identifier(role)))
            connection.execute(SQL("drop role {}").format(Identifier(role)))


def prepare(client: Client, name: str) -> None:
    client.create_index(name, dimensions=3, metric="cosine")
    index = client.index(name)
    index.upsert([(f"a{row}", [1, row, 2], "NM"[row % 2], {"n": row}) for row in range(4)])
    index.create_metadata_index("n", "number")
    index.create_namespace_index("N")


@pytest.fixture(scope="module")
def stage(prepared: str) -> Iterator[Stage]:
    stage = Stage(prepared)
    yield stage
    stage.close()


def wrong(operations: tuple[str, str], errors: list[list[psycopg.Error]]) -> list[str]:
    """What readers and writers are told, and what others are told that is not allowed."""
    return [
        f"{operation}: {error.sqlstate}: {error}"
        for operation, told in zip(operations, errors, strict=True)
        for error in told
        if operation in ORDINARY or error.sqlstate not in ALLOWED
    ]


@pytest.mark.parametrize(("touch", "pair"), TOUCHED, ids=str)
def test_two_transactions_that_use_an_index_and_then_change_it(
    stage: Stage, touch: str, pair: tuple[str, str]
) -> None:
    parts = [
        [OPERATIONS[step].format("one", "new", number) for step in (touch, operation)]
        for number, operation in enumerate(pair)
    ]
    assert wrong(pair, stage.play(*parts)) == []


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_two_transactions_that_change_two_indexes_in_opposite_orders(
    stage: Stage, pair: tuple[str, str]
) -> None:
    orders = (("one", "two"), ("two", "one"))
    parts = [
        [OPERATIONS[operation].format(index, f"new-{index}", number) for index in order]
        for number, (operation, order) in enumerate(zip(pair, orders, strict=True))
    ]
    assert wrong(pair, stage.play(*parts)) == []


@pytest.mark.parametrize("operation", ["upsert", *CHANGES])
@pytest.mark.parametrize("concurrent", CONCURRENT)
def test_a_transaction_beside_what_runs_outside_of_one(
    stage: Stage, concurrent: str, operation: str
) -> None:
    """The transaction has used the index before, so a concurrent build waits for it."""
    session = stage.sessions[0]
    session.errors.clear()
    dsn = make_conninfo(stage.dsn, application_name="concurrent")
    with pgvectorize.connect(dsn, max_size=1) as client, ThreadPoolExecutor(1) as elsewhere:
        session.begin_step(ORDINARY["query"].format("one"))
        stage.settle(session)
        running = elsewhere.submit(CONCURRENT[concurrent], client, dsn)
        while not running.done() and not stage.is_waiting("application_name = 'concurrent'"):
            sleep(0.001)
        session.begin_step(OPERATIONS[operation].format("one", "new", 0))
        while session.is_running():
            sleep(0.001)
        session.connection.rollback()
        error = running.exception(timeout=60)
        assert error is None or isinstance(error, IndexBusy), error
        client.index("one").create_metadata_index("m", "number")
        client.index("one").delete_metadata_index("m")
        client.index("one").create_namespace_index("M")
        client.index("one").delete_namespace_index("M")
    told = [
        f"{found.sqlstate}: {found}" for found in session.errors if found.sqlstate not in ALLOWED
    ]
    assert told == []
