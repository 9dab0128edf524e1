"""kill -9 of the server, and of the client, in the middle of whatever writes.

A backend is frozen in the very phase that is meant, so that the kill lands there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

import pgvectorize
from pgvectorize import Client, schema
from tests.faults.clients import Worker, workers
from tests.faults.conftest import ROUNDS
from tests.faults.rows import BIG, row, values
from tests.faults.server import OwnServer, freeze, own_server, thaw, wait_for_end, wait_until
from tests.faults.state import check, versions
from tests.faults.worker import ADDED, INDEX, JOBS, LOADED, OTHER, STORED
from tests.migrations.conftest import catalog, make_older
from tests.tally import Tally

pytestmark = pytest.mark.slow

Versions = dict[int, int]

COPYING = "select pid from pg_stat_progress_copy where bytes_processed > 20_000"
WRITING = """
    select pid from pg_stat_activity
    where wait_event_type = 'Lock'
        and query ~ '[.](_drop_hnsw_for_load|_write_staged|update_metadata|delete_namespace)'
"""
BUILDING = "select pid from pg_stat_progress_create_index where phase ~ '^building index'"
FOR_WRITERS = "select pid from pg_stat_progress_create_index where phase ~ '^waiting for writers'"
FOR_READERS = "select pid from pg_stat_progress_create_index where phase ~ '^waiting for old snap'"
OF_NAMESPACE = """
    select pid from pg_stat_progress_create_index join pg_stat_activity using (pid)
    where phase ~ '^building index' and query ~ '_namespace_'
"""
SWAPPING = """
    select pid from pg_stat_activity
    where state = 'active' and wait_event_type = 'Lock' and query ~ '_next_hnsw_statement'
"""

BEFORE: Versions = dict.fromkeys(range(STORED), 0)
AFTER_UPSERT: Versions = BEFORE | dict.fromkeys(range(STORED // 2, ADDED), 1)
AFTER_LOAD: Versions = BEFORE | dict.fromkeys(range(STORED // 2, LOADED), 1)
LOADED_ALONE: Versions = dict.fromkeys(range(LOADED), 1)
AFTER_PATCH: Versions = {number: -1 if number % 3 else 0 for number in BEFORE}
AFTER_DELETE: Versions = {number: 0 for number in BEFORE if not number % 3}


@contextmanager
def nobody(dsn: str) -> Iterator[None]:
    yield


@contextmanager
def locked_row(dsn: str) -> Iterator[None]:
    """Somebody who keeps what writes many rows from writing the last."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "select from pgvectorize_data.docs where id = %s for update", [row(STORED - 1, 0).id]
        )
        yield
        abandon(connection)


def abandon(connection: psycopg.Connection[Any]) -> None:
    with suppress(psycopg.OperationalError):  # the server was killed
        connection.rollback()


@contextmanager
def open_writer(dsn: str) -> Iterator[None]:
    """Somebody whose transaction a concurrent build has to wait for; it is never committed."""
    with psycopg.connect(dsn) as connection:
        Client(connection).index(INDEX).upsert([row(LOADED + 1, 9)])
        yield
        abandon(connection)


@contextmanager
def open_snapshot(dsn: str) -> Iterator[None]:
    """Somebody whose snapshot keeps what was built from becoming valid."""
    with psycopg.connect(dsn) as connection:
        connection.execute("set transaction isolation level repeatable read")
        connection.execute("select from pgvectorize_data.docs limit 1")
        yield
        abandon(connection)


@contextmanager
def open_reader(dsn: str) -> Iterator[None]:
    """Somebody whose lock keeps a new HNSW index from its place, without a snapshot."""
    with psycopg.connect(dsn) as connection:
        connection.execute("lock table pgvectorize_data.docs in access share mode")
        yield
        abandon(connection)


def namespace_index(client: Client) -> None:
    client.index(INDEX).create_namespace_index(BIG)


@dataclass(frozen=True)
class Moment:
    """A job, and when in it the kill comes."""

    job: str
    phase: str
    condition: str
    beside: Callable[[str], AbstractContextManager[None]] = nobody
    prepare: Callable[[Client], None] = lambda client: None
    after: Versions = field(default_factory=lambda: BEFORE)
    index: str = INDEX
    before: Versions = field(default_factory=lambda: BEFORE)

    def __str__(self) -> str:
        return f"{self.job}, {self.phase}".replace(" ", "_")


MOMENTS = (
    Moment("long upsert", "copying", COPYING, after=AFTER_UPSERT),
    Moment("long upsert", "writing", WRITING, locked_row, after=AFTER_UPSERT),
    Moment(
        "load of an empty index", "copying", COPYING,
        after=LOADED_ALONE, index="empty", before={},
    ),
    Moment(
        "load of an empty index", "building", BUILDING,
        after=LOADED_ALONE, index="empty", before={},
    ),
    Moment("first upsert", "copying", COPYING, after=LOADED_ALONE, index="empty", before={}),
    Moment("first upsert", "building", BUILDING, after=LOADED_ALONE, index="empty", before={}),
    Moment("load without the HNSW index", "copying", COPYING, after=AFTER_LOAD),
    Moment("load without the HNSW index", "waiting", WRITING, open_snapshot, after=AFTER_LOAD),
    Moment("load without the HNSW index", "building", BUILDING, after=AFTER_LOAD),
    Moment("build", "building", BUILDING),
    Moment("concurrent build", "waiting for writers", FOR_WRITERS, open_writer),
    Moment("concurrent build", "building", BUILDING),
    Moment("concurrent build", "waiting for readers", FOR_READERS, open_snapshot),
    Moment("concurrent build", "building for a namespace", OF_NAMESPACE, prepare=namespace_index),
    Moment("concurrent build", "taking its place", SWAPPING, open_reader),
    Moment("namespace index", "building", BUILDING),
    Moment("namespace index", "waiting for readers", FOR_READERS, open_snapshot),
    Moment("metadata index", "waiting for writers", FOR_WRITERS, open_writer),
    Moment("metadata index", "waiting for readers", FOR_READERS, open_snapshot),
    Moment("patch", "writing", WRITING, locked_row, after=AFTER_PATCH),
    Moment("delete", "writing", WRITING, locked_row, after=AFTER_DELETE),
)  # fmt: skip


def freeze_in(dsn: str, condition: str, worker: Worker) -> int:
    """Freeze the backend of the worker where the condition holds, and make sure it does."""

    def ended() -> str | None:
        return "the worker has ended" if worker.process.poll() is not None else None

    def holds(pid: int) -> bool:
        with psycopg.connect(dsn, autocommit=True) as connection:
            return connection.execute(condition.encode()).fetchone() == (pid,)

    while True:
        pid = wait_until(dsn, condition, unless=ended)
        freeze(pid)
        with ThreadPoolExecutor(1) as elsewhere:
            answer = elsewhere.submit(holds, pid)
            # none comes where it was frozen with one of the server's inner locks
            wait([answer], timeout=10)
            if answer.done() and answer.result():
                return pid
            thaw(pid)


# Every moment for the server; for the client all of them only if there is time.
KILLS = [(moment, "server") for moment in MOMENTS] + [
    (moment, "client") for moment in (MOMENTS if ROUNDS > 1 else MOMENTS[::3])
]


@pytest.mark.parametrize("turn", range(ROUNDS))
@pytest.mark.parametrize(("moment", "victim"), KILLS, ids=str)
def test_a_kill_amid_a_job_leaves_all_or_nothing_and_the_next_command_mends_it(
    own: OwnServer, tally: Tally, moment: Moment, victim: str, turn: int
) -> None:
    with pgvectorize.connect(own.dsn) as client:
        moment.prepare(client)
    stalls = "stalls" if moment.condition == COPYING else ""
    with workers(moment.job, own.dsn, how=stalls) as (worker,), ExitStack() as stack:
        stack.enter_context(moment.beside(own.dsn))
        pid = freeze_in(own.dsn, moment.condition, worker)
        if victim == "server":
            own.kill()
            worker.end()
        else:
            worker.kill()
            thaw(pid)
        assert worker.in_doubt
        assert not worker.acknowledged
    if victim == "server":
        own.start()
    else:
        wait_for_end(own.dsn, pid)

    check(own.dsn, is_mended=False)
    with pgvectorize.connect(own.dsn) as client:
        found = versions(client, moment.index)
        # a client that is killed may have sent all that there was to send
        allowed = [moment.before] if victim == "server" else [moment.before, moment.after]
        assert found in allowed
        JOBS[moment.job](client, 0)
        assert versions(client, moment.index) == moment.after
    check(own.dsn)
    tally.add(
        f"kill -9 of the {victim}: {moment.job}", kills=1, stored_rows=len(moment.before), lost=0
    )


@pytest.mark.parametrize("turn", range(ROUNDS))
@pytest.mark.parametrize("victim", ["server", "client"])
def test_what_was_acknowledged_is_there_after_a_kill_amid_upserts(
    own: OwnServer, tally: Tally, victim: str, turn: int
) -> None:
    writers, kills = 4, 3
    wanted = dict(BEFORE)
    acknowledged = lost = halves = 0
    for kill in range(kills):
        with workers("upserts", own.dsn, writers, how=str(1_000 * kill)) as running:
            for worker in running:
                worker.wait_until_acknowledged(10 + 20 * kill + 7 * turn)
            if victim == "server":
                own.kill()
            for worker in running:  # one whose connection was idle would take a new one and go on
                worker.kill()
            if victim == "server":
                own.start()
            else:
                wait_until(
                    own.dsn,
                    "select 1 where not exists (select from pg_stat_activity"
                    " where backend_type = 'client backend' and pid <> pg_backend_pid())",
                )
        with pgvectorize.connect(own.dsn) as client:
            found = versions(client, INDEX)
        for worker in running:
            for said in worker.acknowledged:
                wanted |= dict.fromkeys(said["numbers"], said["ends"])
                acknowledged += len(said["numbers"])
            if worker.in_doubt:
                numbers, version = worker.in_doubt["numbers"], worker.in_doubt["begins"]
                are_new = {found[number] == version for number in numbers}
                halves += len(are_new) > 1
                if are_new == {True}:
                    wanted |= dict.fromkeys(numbers, version)
        lost += sum(found[number] != version for number, version in wanted.items())
        assert found.keys() == wanted.keys()
        check(own.dsn)
    tally.add(
        f"kill -9 of the {victim}: upserts by {writers} clients",
        kills=kills, acknowledged_rows=acknowledged, lost=lost, half_written_calls=halves,
    )  # fmt: skip
    assert (lost, halves) == (0, 0)


def test_the_count_would_show_a_loss(template: OwnServer) -> None:
    """The control: without a synchronous commit a kill loses what was acknowledged."""
    with own_server(template) as server:
        server.set({"synchronous_commit": "off"})
        server.set({"wal_writer_delay": "10s", "wal_writer_flush_after": "1GB"})
        server.start()
        with workers("upserts", server.dsn) as (worker,):
            worker.wait_until_acknowledged(100)
            server.kill()
            worker.kill()
            server.start()
        with pgvectorize.connect(server.dsn) as client:
            found = versions(client, INDEX)
        wanted: Versions = {}
        for said in worker.acknowledged:
            wanted |= dict.fromkeys(said["numbers"], said["ends"])
        assert any(found[number] != version for number, version in wanted.items())
        check(server.dsn)  # what is there is whole all the same


def test_the_next_command_works_while_a_dead_clients_build_goes_on(own: OwnServer) -> None:
    """Postgres does not look at its client while it builds."""
    with pgvectorize.connect(own.dsn) as client:
        index = client.index(INDEX)
        with workers("concurrent build", own.dsn) as (worker,), open_writer(own.dsn):
            pid = wait_until(own.dsn, FOR_WRITERS)
            worker.kill()
            with pytest.raises(pgvectorize.IndexBusy, match="being built by another session"):
                index.build(**OTHER)
            assert index.upsert([row(1, 1)]).count == 1
            assert index.query(values(1, 1), top_k=1).matches[0].id == "v00001"
        wait_for_end(own.dsn, pid)
        assert index.build(**OTHER).is_built is False  # it was built to the end
        assert index.info().m == 24
    check(own.dsn)


@pytest.mark.parametrize(("victim", "share"), [("server", 0.05), ("server", 0.3), ("client", 0.15)])
@pytest.mark.parametrize("older", [False, True], ids=["from_nothing", "from_an_older_one"])
def test_a_kill_amid_a_migration_leaves_what_was_there(
    tally: Tally, victim: str, share: float, older: bool
) -> None:
    with own_server() as server:
        server.start()
        undisturbed, disturbed = (make_database(server, name, older) for name in ("one", "two"))
        written = "pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '{}')::bigint"
        start = wal_position(server)
        schema.migrate(undisturbed)
        whole = wait_until(server.dsn, f"select {written.format(start)}")
        before = there(disturbed)
        start = wal_position(server)
        with workers("migration", disturbed) as (worker,):
            pid = freeze_in(
                server.dsn,
                "select pid from pg_stat_activity where datname = 'two'"
                " and backend_type = 'client backend'"
                f" and {written.format(start)} > {int(share * whole)}",
                worker,
            )
            if victim == "server":
                server.kill()
                worker.end()
                server.start()
            else:
                worker.kill()
                thaw(pid)
                wait_for_end(server.dsn, pid)
            assert worker.in_doubt
        assert there(disturbed) == before
        schema.migrate(disturbed)
        assert there(disturbed) == there(undisturbed)
    tally.add(f"kill -9 of the {victim}: migration", kills=1, lost=0)


def make_database(server: OwnServer, name: str, older: bool) -> str:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(f"create database {name} template template0".encode())
    dsn = make_conninfo(server.dsn, dbname=name)
    if older:
        make_older(dsn)
    return dsn


def there(dsn: str) -> set[tuple[str, ...]]:
    """All that pgvectorize has put into a database."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute("select to_regnamespace('pgvectorize') is not null").fetchone()
    return catalog(dsn) if found == (True,) else set()


def wal_position(server: OwnServer) -> str:
    with psycopg.connect(server.dsn) as connection:
        row = connection.execute("select pg_current_wal_insert_lsn()::text").fetchone()
    assert row is not None
    return str(row[0])
