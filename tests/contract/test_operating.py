"""What an operator asks and does: stats, size, doctor, vacuum, prewarm."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgvectorize import Client, DatabaseError, IndexBusy, InvalidRequest
from tests.contract.faces import Face, IterableFace
from tests.servers import Server

ROWS, DIMENSIONS = 2_000, 32
VALUES = np.random.default_rng(3).normal(size=(ROWS, DIMENSIONS)).astype(np.float32)


@pytest.fixture
def filled(client: Client, make_index: Callable[..., str]) -> str:
    name = make_index(dimensions=DIMENSIONS, metric="cosine")
    client.index(name).bulk_load(
        ids=[f"v{row:04}" for row in range(ROWS)],
        values=VALUES,
        namespaces=[f"n{row % 7}" for row in range(ROWS)],
    )
    return name


@pytest.fixture
def dead_counted(client: Client, counted: Callable[..., None]) -> Callable[[str, int], None]:
    """Wait until Postgres' counters know of so many dead rows."""
    return lambda index, dead: counted(lambda: client.index(index).stats().dead_rows >= dead)


# stats


def test_stats_tell_rows_room_and_indexes(face: Face, client: Client, filled: str) -> None:
    client.index(filled).create_metadata_index("price", "number")
    client.index(filled).create_namespace_index("n1")
    known = face.stats(filled)
    assert (known.name, known.vector_count, known.namespace_count) == (filled, ROWS, 7)
    assert (known.is_estimate, known.has_hnsw, known.running_builds) == (False, True, 0)
    assert (known.index_precision, known.m, known.ef_construction) == ("float32", 16, 64)
    assert {(each.kind, each.subject) for each in known.indexes} == {
        ("hnsw", None),
        ("namespace", "n1"),
        ("metadata", "price"),
        ("ids", None),
        ("namespaces", None),
        ("pending", None),
    }
    assert all(each.is_valid and each.bytes > 0 for each in known.indexes)
    assert known.total_bytes == (
        known.table_bytes
        + known.toast_bytes
        + known.hnsw_bytes
        + known.namespace_hnsw_bytes
        + known.metadata_index_bytes
        + known.other_index_bytes
    )
    assert known.namespace_hnsw_bytes > 0
    assert known.bytes_per_vector == known.total_bytes // ROWS
    assert known.last_analyze is not None


def test_stats_count_scans(face: Face, client: Client, filled: str) -> None:
    def hnsw() -> Any:
        return next(each for each in face.stats(filled).indexes if each.kind == "hnsw")

    assert (hnsw().scans, hnsw().last_scan) == (0, None)
    with face.borrow(session=True) as borrowed:
        borrowed.execute("select set_config('enable_sort', 'off', false)")
        for row in range(5):
            assert borrowed.face.query(filled, VALUES[row], top_k=20).count == 20
        borrowed.execute("select pg_stat_force_next_flush()")
    assert hnsw().scans == 5
    assert hnsw().last_scan.tzinfo is not None
    ratio = face.stats(filled).hnsw_hit_ratio
    assert ratio is not None
    assert 0 < ratio <= 1


def test_stats_of_an_empty_index(face: Face, index: str) -> None:
    known = face.stats(index)
    assert (known.vector_count, known.namespace_count, known.bytes_per_vector) == (0, 0, None)
    assert (known.table_hit_ratio, known.last_vacuum, known.is_autovacuum) == (None, None, None)


def test_stats_of_an_index_without_hnsw(face: Face, client: Client, filled: str) -> None:
    client.index(filled).drop_hnsw()
    known = face.stats(filled, exact=True)
    assert (known.has_hnsw, known.hnsw_bytes, known.hnsw_hit_ratio) == (False, 0, None)


# size


@pytest.mark.parametrize(
    "options",
    [
        {"dimensions": 100},
        {"dimensions": 384, "index_precision": "float16"},
        {"dimensions": 768, "m": 32},
        {"dimensions": 768, "storage": "float16"},
        {"dimensions": 2_000, "index_precision": "binary"},
    ],
)
def test_size_is_what_an_index_takes(
    face: Face, client: Client, make_index: Callable[..., str], options: dict[str, Any]
) -> None:
    name = make_index(metric="cosine", **options)
    count = 1_500
    dimensions = options["dimensions"]
    client.index(name).bulk_load(
        ids=[f"v{row:04}" for row in range(count)],
        values=np.random.default_rng(1).normal(size=(count, dimensions)),
    )
    known = face.stats(name)
    reckoned = face.size(count, metadata_bytes=0, id_bytes=5, **options)
    assert reckoned.hnsw_bytes == pytest.approx(known.hnsw_bytes, rel=0.05)
    taken_in_advance = 2**19  # by Postgres, which extends a table by many pages at once
    assert reckoned.total_bytes == pytest.approx(known.total_bytes, rel=0.05, abs=taken_in_advance)
    assert reckoned.total_bytes == reckoned.table_bytes + reckoned.hnsw_bytes
    assert reckoned.hnsw_precision == known.index_precision


@pytest.mark.parametrize(
    ("dimensions", "length"), [(64, 300), (384, 300), (384, 1_200), (64, 5_000), (768, 5_000)]
)
def test_size_has_room_for_content(
    face: Face, client: Client, make_index: Callable[..., str], dimensions: int, length: int
) -> None:
    name = make_index(dimensions=dimensions)
    count, chance = 1_500, np.random.default_rng(1)
    texts = [chance.bytes(length // 2).hex() for _ in range(count)]  # which nothing compresses
    client.index(name).bulk_load(
        ids=[f"v{row:04}" for row in range(count)],
        values=chance.normal(size=(count, dimensions)),
        content=texts,
    )
    known = face.stats(name)
    estimated = face.size(
        count, dimensions=dimensions, metadata_bytes=0, id_bytes=5, content_bytes=length
    )
    assert estimated.total_bytes == pytest.approx(known.total_bytes, rel=0.05, abs=2**19)
    assert not {"hnsw_bloated", "table_bloated"} & {found.code for found in face.doctor(name)}


def test_size_reckons_the_memory_that_a_build_says_it_needs(
    face: Face, client: Client, make_index: Callable[..., str]
) -> None:
    name = make_index(dimensions=700)
    client.index(name).upsert(ids=["a", "b"], values=np.eye(2, 700))
    build = client.index(name).build(rebuild=True)
    reckoned = face.size(200_000, dimensions=700)
    assert reckoned.build_memory == pytest.approx(build.memory_needed * 100_000, rel=1e-3)
    assert reckoned.shared_memory > reckoned.build_memory
    assert reckoned.hnsw_bytes < reckoned.shared_buffers < 2 * reckoned.total_bytes


def test_size_of_a_preset_is_that_of_its_dimensions(face: Face) -> None:
    assert face.size(1_000, preset="openai/text-embedding-3-small") == face.size(
        1_000, dimensions=1_536
    )
    assert face.size(1_000, dimensions=3, metadata_bytes=9_000).table_bytes > 9_000_000


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "dimensions must be between 1 and 16000, got null"),
        ({"dimensions": 16_001}, "dimensions must be between 1 and 16000, got 16001"),
        ({"preset": "openai/text-embedding-3"}, 'preset "openai/text-embedding-3" is not known'),
        (
            {"preset": "openai/text-embedding-3-small", "dimensions": 3},
            "means 1536 dimensions, but 3 were given",
        ),
        ({"dimensions": 3, "m": 1}, "m must be between 2 and 100"),
        ({"dimensions": 3, "index_precision": "float8"}, 'index_precision "float8" is not known'),
        ({"dimensions": 3, "metadata_bytes": -1}, "metadata_bytes must be between 0 and"),
        ({"dimensions": 3, "content_bytes": -1}, "content_bytes must be between 0 and 1048576"),
        ({"dimensions": 3, "id_bytes": 0}, "id_bytes must be between 1 and 1024"),
    ],
)
def test_size_of_what_cannot_be_is_refused(face: Face, options: Any, says: str) -> None:
    with pytest.raises(InvalidRequest, match=says) as refusal:
        face.size(1_000, **options)
    assert refusal.value.hint


def test_size_of_no_vectors_is_refused(face: Face) -> None:
    with pytest.raises(InvalidRequest, match="vectors must be between 1 and"):
        face.size(0, dimensions=3)


# doctor; what it finds is in tests/sql/test_doctor.py


def test_the_doctor_finds_what_is_missing_and_what_fixes_it(
    face: Face, client: Client, connection: Any, filled: str
) -> None:
    def found() -> list[tuple[str, str]]:
        return [
            (each.code, each.name)
            for each in face.doctor(filled)
            if each.severity in ("error", "warning") and each.name is not None
        ]

    assert found() == []
    connection.execute(
        "do $$ begin execute 'drop index ' ||"
        " pgvectorize_private._hnsw_index(pgvectorize_private._find_index("
        f"'{filled}')); end $$"
    )
    assert found() == [("hnsw_missing", filled)]
    (finding,) = [each for each in face.doctor() if each.name == filled]
    assert (finding.severity, finding.action) == ("warning", "build")
    assert finding.arguments == {"index": filled}
    assert finding.fix == f"select pgvectorize.build(index => '{filled}');"
    client.index(filled).build()
    assert found() == []


# vacuum, which SQL has as a statement


@pytest.mark.parametrize(
    ("deleted", "rebuild", "is_built"),
    [(40, None, False), (1_000, None, True), (40, True, True), (1_000, False, False)],
)
def test_a_vacuum_removes_what_was_deleted(
    iterable_face: IterableFace,
    client: Client,
    filled: str,
    counted: Callable[..., None],
    dead_counted: Callable[[str, int], None],
    connection: Any,
    deleted: int,
    rebuild: bool | None,
    is_built: bool,
) -> None:
    connection.execute(
        f'alter table pgvectorize_data."{filled}" set (autovacuum_enabled = off)'.encode()
    )
    # what a load inserted would be counted again if it reached the counters after its analyze
    inserted = f"select pg_stat_get_tuples_inserted('pgvectorize_data.\"{filled}\"'::regclass)"
    counted(lambda: connection.execute(inserted.encode()).fetchone()[0] >= ROWS)
    connection.execute(f'analyze pgvectorize_data."{filled}"'.encode())
    client.index(filled).delete_by_ids([f"v{row:04}" for row in range(deleted)])
    dead_counted(filled, deleted)
    wait_for_snapshots(connection)
    done = iterable_face.vacuum(filled, rebuild=rebuild)  # type: ignore[attr-defined]
    assert (done.dead_rows, done.remaining_rows) == (deleted, 0)
    assert (done.build is not None) == is_built
    known = client.index(filled).stats()
    assert (known.dead_rows, known.modified_rows) == (0, 0)
    assert (known.is_autovacuum, known.is_autoanalyze) == (False, False)
    assert client.index(filled).query(VALUES[1_999], top_k=1).matches[0].id == "v1999"
    again = iterable_face.vacuum(filled)  # type: ignore[attr-defined]
    assert (again.dead_rows, again.remaining_rows, again.build) == (0, 0, None)


def wait_for_snapshots(connection: Any) -> None:
    """Wait until nobody has a snapshot that would keep dead rows, as an autovacuum may."""
    ends = time.monotonic() + 60
    while connection.execute(
        "select from pg_stat_activity where backend_xmin is not null and pid <> pg_backend_pid()"
    ).fetchone():
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_a_vacuum_after_a_rebuild_does_not_build_again(
    iterable_face: IterableFace,
    client: Client,
    filled: str,
    dead_counted: Callable[[str, int], None],
    connection: Any,
) -> None:
    connection.execute(
        f'alter table pgvectorize_data."{filled}" set (autovacuum_enabled = off)'.encode()
    )
    client.index(filled).delete_by_ids([f"v{row:04}" for row in range(1_000)])
    dead_counted(filled, 1_000)
    assert iterable_face.build(filled, rebuild=True).is_built
    wait_for_snapshots(connection)
    done = iterable_face.vacuum(filled)  # type: ignore[attr-defined]
    assert (done.dead_rows, done.remaining_rows, done.build) == (1_000, 0, None)


def test_a_vacuum_says_what_older_transactions_keep(
    iterable_face: IterableFace,
    client: Client,
    filled: str,
    dsn: str,
    dead_counted: Callable[[str, int], None],
    connection: Any,
) -> None:
    connection.execute(
        f'alter table pgvectorize_data."{filled}" set (autovacuum_enabled = off)'.encode()
    )
    with psycopg.connect(dsn) as reader:
        reader.execute("set transaction isolation level repeatable read")
        reader.execute("select 1")
        client.index(filled).delete_by_ids([f"v{row:04}" for row in range(30)])
        dead_counted(filled, 30)
        done = iterable_face.vacuum(filled, rebuild=False)  # type: ignore[attr-defined]
        assert (done.dead_rows, done.remaining_rows) == (30, 30)
    done = iterable_face.vacuum(filled, rebuild=False)  # type: ignore[attr-defined]
    assert (done.dead_rows, done.remaining_rows) == (30, 0)


def test_a_vacuum_builds_no_hnsw_index_that_was_dropped(
    iterable_face: IterableFace, client: Client, filled: str
) -> None:
    client.index(filled).drop_hnsw()
    assert iterable_face.vacuum(filled, rebuild=True).build is None  # type: ignore[attr-defined]
    assert not client.get_index(filled).has_hnsw


def test_a_vacuum_can_leave_the_statistics(iterable_face: IterableFace, filled: str) -> None:
    before = iterable_face.stats(filled)
    iterable_face.vacuum(filled, analyze=False)  # type: ignore[attr-defined]
    after = iterable_face.stats(filled)
    assert after.last_analyze == before.last_analyze
    assert after.last_vacuum is not None


def test_a_vacuum_in_a_transaction_is_refused(iterable_face: IterableFace, filled: str) -> None:
    with iterable_face.borrow() as borrowed, borrowed.transaction():
        with pytest.raises(InvalidRequest, match="cannot be part of a transaction"):
            borrowed.face.vacuum(filled)  # type: ignore[attr-defined]
        assert borrowed.face.count(filled) == ROWS


def test_a_vacuum_beside_a_build_is_refused(
    iterable_face: IterableFace, filled: str, dsn: str
) -> None:
    with psycopg.connect(dsn) as builder:
        builder.execute(
            f'lock table pgvectorize_data."{filled}" in share update exclusive mode'.encode()
        )
        with pytest.raises(IndexBusy):
            iterable_face.vacuum(filled)  # type: ignore[attr-defined]


# prewarm


@pytest.fixture
def prewarming(server: Server, dsn: str) -> Iterator[Any]:
    """Create the extensions; give a connection of who may do so, and see all buffers."""
    database = conninfo_to_dict(dsn)["dbname"]
    with psycopg.connect(make_conninfo(server.dsn, dbname=database), autocommit=True) as connection:
        if not connection.execute(
            "select from pg_available_extensions where name = 'pg_prewarm'"
        ).fetchall():
            pytest.skip("the server has no pg_prewarm")  # as that of the wheel with PostgreSQL 16
        connection.execute("create schema if not exists contrib")
        connection.execute("grant usage on schema contrib to public")
        connection.execute("create extension pg_prewarm schema contrib")
        connection.execute("create extension pg_buffercache schema contrib")
        yield connection
        connection.execute("drop extension pg_prewarm")
        connection.execute("drop extension pg_buffercache")


def test_without_its_extension_a_prewarm_says_what_to_ask_for(face: Face, filled: str) -> None:
    with pytest.raises(DatabaseError, match="pg_prewarm is not in this database") as refusal:
        face.prewarm(filled)
    assert refusal.value.hint is not None
    assert "create extension pg_prewarm" in refusal.value.hint


def test_a_prewarm_reads_all_and_the_hnsw_index_last(
    face: Face, client: Client, prewarming: Any, filled: str
) -> None:
    client.index(filled).create_metadata_index("price", "number")
    read = face.prewarm(filled)
    known = client.index(filled).stats()
    names = [each.relation for each in read]
    (hnsw,) = [each for each in known.indexes if each.kind == "hnsw"]
    assert names[-1] == hnsw.relation
    assert set(names) >= {each.relation for each in known.indexes}
    assert f'pgvectorize_data."{filled}"' in names
    assert all(each.is_buffered for each in read)
    for each in read:
        (row,) = prewarming.execute(
            "select count(*) * 8192 from contrib.pg_buffercache "
            "where relfilenode = pg_relation_filenode(%s::regclass) and relforknumber = 0",
            [each.relation],
        ).fetchall()
        assert row[0] == each.bytes


# all of them


@pytest.mark.parametrize(
    "use",
    [
        lambda face: face.stats("nowhere"),
        lambda face: face.doctor("nowhere"),
        lambda face: face.prewarm("nowhere"),
    ],
)
def test_an_unknown_index_is_refused(face: Face, use: Callable[[Face], object]) -> None:
    with pytest.raises(LookupError, match='"nowhere"'):
        use(face)


def test_a_vacuum_of_an_unknown_index_is_refused(iterable_face: IterableFace) -> None:
    with pytest.raises(LookupError, match='"nowhere"'):
        iterable_face.vacuum("nowhere")  # type: ignore[attr-defined]
