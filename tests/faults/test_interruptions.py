"""Calls that are cancelled, time out, or lose their connection; what comes after them works."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool

import pgvectorize
from pgvectorize import (
    AsyncClient,
    Client,
    ConnectionFailed,
    DatabaseError,
    Index,
    PgVectorizeError,
)
from pgvectorize.plans import Copy, Plan
from pgvectorize.transfer import export_vectors, import_vectors
from tests.faults.proxy import proxy
from tests.faults.rows import BIG, row, rows, values
from tests.faults.server import OwnServer, wait_for_end, wait_until
from tests.faults.state import check, versions
from tests.faults.test_kill import BEFORE, locked_row
from tests.faults.worker import ADDED, INDEX, LOADED, OTHER, STORED, bulk_load, given, long_upsert
from tests.tally import Tally

pytestmark = pytest.mark.slow

NEW = [row(number, 1) for number in (STORED - 1, STORED, STORED + 1)]
WAITS = """
    select pid from pg_stat_activity
    where wait_event_type = 'Lock' and backend_type = 'client backend'
"""

# What waits for the last row to be unlocked, or for the table.
CALLS: dict[str, Callable[[Index], object]] = {
    "upsert": lambda index: index.upsert(NEW),
    "long upsert": lambda index: long_upsert(index),
    "patch": lambda index: index.update_metadata({"color": "patched"}, namespace=BIG),
    "delete": lambda index: index.delete(filter={"number": {"$gte": 0}}),
    "bulk load": lambda index: bulk_load(index),
    "build": lambda index: index.build(**OTHER, concurrently=False),
    "drop_hnsw": lambda index: index.drop_hnsw(),
    "truncate": lambda index: index.truncate(),
}


def index_color(index: Index) -> object:
    return index.create_metadata_index("color", "string")


@pytest.fixture(params=CALLS)
def call(request: pytest.FixtureRequest) -> Callable[[Index], object]:
    return CALLS[request.param]


def is_whole(own: OwnServer, client: Client, wanted: dict[int, int] = BEFORE) -> None:
    """Nothing was changed, and the client whose call failed is as good as before."""
    assert versions(client, INDEX) == wanted
    assert client.index(INDEX).upsert([row(0, 0)]).count == 1
    check(own.dsn)


@pytest.mark.parametrize(
    ("setting", "sqlstate"), [("statement_timeout", "57014"), ("lock_timeout", "55P03")]
)
def test_a_timeout_of_the_dsn_ends_a_call_with_a_hint_and_changes_nothing(
    shared: OwnServer, tally: Tally, call: Callable[[Index], object], setting: str, sqlstate: str
) -> None:
    dsn = make_conninfo(shared.dsn, options=f"-c {setting}=300")
    with pgvectorize.connect(dsn, max_size=1) as client:
        with locked_row(shared.dsn), pytest.raises(DatabaseError) as caught:
            call(client.index(INDEX))
        assert (caught.value.sqlstate, setting in (caught.value.hint or "")) == (sqlstate, True)
        is_whole(shared, client)
    tally.add(f"{setting} amid a call", calls=1, lost=0)


@pytest.mark.parametrize(
    ("setting", "sqlstate"), [("statement_timeout", "57014"), ("lock_timeout", "55P03")]
)
@pytest.mark.parametrize("face", ["own function", "filter", "many", "count", "page", "by id"])
def test_a_timeout_of_the_dsn_ends_a_query_with_a_hint(
    shared: OwnServer, setting: str, sqlstate: str, face: str
) -> None:
    vector = values(5, 0)
    ask: dict[str, Callable[[Index], object]] = {
        "own function": lambda index: index.query(vector),
        "filter": lambda index: index.query(vector, filter={"color": "red"}),
        "many": lambda index: index.query_many([vector, vector]),
        "count": lambda index: index.count(),
        "page": lambda index: index.list_vectors(),
        "by id": lambda index: index.query_by_id("v00005"),
    }
    dsn = make_conninfo(shared.dsn, options=f"-c {setting}=300")
    with pgvectorize.connect(dsn, max_size=1) as client, psycopg.connect(shared.dsn) as other:
        index = client.index(INDEX)
        assert index.count() == STORED  # the handshake is done
        other.execute("lock table pgvectorize_data.docs")
        with pytest.raises(DatabaseError) as caught:
            ask[face](index)
        assert (caught.value.sqlstate, setting in (caught.value.hint or "")) == (sqlstate, True)
        other.rollback()
        assert ask[face](index)


def test_a_concurrent_build_is_not_bound_by_the_timeouts(shared: OwnServer) -> None:
    """It takes as long as it takes; afterwards the session's timeouts hold again."""
    dsn = make_conninfo(shared.dsn, options="-c statement_timeout=150")
    with pgvectorize.connect(dsn, max_size=1) as client:
        index = client.index(INDEX)
        with psycopg.connect(shared.dsn) as writer, ThreadPoolExecutor(1) as elsewhere:
            Client(writer).index(INDEX).upsert([row(STORED + 5, 1)])
            build = elsewhere.submit(index.build, rebuild=True)
            pid = wait_until(
                shared.dsn,
                "select pid from pg_stat_progress_create_index where phase ~ '^waiting'",
            )
            wait_until(
                shared.dsn,
                "select pid from pg_stat_activity"
                f" where pid = {pid} and clock_timestamp() > query_start + interval '300 ms'",
            )
            writer.rollback()
            assert build.result(timeout=30).is_built
        with locked_row(shared.dsn), pytest.raises(DatabaseError, match="statement timeout"):
            index.upsert(NEW)
        is_whole(shared, client)


def test_without_atomic_any_error_tells_what_was_written(own: OwnServer) -> None:
    impatient = make_conninfo(own.dsn, options="-c lock_timeout=100ms")
    given = [row(STORED, 1), row(STORED + 1, 1), row(STORED - 1, 1)]
    with pgvectorize.connect(impatient) as client:
        index = client.index(INDEX)
        with locked_row(own.dsn), pytest.raises(DatabaseError) as refusal:
            index.upsert(given, batch_size=1, atomic=False)
        assert refusal.value.sqlstate == "55P03"
        assert "nothing of this batch was written" in (refusal.value.hint or "")
        assert "The 2 rows in the batches before this one were written." in (
            refusal.value.hint or ""
        )
        assert [each.id for each in index.get_by_ids([each.id for each in given[:2]])] == [
            each.id for each in given[:2]
        ]


@pytest.mark.parametrize("how", ["cancel", "terminate"])
def test_what_an_administrator_ends_changes_nothing(
    shared: OwnServer, tally: Tally, call: Callable[[Index], object], how: str
) -> None:
    with (
        pgvectorize.connect(shared.dsn, max_size=1) as client,
        ThreadPoolExecutor(1) as elsewhere,
        locked_row(shared.dsn),
    ):
        running = elsewhere.submit(call, client.index(INDEX))
        pid = wait_until(shared.dsn, WAITS)
        with psycopg.connect(shared.dsn, autocommit=True) as administrator:
            administrator.execute(f"select pg_{how}_backend({pid})".encode())
        with pytest.raises(DatabaseError if how == "cancel" else ConnectionFailed) as caught:
            running.result(timeout=30)
        assert caught.value.hint
        assert caught.value.sqlstate == {"cancel": "57014", "terminate": "57P01"}[how]
        is_whole(shared, client)
    tally.add(f"pg_{how}_backend amid a call", calls=1, lost=0)


def test_a_borrowed_connection_whose_server_process_dies_amid_copy_is_closed(
    shared: OwnServer, tally: Tally
) -> None:
    """psycopg alone left one in fifteen as if in use, with blocks as small as these."""
    with psycopg.connect(shared.dsn, autocommit=True) as administrator:
        for _ in range(100):
            with psycopg.connect(shared.dsn, autocommit=True) as victim:
                victim.execute("create temp table copied (line text)")

                def dying(pid: int = victim.info.backend_pid) -> Iterator[bytes]:
                    for block in range(60):
                        if block == 30:
                            administrator.execute("select pg_terminate_backend(%s)", [pid])
                        yield b"c" * 7_000 + b"\n"

                def plan(blocks: Iterator[bytes]) -> Plan[None]:
                    yield Copy("copy pg_temp.copied from stdin", blocks)

                with pytest.raises(ConnectionFailed):
                    Client(victim)._run(plan(dying()))
                assert victim.closed
    tally.add("pg_terminate_backend amid COPY", calls=100, lost=0)


def test_a_task_that_is_cancelled_changes_nothing_and_its_connection_can_be_used(
    shared: OwnServer, tally: Tally
) -> None:
    async def main() -> None:
        async with await AsyncClient.connect(shared.dsn, max_size=1) as client:
            index = client.index(INDEX)
            for call in (
                lambda: index.upsert(NEW),
                lambda: index.upsert(given(STORED // 2, ADDED), batch_size=100),
                lambda: index.bulk_load(given(STORED // 2, LOADED), rebuild=True),
                lambda: index.update_metadata({"color": "patched"}, namespace=BIG),
                lambda: index.drop_hnsw(),
            ):
                with locked_row(shared.dsn):
                    task = asyncio.create_task(call())
                    await asyncio.to_thread(wait_until, shared.dsn, WAITS)
                    task.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await task
                    tally.add("an asyncio task cancelled amid a call", calls=1, lost=0)
                assert (await index.query(values(1, 0), top_k=1)).matches[0].id == "v00001"
            ask = asyncio.create_task(
                index.query_many([values(number, 0) for number in range(300)], exact=True)
            )
            await asyncio.sleep(0.05)
            ask.cancel()
            await asyncio.gather(ask, return_exceptions=True)
            assert (await index.query(values(1, 0), top_k=1)).count == 1

    asyncio.run(main())
    with pgvectorize.connect(shared.dsn) as client:
        is_whole(shared, client)


def test_a_concurrent_build_that_is_cancelled_leaves_no_settings_behind(own: OwnServer) -> None:
    async def main() -> None:
        dsn = make_conninfo(own.dsn, options="-c statement_timeout=30s")
        async with await AsyncClient.connect(dsn, max_size=1) as client:
            with psycopg.connect(own.dsn) as reader:
                reader.execute("set transaction isolation level repeatable read")
                reader.execute("select 1")
                task = asyncio.create_task(client.index(INDEX).build(**OTHER))
                await asyncio.to_thread(wait_until, own.dsn, WAITS)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            assert isinstance(client._source, AsyncConnectionPool)
            async with client._source.connection() as connection:
                changed = await connection.execute(
                    "select name from pg_settings where source = 'session'"
                    " and name in ('statement_timeout', 'lock_timeout', 'maintenance_work_mem',"
                    " 'min_parallel_table_scan_size', 'max_parallel_maintenance_workers')"
                )
                assert await changed.fetchall() == []
                timeout = await (await connection.execute("show statement_timeout")).fetchone()
                assert timeout == ("30s",)

    asyncio.run(main())
    with psycopg.connect(own.dsn) as connection:
        assert connection.execute("select from pg_index where not indisvalid").fetchall() == []


@pytest.mark.parametrize("options", [["build", INDEX, "--m", "24"], ["import", INDEX, "--file"]])
def test_the_command_line_ends_at_an_interrupt_and_changes_nothing(
    shared: OwnServer, tally: Tally, tmp_path: Path, options: list[str]
) -> None:
    if options[-1] == "--file":
        with pgvectorize.connect(shared.dsn) as client:
            client.create_index("source", dimensions=16, metric="euclidean", hnsw=False)
            client.index("source").upsert(given(STORED // 2, ADDED))
            export_vectors(client, "source", tmp_path / "rows.ndjson")
            client.delete_index("source")
        options = [*options, str(tmp_path / "rows.ndjson")]
    # a writer, for whose end a concurrent build waits
    with psycopg.connect(shared.dsn) as connection:
        Client(connection).index(INDEX).upsert([row(STORED - 1, 9)])
        command = subprocess.Popen(
            [sys.executable, "-m", "pgvectorize", *options, "--dsn", shared.dsn],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # in the background of a shell it is ignored, and a child inherits that
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        pid = wait_until(shared.dsn, WAITS)
        command.send_signal(signal.SIGINT)
        output = command.communicate(timeout=30)
        connection.rollback()
    assert command.returncode == 1, output
    assert "Traceback" not in output[1]
    wait_for_end(shared.dsn, pid)
    with pgvectorize.connect(shared.dsn) as client:
        client.index(INDEX).build()  # which mends what a build may have left
        is_whole(shared, client)
    tally.add("Ctrl-C amid a command", calls=1, lost=0)


def test_an_import_that_ends_before_its_first_batch_is_resumed_with_an_hnsw_index(
    shared: OwnServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "rows.ndjson"
    with pgvectorize.connect(shared.dsn) as client:
        export_vectors(client, INDEX, file)
        with monkeypatch.context() as patched:
            patched.setattr(Index, "upsert", killed)
            with pytest.raises(KeyboardInterrupt):
                import_vectors(client, "new", file, atomic=False, create="euclidean")
        assert import_vectors(client, "new", file, resume=True).written == STORED
        assert client.get_index("new").has_hnsw
        assert versions(client, "new") == BEFORE
        client.delete_index("new")


def killed(*args: object, **kwargs: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("after", [20_000, 50_000, 80_000])
@pytest.mark.parametrize("write", [long_upsert, bulk_load])
def test_a_connection_that_is_cut_inside_a_copy_changes_nothing(
    shared: OwnServer, tally: Tally, write: Callable[[Index], object], after: int
) -> None:
    with proxy(shared) as between, pgvectorize.connect(between.dsn, max_size=1) as client:
        between.cut_after = after
        with pytest.raises(ConnectionFailed) as caught:
            write(client.index(INDEX))
        assert caught.value.hint
        between.cut_after = None
        wait_until(
            shared.dsn,
            "select 1 where not exists (select from pg_stat_activity where query ~ '^copy')",
        )
        assert versions(client, INDEX) == BEFORE
        is_whole(shared, client)
    tally.add("a connection cut inside COPY", calls=1, lost=0)


def test_a_server_that_does_not_answer_is_given_up_in_time(shared: OwnServer) -> None:
    """With what docs/reliability.md says to set; without it a client waits for minutes."""
    with proxy(shared) as between:
        dsn = make_conninfo(between.dsn, connect_timeout=2, tcp_user_timeout=1_000)
        with pgvectorize.connect(dsn, max_size=1, timeout=3) as client:
            assert client.index(INDEX).count() == STORED
            between.hang()
            with pytest.raises(ConnectionFailed):
                pgvectorize.connect(dsn)


def test_an_exhausted_pool_says_so_and_recovers(shared: OwnServer) -> None:
    with (
        pgvectorize.connect(shared.dsn, max_size=1, timeout=0.3) as client,
        ThreadPoolExecutor(1) as elsewhere,
    ):
        index = client.index(INDEX)
        with locked_row(shared.dsn):
            long = elsewhere.submit(index.upsert, [row(STORED - 1, 0)])
            wait_until(shared.dsn, WAITS)
            with pytest.raises(ConnectionFailed) as caught:
                index.count()
            assert "pool large enough" in (caught.value.hint or "")
        assert long.result(timeout=30).count == 1
        assert index.count() == STORED


def test_after_a_restart_only_a_call_that_meets_a_dead_connection_fails(
    own: OwnServer, tally: Tally
) -> None:
    connections = 4
    with pgvectorize.connect(own.dsn, min_size=connections, max_size=connections) as client:
        index = client.index(INDEX)
        for stop in (own.restart, own.crash):
            stop()
            failed = 0
            for _ in range(20):
                try:
                    assert index.query(values(5, 0), top_k=1).matches[0].id == "v00005"
                except ConnectionFailed:
                    failed += 1
            assert failed <= 1
            tally.add(
                f"a server restarted under a pool of {connections}",
                restarts=1, calls=20, calls_that_failed=failed, lost=0,
            )  # fmt: skip
        assert versions(client, INDEX) == BEFORE


def test_after_a_restart_an_asyncio_client_goes_on_too(own: OwnServer) -> None:
    async def main() -> None:
        async with await AsyncClient.connect(own.dsn, min_size=4, max_size=4) as client:
            await asyncio.to_thread(own.restart)
            failed = 0
            for _ in range(20):
                try:
                    await client.index(INDEX).count()
                except ConnectionFailed:
                    failed += 1
            assert failed <= 1

    asyncio.run(main())


def test_a_server_that_is_down_is_named_and_found_again_when_it_is_up(own: OwnServer) -> None:
    with pgvectorize.connect(own.dsn, max_size=2, timeout=1) as client:
        own.stop()
        for _ in range(3):
            with pytest.raises(ConnectionFailed) as caught:
                client.index(INDEX).count()
            assert caught.value.hint
        own.start()
        for attempt in range(30):
            try:
                assert client.index(INDEX).count() == STORED
                break
            except ConnectionFailed:
                assert attempt < 29
        with pytest.raises(ConnectionFailed):
            pgvectorize.connect(make_conninfo(own.dsn, host="/nowhere"))


def test_a_read_only_server_reads_and_refuses_to_write(shared: OwnServer) -> None:
    dsn = make_conninfo(shared.dsn, options="-c default_transaction_read_only=on")
    with pgvectorize.connect(dsn, max_size=1) as client:
        index = client.index(INDEX)
        assert index.query(values(5, 0), top_k=1).matches[0].id == "v00005"
        assert index.query(values(5, 0), top_k=1, filter={"color": "red"}).count == 1
        assert index.get_by_ids(["v00005"])
        assert index.count() == STORED
        for call in [*CALLS.values(), index_color]:
            with pytest.raises(PgVectorizeError) as caught:
                call(index)
            assert caught.value.sqlstate == "25006"
    with pgvectorize.connect(shared.dsn) as client:
        is_whole(shared, client)


def test_a_repeated_upsert_changes_nothing(shared: OwnServer, tally: Tally) -> None:
    """What a caller may do who does not know whether a call was committed."""
    with pgvectorize.connect(shared.dsn) as client:
        again = rows(0, STORED, 0)
        assert client.index(INDEX).upsert(again).count == STORED
        with psycopg.connect(shared.dsn, autocommit=True) as connection:
            before = connection.execute("select min(xmin::text::bigint) from pgvectorize_data.docs")
            oldest = before.fetchone()
            client.index(INDEX).upsert(again)
            after = connection.execute("select min(xmin::text::bigint) from pgvectorize_data.docs")
            assert after.fetchone() == oldest
        is_whole(shared, client)
