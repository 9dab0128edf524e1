"""A disk that is full: a small file system, filled up, and emptied again."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

import pgvectorize
from pgvectorize import ConnectionFailed, DatabaseError, Index, PgVectorizeError, schema
from tests.faults.rows import BIG, DIMENSIONS, row, rows, values
from tests.faults.server import OwnServer, give, own_server
from tests.faults.state import check, versions
from tests.faults.test_kill import AFTER_LOAD, AFTER_UPSERT, BEFORE
from tests.faults.worker import INDEX, OTHER, STORED, bulk_load, long_upsert
from tests.tally import Tally

pytestmark = pytest.mark.slow

SIZE = 100 << 20


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 100 MB in memory."""
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: a full disk takes root, to mount a small file system")
    folder = Path(tempfile.mkdtemp(prefix="pgv-disk-"))
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "none", str(folder)]
    mounted = subprocess.run(command, check=False, capture_output=True, text=True)
    if mounted.returncode:
        folder.rmdir()
        pytest.skip(f"NOT TESTED: a full disk takes the right to mount: {mounted.stderr.strip()}")
    folder.chmod(0o755)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()


def fill(disk: Path, *, free: int) -> None:
    """Leave so many bytes."""
    found = os.statvfs(disk)
    # the server may take the last bytes meanwhile
    with suppress(OSError), (disk / "filling").open("ab", buffering=0) as filling:
        left = found.f_bavail * found.f_frsize - free
        while left > 0:
            left -= filling.write(b"x" * min(left, 1 << 20))


def empty(disk: Path) -> None:
    (disk / "filling").unlink()


@pytest.fixture
def tablespace(template: OwnServer, small_disk: Path) -> Iterator[OwnServer]:
    """A server whose one database lies on the small disk, and its log of writes elsewhere."""
    with own_server(template) as server:
        server.start()
        folder = small_disk / "tablespace"
        folder.mkdir()
        give(folder)
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute(f"create tablespace small location '{folder}'".encode())
            connection.execute("create database small tablespace small")
        server.dsn = make_conninfo(server.dsn, dbname="small")
        schema.migrate(server.dsn)
        with pgvectorize.connect(server.dsn) as client:
            client.create_index(INDEX, dimensions=DIMENSIONS, metric="euclidean")
            client.index(INDEX).bulk_load(rows(0, STORED, 0))
        yield server


def large_upsert(index: Index) -> object:
    return index.upsert([row(number, 1) for number in range(STORED // 2, 1_100)])


LARGE: dict[int, int] = AFTER_UPSERT
CALLS: dict[str, tuple[Callable[[Index], object], dict[int, int]]] = {
    "upsert": (large_upsert, LARGE),
    "long upsert": (long_upsert, AFTER_UPSERT),
    "bulk load": (bulk_load, AFTER_LOAD),
    "build": (lambda index: index.build(**OTHER), BEFORE),
    "build in a transaction": (
        lambda index: index.build(**OTHER, concurrently=False),
        BEFORE,
    ),
    "build that outgrows its memory": (
        lambda index: index.build(rebuild=True, memory="1MB", workers=0),
        BEFORE,
    ),
    "namespace index": (lambda index: index.create_namespace_index(BIG), BEFORE),
    "metadata index": (lambda index: index.create_metadata_index("color", "string"), BEFORE),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_full_disk_is_named_changes_nothing_and_is_worked_on_again_once_there_is_room(
    tablespace: OwnServer, small_disk: Path, tally: Tally, call: str
) -> None:
    work, after = CALLS[call]
    with pgvectorize.connect(tablespace.dsn, max_size=1) as client:
        index = client.index(INDEX)
        index.query(values(1, 0))
        fill(small_disk, free=16 << 10)
        with pytest.raises(DatabaseError) as caught:
            work(index)
        assert caught.value.sqlstate == "53100"
        assert "disk is full" in (caught.value.hint or "")
        # what is there can be read all the while
        assert index.query(values(5, 0), top_k=1).matches[0].id == "v00005"
        assert versions(client, INDEX) == BEFORE
        empty(small_disk)
        check(tablespace.dsn, is_mended=False)
        work(index)
        assert versions(client, INDEX) == after
    check(tablespace.dsn)
    tally.add("a full disk", calls=1, stored_rows=STORED, lost=0)


def test_a_disk_that_is_full_of_the_log_stops_the_server_and_loses_nothing(
    template: OwnServer, small_disk: Path, tally: Tally
) -> None:
    """Postgres cannot go on without its log: it stops, until there is room."""
    with own_server(template, parent=small_disk) as server:
        server.start()
        acknowledged = dict(BEFORE)
        version = 0
        with pgvectorize.connect(server.dsn, max_size=1, timeout=2) as client:
            index = client.index(INDEX)
            fill(small_disk, free=2 << 20)
            failure: PgVectorizeError | None = None
            while failure is None:
                version += 1
                numbers = range(version % 9 * 100, version % 9 * 100 + 100)
                try:
                    index.upsert([row(number, version) for number in numbers])
                    acknowledged |= dict.fromkeys(numbers, version)
                except (ConnectionFailed, DatabaseError) as error:
                    failure = error
            assert failure.hint
            empty(small_disk)
            if server.is_running():
                server.kill()
            server.start()
            in_doubt = acknowledged | dict.fromkeys(numbers, version)
        with pgvectorize.connect(server.dsn) as client:
            found = versions(client, INDEX)
            assert found in (acknowledged, in_doubt)
        check(server.dsn)
    tally.add("a disk full of the log", acknowledged_calls=version - 1, lost=0)
