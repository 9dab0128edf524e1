"""Connections that are borrowed, shared, forked, lost or interrupted."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.rows import namedtuple_row
from psycopg.sql import SQL, Identifier
from psycopg.types.json import set_json_loads
from psycopg.types.string import StrDumper, TextLoader

from pgvectorize import (
    AsyncClient,
    Client,
    DatabaseError,
    IndexNotFound,
    InvalidRequest,
    InvalidVector,
    PermissionDenied,
    TransactionConflict,
    Vector,
)
from tests import variants

TEXT = "idé\u20ac日"
LONG = [(f"v{row:05}", [row, 1]) for row in range(3_000)]


@dataclass
class Colour:
    """Blocking calls or asyncio, and how to wait for what they give."""

    client: Any
    connection: Any
    cursors: tuple[Any, Any]
    wait: Callable[[Any], Any]

    @contextmanager
    def borrow(self, dsn: str, **options: Any) -> Iterator[tuple[Any, Any]]:
        given = {"autocommit": True, **variants.psycopg_options(), **options}
        connection = self.wait(self.connection.connect(dsn, **given))
        try:
            yield self.client(connection), connection
        finally:
            self.wait(connection.close())

    def rows(self, connection: Any, sql: str) -> list[Any]:
        rows: list[Any] = self.wait(self.wait(connection.execute(sql)).fetchall())
        return rows


@pytest.fixture(params=["blocking", "async"])
def colour(request: pytest.FixtureRequest) -> Iterator[Colour]:
    if request.param == "blocking":
        cursors = (psycopg.ClientCursor, psycopg.RawCursor)
        yield Colour(Client, psycopg.Connection, cursors, lambda result: result)
        return
    with asyncio.Runner() as runner:

        def wait(result: Any) -> Any:
            async def main() -> Any:
                return await result

            return runner.run(main()) if hasattr(result, "__await__") else result

        async_cursors = (psycopg.AsyncClientCursor, psycopg.AsyncRawCursor)
        yield Colour(AsyncClient, psycopg.AsyncConnection, async_cursors, wait)


# What a program may set on its connection


@pytest.mark.parametrize("autocommit", [True, False])
@pytest.mark.parametrize("encoding", ["latin1", "sql_ascii", "win1252"])
def test_text_is_right_whatever_the_encoding_of_the_connection(
    colour: Colour, client: Client, dsn: str, index: str, encoding: str, autocommit: bool
) -> None:
    with colour.borrow(dsn, client_encoding=encoding, autocommit=autocommit) as (borrowing, own):
        before = own.info.encoding  # a pooler says it in other letters
        vectors = borrowing.index(index)
        colour.wait(vectors.upsert([(TEXT, [1, 2], TEXT, {TEXT: TEXT})]))
        found = colour.wait(vectors.query([1, 2], return_metadata=True))
        assert (found[0].id, found[0].metadata) == (TEXT, {TEXT: TEXT})
        rows = [(f"{TEXT}{row}", [row, 1], TEXT, {TEXT: TEXT}) for row in range(30)]
        colour.wait(vectors.upsert(rows, batch_size=10))
        with pytest.raises(InvalidRequest):
            colour.wait(vectors.query([1, 2], top_k=0))
        with pytest.raises(InvalidVector):
            colour.wait(vectors.upsert([*rows, ("bad", [1])], batch_size=10))
        assert colour.wait(vectors.count(namespace=TEXT)) == 31
        assert own.info.encoding == before
        colour.wait(own.commit())
        assert own.info.encoding == before
    stored = client.index(index).get_by_ids([TEXT, f"{TEXT}29"])
    assert [(each.id, each.namespace, each.metadata) for each in stored] == [
        (TEXT, TEXT, {TEXT: TEXT}),
        (f"{TEXT}29", TEXT, {TEXT: TEXT}),
    ]


def test_a_rollback_keeps_the_encoding_of_the_connection(
    colour: Colour, dsn: str, index: str
) -> None:
    with colour.borrow(dsn, client_encoding="latin1", autocommit=False) as (borrowing, own):
        colour.wait(borrowing.index(index).upsert([(TEXT, [1, 2])]))
        colour.wait(own.rollback())
        assert colour.rows(own, "show client_encoding") == [("LATIN1",)]


class Shouting(StrDumper):
    def dump(self, obj: str) -> bytes:
        return obj.upper().encode()


class Whispering(TextLoader):
    def load(self, data: Any) -> str:
        return "?"


@pytest.mark.parametrize("kind", ["client", "raw", "rows", "thresholds", "adapters"])
def test_what_a_connection_makes_does_not_matter(
    colour: Colour, dsn: str, index: str, kind: str
) -> None:
    known: dict[str, list[dict[str, Any]]] = {
        "client": [{"cursor_factory": colour.cursors[0]}],
        "raw": [{"cursor_factory": colour.cursors[1]}],
        "rows": [{"row_factory": namedtuple_row}],
        "server": [{"autocommit": False}],
        "thresholds": [
            {"prepare_threshold": None},
            *([] if variants.psycopg_options() else [{"prepare_threshold": 0}]),
        ],
        "adapters": [{}],
    }
    for given in known[kind]:
        with colour.borrow(dsn, **given) as (borrowing, own):
            if kind == "adapters":
                own.adapters.register_dumper(str, Shouting)
                own.adapters.register_loader("text", Whispering)
                set_json_loads(lambda text: "?", own)
            vectors = borrowing.index(index)
            colour.wait(vectors.upsert([("a", [1, 2], "n", {"k": "v"})]))
            colour.wait(vectors.upsert([(f"b{row}", [8, 9]) for row in range(9)], batch_size=3))
            for _ in range(8):  # from the sixth time on it is prepared
                found = colour.wait(
                    vectors.query([1, 2], top_k=1, return_values=True, return_metadata=True)
                )
                assert (found[0].id, found[0].namespace) == ("a", "n")
                assert (list(found[0].values), found[0].metadata) == ([1, 2], {"k": "v"})
            assert colour.wait(vectors.describe()).vector_count == 10
            assert colour.wait(vectors.count(filter={"k": "v"})) == 1


def test_what_psycopg_was_told_for_all_connections_does_not_matter(
    colour: Colour, dsn: str, index: str
) -> None:
    set_json_loads(lambda text: "?")
    try:
        with colour.borrow(dsn) as (borrowing, _):
            colour.wait(borrowing.index(index).upsert([("a", [1, 2], None, {"k": "v"})]))
            (found,) = colour.wait(borrowing.index(index).get_by_ids(["a"]))
            assert found.metadata == {"k": "v"}
    finally:
        set_json_loads(json.loads)


def test_a_read_only_connection_reads(colour: Colour, client: Client, dsn: str, index: str) -> None:
    client.index(index).upsert([("a", [1, 2])])
    for autocommit in (True, False):
        with colour.borrow(dsn, autocommit=False) as (borrowing, own):
            colour.wait(own.set_read_only(True) if hasattr(own, "set_read_only") else None)
            colour.wait(own.set_autocommit(autocommit) if hasattr(own, "set_autocommit") else None)
            assert colour.wait(borrowing.index(index).query([1, 2]))[0].id == "a"


@pytest.mark.parametrize("call", ["query", "filtered", "get_by_ids", "upsert", "delete_by_ids"])
def test_a_call_is_one_round_trip(
    colour: Colour, dsn: str, index: str, call: str, tmp_path: Path
) -> None:
    with colour.borrow(dsn) as (borrowing, own), (tmp_path / "trace").open("w") as trace:
        vectors = borrowing.index(index)
        calls: dict[str, Callable[[], Any]] = {
            "query": lambda: vectors.query([1, 2]),
            "filtered": lambda: vectors.query([1, 2], filter={"k": "v"}),
            "get_by_ids": lambda: vectors.get_by_ids(["a"]),
            "upsert": lambda: vectors.upsert([("a", [1, 2])]),
            "delete_by_ids": lambda: vectors.delete_by_ids(["b"]),
        }
        for _ in range(8):  # the client looks types up once, and psycopg prepares the statement
            colour.wait(calls[call]())
        own.pgconn.trace(trace.fileno())
        colour.wait(calls[call]())
        own.pgconn.untrace()
    assert (tmp_path / "trace").read_text().count("ReadyForQuery") == 1


def test_a_refused_write_leaves_the_transaction_of_the_caller(
    colour: Colour, dsn: str, index: str
) -> None:
    with colour.borrow(dsn, autocommit=False) as (borrowing, own):
        vectors = borrowing.index(index)
        colour.wait(vectors.upsert([("a", [1, 2])]))
        for _ in range(8):
            with pytest.raises(InvalidVector):
                colour.wait(vectors.upsert([("b", [1, 2, 3])]))
        assert colour.wait(vectors.count()) == 1
        colour.wait(own.rollback())
        assert colour.wait(vectors.count()) == 0


# Several at once


def test_threads_share_a_connection_and_lose_nothing(client: Client, dsn: str, index: str) -> None:
    with psycopg.connect(dsn, autocommit=True, **variants.psycopg_options()) as own:

        def work(thread: int) -> list[str]:
            vectors = Client(own).index(index)  # a client each, one connection
            written = []
            for row in range(25):
                written += vectors.upsert([(f"{thread}-{row}", [1, 2])]).ids
                if row % 5 == 0:
                    with pytest.raises(InvalidVector):
                        vectors.upsert([*LONG[:30], ("bad", [1])], batch_size=10)
                    written += vectors.upsert(
                        [(f"{thread}-{row}-{copied}", [1, 2]) for copied in range(9)], batch_size=3
                    ).ids
            return written

        with ThreadPoolExecutor(4) as threads:
            written = [id for ids in threads.map(work, range(4)) for id in ids]
    assert len(written) == 4 * (25 + 5 * 9)
    assert client.index(index).count() == len(written)


def test_tasks_share_a_connection_and_lose_nothing(client: Client, dsn: str, index: str) -> None:
    async def main() -> list[str]:
        options = variants.psycopg_options()
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True, **options) as own:

            async def work(task: int) -> list[str]:
                vectors = AsyncClient(own).index(index)
                written = []
                for row in range(25):
                    written += (await vectors.upsert([(f"{task}-{row}", [1, 2])])).ids
                    if row % 5 == 0:
                        with pytest.raises(InvalidVector):
                            await vectors.upsert([*LONG[:30], ("bad", [1])], batch_size=10)
                return written

            return [id for ids in await asyncio.gather(*map(work, range(4))) for id in ids]

    written = asyncio.run(main())
    assert len(written) == 100
    assert client.index(index).count() == 100


def test_rows_that_are_read_over_the_connection_that_writes_them(
    client: Client, dsn: str, make_index: Callable[..., str]
) -> None:
    source, target = make_index(dimensions=2), make_index(dimensions=2)
    client.index(source).upsert([(id, [row + 1, 1]) for id, (row, _) in LONG])
    with ExitStack() as stack:
        own = stack.enter_context(psycopg.connect(dsn, **variants.psycopg_options()))
        borrowing = client.using(own)

        def ours() -> Iterator[Any]:
            return iter(borrowing.index(source))

        def psycopgs() -> Iterator[Any]:
            cursor = stack.enter_context(own.cursor("rows"))
            return iter(
                cursor.execute("select g::text, array[g, 1] from generate_series(1, 3000) as g")
            )

        for rows in (ours, psycopgs):
            outcome: list[BaseException | None] = []

            def write(rows: Callable[[], Iterator[Any]] = rows, to: Any = outcome) -> None:
                try:
                    borrowing.index(target).upsert(rows())
                    to.append(None)
                except BaseException as error:
                    to.append(error)

            thread = threading.Thread(target=write, daemon=True)  # it used to hang for ever
            thread.start()
            thread.join(timeout=60)
            assert not thread.is_alive()
            assert isinstance(outcome[0], InvalidRequest)
            assert "list" in str(outcome[0].hint)
            own.rollback()
            assert borrowing.index(target).upsert(list(borrowing.index(source))).count == 3_000
            own.rollback()


# Errors


def test_an_unknown_index_in_a_transaction_costs_one_statement(
    colour: Colour, dsn: str, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    perform = colour.client._perform

    def record(self: Any, cursor: Any, step: Any) -> Any:
        asked.append(step)
        return perform(self, cursor, step)

    with colour.borrow(dsn, autocommit=False) as (borrowing, _):
        colour.wait(borrowing.index(index).count())
        monkeypatch.setattr(colour.client, "_perform", record)
        with pytest.raises(IndexNotFound, match="nowhere"):
            colour.wait(borrowing.index("nowhere").query([1, 2]))
        assert len(asked) == 1
        with pytest.raises(DatabaseError, match="aborted") as caught:
            colour.wait(borrowing.index("nowhere").query([1, 2]))
        assert "Roll back" in str(caught.value.hint)


@pytest.mark.parametrize("level", ["serializable", "repeatable read"])
def test_a_conflict_says_retry(
    colour: Colour, client: Client, dsn: str, index: str, level: str
) -> None:
    client.index(index).upsert([("a", [1, 2])])
    with colour.borrow(dsn) as (borrowing, own):
        colour.wait(own.execute(f"begin isolation level {level}"))
        assert colour.wait(borrowing.index(index).count()) == 1
        client.index(index).upsert([("a", [3, 4])])
        with pytest.raises(TransactionConflict) as caught:
            colour.wait(borrowing.index(index).upsert([("a", [5, 6])]))
        assert caught.value.sqlstate == "40001"
        assert "retry the transaction" in str(caught.value.hint)


def test_a_role_without_temporary_tables_is_told_so(client: Client, dsn: str, index: str) -> None:
    role = "pgvectorize test writer"
    with psycopg.connect(variants.straight(dsn), autocommit=True) as administrator:
        database = Identifier(administrator.info.dbname)
        may_create = "select rolcreaterole or rolsuper from pg_roles where rolname = current_user"
        if administrator.execute(may_create).fetchone() != (True,):
            pytest.skip("the role of this suite may not create roles")
        administrator.execute(SQL("create role {} login").format(Identifier(role)))
        try:
            administrator.execute(
                SQL("revoke temporary on database {} from public").format(database)
            )
            assert "no_temporary_tables" not in [each.code for each in client.doctor()]
            notices: list[str] = []
            administrator.add_notice_handler(lambda each: notices.append(str(each.message_primary)))
            Client(administrator).grant(role, "writer")
            assert "may not create temporary tables" in notices[0]
            (finding,) = [each for each in client.doctor() if each.code == "no_temporary_tables"]
            with psycopg.connect(variants.straight(dsn), autocommit=True) as own:
                own.execute(SQL("set session authorization {}").format(Identifier(role)))
                vectors = Client(own).index(index)
                vectors.upsert(LONG, batch_size=1_000)  # into an empty index none is needed
                with pytest.raises(PermissionDenied, match="temporary") as caught:
                    vectors.upsert(LONG)
                assert "grant temporary on database" in str(caught.value.hint)
                assert vectors.upsert(LONG, atomic=False).count == len(LONG)
                administrator.execute(str(finding.fix).encode())
                assert vectors.upsert(LONG).count == len(LONG)
            assert "no_temporary_tables" not in [each.code for each in client.doctor()]
        finally:
            client.revoke(role)
            administrator.execute(
                SQL("revoke all on database {} from {}").format(database, Identifier(role))
            )
            administrator.execute(SQL("grant temporary on database {} to public").format(database))
            administrator.execute(SQL("drop role {}").format(Identifier(role)))


# Connections that end, processes and event loops


def end_sessions(dsn: str, name: str) -> None:
    with psycopg.connect(variants.straight(dsn), autocommit=True) as own:
        own.execute(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
            " where application_name = %s",
            [name],
        )


def test_after_the_server_has_ended_its_sessions_the_first_call_works(
    colour: Colour, dsn: str, index: str
) -> None:
    named = make_conninfo(dsn, application_name="ends", options="")
    client = colour.wait(colour.client.connect(named, min_size=3, max_size=3))
    try:
        for _ in range(3):
            colour.wait(client.index(index).count())
            end_sessions(dsn, "ends")
            begun = time.monotonic()
            assert colour.wait(client.index(index).count()) == 0
            assert time.monotonic() - begun < 2
            colour.wait(client.index(index).upsert([]))
    finally:
        colour.wait(client.close())


def run(script: str, *arguments: str) -> str:
    done = subprocess.run(
        # Debian 13 has pgvector 0.8.0, of which a client warns
        [sys.executable, "-W", "error", "-W", "ignore:pgvector 0.8", "-c", script, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout + done.stderr


FORK = """
import os, sys, warnings
import psycopg, pgvectorize
warnings.simplefilter("ignore", DeprecationWarning)  # of os.fork with threads
dsn, name = sys.argv[1:]
client = pgvectorize.connect(dsn, min_size=2, max_size=2)
connection = psycopg.connect(dsn, autocommit=True)
index, borrowing = client.index(name), client.using(connection)
index.upsert([(str(row), [row, 0]) for row in range(8)])
borrowing.index(name).count()
children = []
for child in range(4):
    pid = os.fork()
    if not pid:
        code = 1
        warnings.simplefilter("ignore", ResourceWarning)  # of the borrowed connection
        try:
            for turn in range(50):
                assert index.query([child, 0], top_k=1)[0].id == str(child)
            for borrowed in (borrowing, pgvectorize.Client(connection)):
                try:
                    borrowed.index(name).count()
                except pgvectorize.InvalidRequest as error:
                    assert "fork" in error.message, error
                else:
                    raise AssertionError("no error")
            if child == 1:
                client.close()
            code = 0
        finally:
            if child == 2:
                sys.exit(code)
            os._exit(code)
    children.append(pid)
for turn in range(50):
    assert index.query([7, 0], top_k=1)[0].id == "7"
assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0] * 4
assert index.query([7, 0], top_k=1)[0].id == "7"
assert borrowing.index(name).count() == 8
connection.close()
client.close()
print("done")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_forked_process_has_connections_of_its_own(dsn: str, index: str) -> None:
    assert run(FORK, dsn, index) == "done\n"


LOOPS = """
import asyncio, logging, sys
from pgvectorize import AsyncClient, InvalidRequest
dsn, name = sys.argv[1:]
logging.disable()  # psycopg logs an attempt to connect that is cancelled
client = asyncio.run(AsyncClient.connect(dsn, min_size=3))

async def use():
    return [await client.index(name).count() for _ in range(3)]

async def crowd():
    return await asyncio.gather(*(client.index(name).count() for _ in range(8)))

assert asyncio.run(use()) == [0, 0, 0]
assert asyncio.run(crowd()) == [0] * 8

async def connect_and_fail():
    await AsyncClient.connect(dsn, min_size=4)
    raise ZeroDivisionError

async def grow_and_fail():
    client = await AsyncClient.connect(dsn, min_size=1, max_size=8)
    calls = [asyncio.create_task(client.index(name).count()) for _ in range(8)]
    await calls[0]
    raise ZeroDivisionError

for failing in (connect_and_fail, grow_and_fail):
    for turn in range(5):
        try:
            asyncio.run(failing())
        except ZeroDivisionError:
            pass

other = asyncio.new_event_loop()
client = other.run_until_complete(AsyncClient.connect(dsn))
try:
    asyncio.run(use())
except InvalidRequest as error:
    assert "event loop" in error.message
else:
    raise AssertionError("no error")
other.run_until_complete(client.close())
other.close()
asyncio.run(client.close())
print("done")
"""


def test_a_client_in_several_event_loops(dsn: str, index: str) -> None:
    assert run(LOOPS, dsn, index) == "done\n"


INTERRUPTED = """
import sys, numpy, pgvectorize
dsn, name, how = sys.argv[1:]
with pgvectorize.connect(dsn, max_size=4) as client:
    index = client.index(name)
    print("ready", flush=True)
    vectors = numpy.random.default_rng(1).random((40_000, 64), dtype="f4")
    if how == "query_many":
        index.query_many(vectors, exact=True, connections=3)
    elif how == "query":
        while True:
            index.query_many(vectors, exact=True, connections=1)
    elif how == "recall":
        index.recall(sample=1_000, exact=True)
    else:
        index.upsert(ids=[str(row) for row in range(len(vectors))], values=vectors)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are other there")
@pytest.mark.parametrize("how", ["query_many", "query"])
def test_ctrl_c_ends_the_statement_on_the_server(
    client: Client, dsn: str, make_index: Callable[..., str], how: str
) -> None:
    name = make_index(dimensions=64, metric="euclidean", hnsw=False)
    vectors = [
        Vector(str(row), [row % 97 + column for column in range(64)]) for row in range(5_000)
    ]
    client.index(name).upsert(vectors)
    named = make_conninfo(dsn, application_name="interrupted")
    program = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, named, name, how],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    running = (
        "select count(*) from pg_stat_activity where application_name = 'interrupted'"
        " and state = 'active' and query like '%pgvectorize.query%'"
    )
    wanted = 3 if how == "query_many" else 1

    def count(own: Any) -> int:
        return int(own.execute(running).fetchone()[0])

    with psycopg.connect(variants.straight(dsn), autocommit=True) as own:
        try:
            for _ in range(600):
                if count(own) >= wanted:
                    break
                time.sleep(0.05)
            else:
                raise AssertionError("the statements did not begin")
            time.sleep(0.2)
            program.send_signal(signal.SIGINT)
            ended = time.monotonic() + 1.5
            while count(own) and time.monotonic() < ended:
                time.sleep(0.02)
            assert count(own) == 0
            _, errors = program.communicate(timeout=10)
            assert "KeyboardInterrupt" in errors
        finally:
            program.kill()
            program.communicate()
