"""A streaming standby: it reads as the primary does, and writes are refused clearly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from click.testing import CliRunner
from psycopg.conninfo import make_conninfo

import pgvectorize
from pgvectorize import AsyncClient, Client, PgVectorizeError, ReadOnly, schema, transfer
from pgvectorize.cli import main
from tests.contract.faces import SqlFace, client_face
from tests.faults.server import OwnServer, _run, give, own_server, wait_until

pytestmark = pytest.mark.slow

ROWS, DIMENSIONS = 400, 16
VALUES = np.random.default_rng(7).normal(size=(ROWS, DIMENSIONS)).astype(np.float32)
FILTER = {"n": {"$gte": 100, "$lt": 200}, "odd": True}

READS: dict[str, Callable[[Any], Any]] = {
    "query": lambda face: face.query("docs", VALUES[3], top_k=7),
    "query for all": lambda face: face.query(
        "docs", VALUES[3], top_k=50, return_values=True, return_metadata="all", offset=3
    ),
    "query with a filter": lambda face: face.query("docs", VALUES[3], top_k=60, filter=FILTER),
    "query of a namespace": lambda face: face.query("docs", VALUES[3], namespace="n1", top_k=9),
    "exact query": lambda face: face.query("docs", VALUES[3], exact=True),
    "query that is counted": lambda face: face.query("counted", [1, 2]),
    "query_by_id": lambda face: face.query_by_id("docs", "v007", top_k=9, filter=FILTER),
    "query_many": lambda face: face.query_many("docs", VALUES[:20], top_k=3),
    "get_by_ids": lambda face: face.get_by_ids("docs", ["v009", "v003", "none"]),
    "list_vectors": lambda face: every_page(face, return_values=True, return_metadata="all"),
    "list_vectors with a filter": lambda face: every_page(face, filter=FILTER, namespace="n2"),
    "count": lambda face: [face.count("docs"), face.count("docs", filter=FILTER)],
    "facets": lambda face: [face.facets("docs", "odd"), face.facets("docs", "n", buckets=4)],
    "list_namespaces": lambda face: face.list_namespaces("docs"),
    "list_metadata_indexes": lambda face: face.list_metadata_indexes("docs"),
    "list_namespace_indexes": lambda face: face.list_namespace_indexes("docs"),
    "describe": lambda face: [face.describe("docs"), face.describe("docs", exact=True)],
    "get_index": lambda face: [face.get_index("docs"), face.list_indexes()],
    "usage": lambda face: face.usage(),
    "limits and presets": lambda face: [face.limits(), face.presets()],
    "recall": lambda face: [
        (point.ef_search, point.recall)
        for point in face.recall("docs", vectors=VALUES[:5] + 0.1, store=False)
    ],
    "build_progress": lambda face: face.build_progress("docs"),
}

WRITES: dict[str, Callable[[Any], Any]] = {
    "insert": lambda face: face.insert("docs", [("new", VALUES[0])]),
    "upsert": lambda face: face.upsert("docs", [("new", VALUES[0])]),
    "update_metadata": lambda face: face.update_metadata("docs", {"x": 1}, ids=["v001"]),
    "update_metadata by filter": lambda face: face.update_metadata("docs", {"x": 1}, filter=FILTER),
    "delete_by_ids": lambda face: face.delete_by_ids("docs", ["v001"]),
    "delete": lambda face: face.delete("docs", filter=FILTER),
    "delete_namespace": lambda face: face.delete_namespace("docs", "n1"),
    "truncate": lambda face: face.truncate("docs"),
    "create_index": lambda face: face.create_index("new", dimensions=2, metric="cosine"),
    "update_index": lambda face: face.update_index("docs", description="new"),
    "rename": lambda face: face.update_index("docs", new_name="new"),
    "delete_index": lambda face: face.delete_index("docs"),
    "create_metadata_index": lambda face: face.create_metadata_index("docs", "new", "string"),
    "delete_metadata_index": lambda face: face.delete_metadata_index("docs", "n"),
    "create_namespace_index": lambda face: face.create_namespace_index("docs", "n2"),
    "delete_namespace_index": lambda face: face.delete_namespace_index("docs", "n1"),
    "build": lambda face: face.build("docs", m=8),
    "drop_hnsw": lambda face: face.drop_hnsw("docs"),
}
PYTHON_WRITES: dict[str, Callable[[Any], Any]] = {
    "a long upsert": lambda face: face.upsert(
        "docs", ((f"new{row}", VALUES[row]) for row in range(300)), batch_size=50
    ),
    "a long upsert of an empty index": lambda face: face.upsert(
        "empty", ((f"new{row}", [row, 1]) for row in range(300)), batch_size=50
    ),
    "bulk_load": lambda face: face.bulk_load("docs", [("new", VALUES[0])]),
    "grant": lambda face: face.grant("pg_monitor", "reader"),
    "vacuum": lambda face: face.vacuum("docs"),
}


def every_page(face: Any, **options: Any) -> list[Any]:
    pages = [face.list_vectors("docs", count=90, **options)]
    while pages[-1].is_truncated:
        pages.append(face.list_vectors("docs", count=90, cursor=pages[-1].next_cursor, **options))
    return [pages[0].total_count, *(vector for page in pages for vector in page.vectors)]


def standby_of(primary: OwnServer, folder: Path) -> OwnServer:
    """Copy a running server into a standby of it, which is not started yet."""
    give(folder)
    standby = OwnServer(folder)
    _run(
        "pg_basebackup", "--dbname", primary.dsn, "--pgdata", str(standby.data),
        "--checkpoint=fast", "--write-recovery-conf", "--create-slot", "--slot=standby",
    )  # fmt: skip
    return standby


def catch_up(primary: OwnServer, standby: OwnServer) -> None:
    """Wait until the standby has all that the primary has now."""
    with psycopg.connect(primary.dsn) as connection:
        ((place,),) = connection.execute("select pg_current_wal_lsn()").fetchall()
    wait_until(standby.dsn, f"select 1 where pg_last_wal_replay_lsn() >= '{place}'")


def both(first: OwnServer, second: OwnServer, **options: str) -> str:
    """The DSN of two servers."""
    return make_conninfo(
        first.dsn, host=f"{first.folder},{second.folder}", connect_timeout="5", **options
    )


@pytest.fixture(scope="module")
def primary() -> Iterator[OwnServer]:
    with own_server() as server:
        server.start()
        schema.migrate(server.dsn)
        with pgvectorize.connect(server.dsn) as client:
            client.create_index("docs", dimensions=DIMENSIONS, metric="cosine")
            docs = client.index("docs")
            docs.create_metadata_index("n", "number")
            docs.upsert(
                ids=[f"v{row:03}" for row in range(ROWS)],
                values=VALUES,
                namespaces=[f"n{row % 3}" for row in range(ROWS)],
                metadata=[{"n": row, "odd": row % 2 == 1} for row in range(ROWS)],
            )
            docs.create_namespace_index("n1")
            client.create_index("empty", dimensions=2, metric="euclidean")
            client.create_index("counted", dimensions=2, metric="euclidean")
            client.index("counted").upsert([("a", [1, 2])])
            client.update_index("counted", count_queries=True)
        yield server


@pytest.fixture(scope="module")
def standby(primary: OwnServer) -> Iterator[OwnServer]:
    with own_server() as placeholder:  # for its folder, which is removed in the end
        folder = placeholder.folder / "standby"
        folder.mkdir()
        server = standby_of(primary, folder)
        try:
            server.start()
            catch_up(primary, server)
            yield server
        finally:
            server.stop()


@contextmanager
def faces(dsn: str) -> Iterator[dict[str, Any]]:
    """The three, connected to a server."""
    loop = asyncio.new_event_loop()

    def wait(result: object) -> object:
        return loop.run_until_complete(result) if asyncio.iscoroutine(result) else result

    with ExitStack() as stack:
        stack.callback(loop.close)
        stack.callback(lambda: loop.run_until_complete(loop.shutdown_asyncgens()))
        client = stack.enter_context(Client.connect(dsn))
        async_client = loop.run_until_complete(AsyncClient.connect(dsn))
        stack.callback(lambda: loop.run_until_complete(async_client.close()))
        connection = stack.enter_context(psycopg.connect(dsn, autocommit=True))
        yield {
            "blocking": client_face(client, dsn),
            "async": client_face(async_client, dsn, wait),
            "sql": SqlFace(connection, dsn),
        }


@pytest.fixture(scope="module")
def on_primary(primary: OwnServer) -> Iterator[dict[str, Any]]:
    with faces(primary.dsn) as found:
        yield found


@pytest.fixture(scope="module")
def on_standby(standby: OwnServer) -> Iterator[dict[str, Any]]:
    with faces(standby.dsn) as found:
        yield found


# Reading


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("face", ["blocking", "async", "sql"])
def test_a_standby_answers_as_the_primary(
    face: str,
    read: str,
    primary: OwnServer,
    standby: OwnServer,
    on_primary: dict[str, Any],
    on_standby: dict[str, Any],
) -> None:
    wanted = READS[read](on_primary[face])
    catch_up(primary, standby)
    found = READS[read](on_standby[face])
    assert found or read == "build_progress"
    assert found == wanted


@pytest.mark.parametrize("face", ["blocking", "async"])
def test_a_standby_is_iterated_over_and_exported(
    face: str,
    on_primary: dict[str, Any],
    on_standby: dict[str, Any],
    standby: OwnServer,
    tmp_path: Path,
) -> None:
    assert len(on_standby[face].iterate("docs")) == ROWS
    assert on_standby[face].iterate("docs") == on_primary[face].iterate("docs")
    with pgvectorize.connect(standby.dsn) as client:
        transfer.export_vectors(client, "docs", tmp_path / "docs.ndjson")
    assert len((tmp_path / "docs.ndjson").read_text().splitlines()) == ROWS


def test_queries_of_a_standby_are_not_counted(
    primary: OwnServer, standby: OwnServer, on_standby: dict[str, Any]
) -> None:
    def counted() -> int:
        with pgvectorize.connect(primary.dsn) as client:
            return sum(month.queried_vectors or 0 for month in client.usage("counted"))

    before = counted()
    for face in on_standby.values():
        assert face.query("counted", [1, 2]).count == 1
    assert counted() == before


def test_the_command_line_reads_from_a_standby(standby: OwnServer) -> None:
    def run(*arguments: str) -> Any:
        result = CliRunner().invoke(main, ["--dsn", standby.dsn, *arguments, "--json"])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    assert run("query", "docs", "--vector-id", "v003")["count"] == 5
    assert run("explain", "docs", "--vector-id", "v003")
    assert run("stats", "docs")
    assert run("size", "--vectors", "1000", "--dimensions", "16")
    assert run("current")["upToDate"]
    doctor = CliRunner().invoke(main, ["--dsn", standby.dsn, "doctor", "--json"])
    assert isinstance(json.loads(doctor.stdout), list)


# Writing


def not_refused(face: Any, writes: dict[str, Callable[[Any], Any]]) -> dict[str, str]:
    """Try to write; return what became of those that were not refused as they should be."""
    wrong = {}
    for name, write in writes.items():
        try:
            write(face)
            wrong[name] = "nothing was raised"
        except ReadOnly as error:
            if "target_session_attrs=read-write" not in str(error.hint):
                wrong[name] = str(error.hint)
        except PgVectorizeError as error:
            wrong[name] = repr(error)
    return wrong


@pytest.mark.parametrize("face", ["blocking", "async", "sql"])
def test_a_write_on_a_standby_is_refused(
    face: str, on_primary: dict[str, Any], on_standby: dict[str, Any]
) -> None:
    before = on_primary["blocking"].list_indexes()
    assert not_refused(on_standby[face], WRITES if face == "sql" else WRITES | PYTHON_WRITES) == {}
    assert on_primary["blocking"].list_indexes() == before


@pytest.mark.parametrize("face", ["blocking", "async", "sql"])
def test_a_write_in_a_read_only_database_is_refused(face: str, primary: OwnServer) -> None:
    writes = WRITES if face == "sql" else WRITES | PYTHON_WRITES
    writes = {name: write for name, write in writes.items() if name != "vacuum"}
    with faces(make_conninfo(primary.dsn, options="-c default_transaction_read_only=on")) as found:
        assert not_refused(found[face], writes) == {}
        assert found[face].query("docs", VALUES[0]).count == 5


def test_what_is_measured_is_not_stored_on_a_standby(on_standby: dict[str, Any]) -> None:
    for face in on_standby.values():
        with pytest.raises(PgVectorizeError, match="read-only"):
            face.recall("docs", queries=2)
        with pytest.raises(PgVectorizeError, match="read-only"):
            face.tune("docs", 0.5, queries=2)


def test_a_standby_is_not_migrated(standby: OwnServer, primary: OwnServer) -> None:
    assert schema.migrate(standby.dsn) == (schema.wanted(), schema.wanted())  # nothing to do
    with own_server() as empty:
        empty.start()
        with psycopg.connect(empty.dsn, autocommit=True) as connection:
            connection.execute("create extension vector")
            connection.execute("alter system set default_transaction_read_only = on")
            connection.execute("select pg_reload_conf()")
        wait_until(empty.dsn, "select 1 where current_setting('transaction_read_only')::bool")
        with pytest.raises(ReadOnly) as caught:
            schema.migrate(empty.dsn)
        assert "read-write" in str(caught.value.hint)


# One DSN for both


@pytest.mark.parametrize("first", ["standby", "primary"])
def test_a_dsn_of_both_finds_the_one_that_is_wanted(
    first: str, primary: OwnServer, standby: OwnServer
) -> None:
    pair = (standby, primary) if first == "standby" else (primary, standby)

    def is_standby(dsn: str) -> bool:
        with psycopg.connect(dsn) as connection:
            return connection.execute("select pg_is_in_recovery()").fetchone() == (True,)

    async def write_async(dsn: str) -> int:
        async with await AsyncClient.connect(dsn) as client:
            return (await client.index("empty").upsert([("a", [1, 2])])).count

    writing = both(*pair, target_session_attrs="read-write")
    reading = both(*pair, target_session_attrs="prefer-standby")
    assert not is_standby(writing)
    assert is_standby(reading)

    with pgvectorize.connect(writing) as client:
        assert client.index("empty").upsert([("a", [1, 2])]).count == 1
    assert asyncio.run(write_async(writing)) == 1
    catch_up(primary, standby)
    with pgvectorize.connect(reading) as client:
        assert client.index("empty").query([1, 2]).count == 1
        with pytest.raises(ReadOnly):
            client.index("empty").upsert([("b", [1, 2])])
    cli = CliRunner().invoke(main, ["--dsn", writing, "delete-vectors", "empty", "--ids", "a"])
    assert cli.exit_code == 0, cli.output
    refused = CliRunner().invoke(main, ["--dsn", reading, "truncate", "empty", "--force"])
    assert refused.exit_code == 1
    assert "target_session_attrs=read-write" in refused.stderr


def test_after_a_promotion_the_same_client_goes_on() -> None:
    """The primary ends; the next call says so, and later ones find the new primary."""
    with own_server() as primary, own_server() as placeholder:
        primary.start()
        schema.migrate(primary.dsn)
        folder = placeholder.folder / "standby"
        folder.mkdir()
        standby = standby_of(primary, folder)
        standby.start()
        try:
            dsn = both(primary, standby, target_session_attrs="read-write")
            reading = both(primary, standby, target_session_attrs="prefer-standby")
            with pgvectorize.connect(dsn) as writer, pgvectorize.connect(reading) as reader:
                writer.create_index("docs", dimensions=2, metric="euclidean")
                writer.index("docs").upsert([("before", [1, 2])])
                catch_up(primary, standby)
                assert reader.index("docs").count() == 1
                primary.stop()
                with pytest.raises(pgvectorize.ConnectionFailed) as caught:
                    writer.index("docs").upsert([("lost", [3, 4])])
                assert caught.value.hint is not None
                assert reader.index("docs").count() == 1
                with psycopg.connect(standby.dsn) as connection:
                    connection.execute("select pg_promote()")
                for _ in range(5):  # each connection of the pool may have to learn of it
                    try:
                        assert writer.index("docs").upsert([("after", [3, 4])]).count == 1
                        break
                    except pgvectorize.ConnectionFailed:
                        continue
                else:
                    raise AssertionError("the client does not find the new primary")
                assert reader.index("docs").query([3, 4], top_k=1)[0].id == "after"
                assert writer.index("docs").build(rebuild=True).is_built
        finally:
            standby.stop()


def test_a_client_of_the_standby_writes_after_its_promotion() -> None:
    with own_server() as primary, own_server() as placeholder:
        primary.start()
        schema.migrate(primary.dsn)
        with pgvectorize.connect(primary.dsn) as client:
            client.create_index("docs", dimensions=2, metric="euclidean")
        folder = placeholder.folder / "standby"
        folder.mkdir()
        standby = standby_of(primary, folder)
        standby.start()
        try:
            with pgvectorize.connect(standby.dsn) as client:
                with pytest.raises(ReadOnly):
                    client.index("docs").upsert([("a", [1, 2])])
                primary.stop()
                with psycopg.connect(standby.dsn) as connection:
                    connection.execute("select pg_promote()")
                assert client.index("docs").upsert([("a", [1, 2])]).count == 1
                assert client.index("docs").query([1, 2])[0].id == "a"
        finally:
            standby.stop()
