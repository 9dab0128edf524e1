"""HNSW indexes built beside other sessions, and mended after a killed build."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import numpy as np
import psycopg
import pytest

import pgvectorize
from pgvectorize import Client, DatabaseError, Index, IndexBuild, IndexBusy, PgVectorizeError

Connection = psycopg.Connection[tuple[object, ...]]

ROWS, DIMENSIONS = 3_000, 16
VALUES = np.random.default_rng(9).normal(size=(ROWS, DIMENSIONS)).astype(np.float32)

# Of every HNSW index that the table has: its name without a number, and is it valid?
BUILT = """
    array(
        select regexp_replace(class.relname, '^_idx_[0-9]+_|_[0-9a-f]{8}$', '', 'g')
            || case when index.indisvalid then '' else ' INVALID' end
        from pg_index as index
        join pg_class as class on class.oid = index.indexrelid
        join pg_am as method on method.oid = class.relam and method.amname = 'hnsw'
        join pgvectorize_private.indexes as target on target.relation = index.indrelid
        where target.name = %s
        order by 1
    )
"""
IN_USE = ["embedding_hnsw"]
LEFT_BEHIND = ["embedding_hnsw", "embedding_hnsw_new INVALID"]


def built(connection: Connection, index: Index) -> object:
    row = connection.execute(f"select {BUILT}", [index.name]).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def index(client: Client, make_index: Callable[..., str]) -> Index:
    index = client.index(make_index(dimensions=DIMENSIONS, metric="euclidean"))
    index.bulk_load(ids=[f"v{row:04}" for row in range(ROWS)], values=VALUES)
    return index


@pytest.fixture
def in_sql(connection: Connection, index: Index) -> Index:
    """The index over a borrowed connection, where SQL functions build."""
    return Client(connection).index(index.name)


def is_right(index: Index) -> bool:
    return all(
        [match.id for match in index.query(VALUES[row], top_k=1)] == [f"v{row:04}"]
        for row in range(0, ROWS, 500)
    )


@contextmanager
def build_that_waits(
    dsn: str, index: Index, eventually: Callable[..., None], **options: object
) -> Iterator[Future[IndexBuild]]:
    """A concurrent build, on its way for as long as an older writer does not end."""
    with ThreadPoolExecutor(1) as elsewhere, psycopg.connect(dsn) as writer:
        Client(writer).index(index.name).upsert([("open", [1.0] * DIMENSIONS)])
        build = elsewhere.submit(index.build, rebuild=True, **options)  # type: ignore[arg-type]
        eventually(f"{BUILT} = %s::text[]", index.name, LEFT_BEHIND)
        yield build
        writer.rollback()
        build.exception(timeout=30)


def end_the_build(connection: Connection, how: str) -> None:
    connection.execute(
        f"select pg_{how}_backend(pid) from pg_stat_progress_create_index "
        "where datname = current_database()"
    )


@pytest.fixture
def leftover(
    dsn: str, connection: Connection, index: Index, eventually: Callable[..., None]
) -> Index:
    """An index with what is left of a build whose backend was killed."""
    with build_that_waits(dsn, index, eventually) as build:
        end_the_build(connection, "terminate")
        with pytest.raises(PgVectorizeError):
            build.result(timeout=10)
    assert built(connection, index) == LEFT_BEHIND
    assert index.info().has_hnsw
    return index


def test_a_leftover_is_mended_by_the_next_build(leftover: Index, connection: Connection) -> None:
    assert is_right(leftover)
    assert leftover.build(rebuild=True).is_built
    assert built(connection, leftover) == IN_USE
    assert is_right(leftover)


def test_a_leftover_goes_where_there_is_nothing_to_build(
    leftover: Index, connection: Connection
) -> None:
    assert leftover.build().is_built is False
    assert built(connection, leftover) == IN_USE


def test_a_leftover_is_mended_in_sql(
    leftover: Index, in_sql: Index, connection: Connection
) -> None:
    assert in_sql.build(m=8).is_built
    assert built(connection, leftover) == IN_USE
    assert leftover.info().m == 8


def test_a_leftover_goes_with_the_hnsw_index(leftover: Index, connection: Connection) -> None:
    leftover.drop_hnsw()
    assert built(connection, leftover) == []
    assert is_right(leftover)


def test_a_leftover_is_mended_by_a_bulk_load(leftover: Index, connection: Connection) -> None:
    load = leftover.bulk_load(
        ids=[f"w{row:04}" for row in range(ROWS)], values=VALUES + 100, rebuild=True
    )
    assert load.build is not None
    assert built(connection, leftover) == IN_USE


def test_what_was_killed_as_the_first_is_mended(
    dsn: str, connection: Connection, index: Index, eventually: Callable[..., None]
) -> None:
    """A build that was not made beside another."""
    index.drop_hnsw()
    with ThreadPoolExecutor(1) as elsewhere, psycopg.connect(dsn) as writer:
        Client(writer).index(index.name).upsert([("open", [1.0] * DIMENSIONS)])
        build = elsewhere.submit(index.build)
        eventually(f"{BUILT} = '{{embedding_hnsw_new INVALID}}'", index.name)
        end_the_build(connection, "terminate")
        with pytest.raises(PgVectorizeError):
            build.result(timeout=10)
    assert not index.info().has_hnsw
    assert is_right(index)
    assert index.build().is_built
    assert built(connection, index) == IN_USE


def test_a_build_that_fails_leaves_nothing(index: Index, connection: Connection) -> None:
    index.upsert([("far", [70_000.0] * DIMENSIONS)])
    with pytest.raises(DatabaseError, match="out of range for type halfvec"):
        index.build(index_precision="float16")
    assert built(connection, index) == IN_USE
    assert index.info().index_precision == "float32"
    assert is_right(index)


def test_a_build_that_is_cancelled_says_so(
    dsn: str, connection: Connection, index: Index, eventually: Callable[..., None]
) -> None:
    """What it leaves cannot be dropped while the writer is there that it waited for."""
    with build_that_waits(dsn, index, eventually) as build:
        end_the_build(connection, "cancel")
        with pytest.raises(DatabaseError, match="canceling statement"):
            build.result(timeout=10)
    assert index.build().is_built is False
    assert built(connection, index) == IN_USE


@pytest.mark.parametrize("m", [None, 8])
def test_a_live_build_is_left_alone(
    dsn: str,
    index: Index,
    in_sql: Index,
    connection: Connection,
    eventually: Callable[..., None],
    m: int | None,
) -> None:
    with build_that_waits(dsn, index, eventually) as build:
        for face in (index, in_sql):
            with pytest.raises(IndexBusy, match="being built by another session"):
                face.build(m=m, rebuild=True)
            with pytest.raises(IndexBusy, match="being built by another session"):
                face.drop_hnsw()
            with pytest.raises(IndexBusy, match="being built by another session"):
                face.create_metadata_index("price", "number")
        assert built(connection, index) == LEFT_BEHIND
        assert index.build().is_built is False  # the one in use is as wanted
    assert build.result().is_built
    assert built(connection, index) == IN_USE
    assert is_right(index)


def test_while_it_is_built_others_write_and_ask_and_see_how_far_it_is(
    dsn: str, index: Index, eventually: Callable[..., None]
) -> None:
    with build_that_waits(dsn, index, eventually, m=8) as build:
        (progress,) = index.build_progress()
        assert (progress.name, progress.phase) == (index.name, "waiting")
        assert progress.fraction is None
        assert index.upsert([("late", [50.0] * DIMENSIONS)]).count == 1
        index.delete_by_ids(["v0001"])
        assert is_right(index)
    build.result()
    assert is_right(index)
    assert [match.id for match in index.query([50.0] * DIMENSIONS, top_k=1)] == ["late"]
    assert index.info().m == 8
    assert index.build_progress() == []


def test_a_valid_one_that_was_not_put_in_its_place_is_taken_up(
    connection: Connection, index: Index, in_sql: Index
) -> None:
    """As after a kill between the two steps, or a transaction that kept the place."""
    rows = connection.execute(
        "select statement from pgvectorize_private._next_hnsw_statement(%s, 8, null, null, null,"
        " null, false, 0)",
        [index.name],
    ).fetchall()
    connection.execute(str(rows[0][0]).encode())
    assert built(connection, index) == ["embedding_hnsw", "embedding_hnsw_new"]
    assert index.info().m == 16
    assert index.build(m=8).is_built is False  # nothing had to be built
    assert index.info().m == 8
    assert built(connection, index) == IN_USE


def test_a_reader_that_does_not_end_keeps_it_from_its_place_for_a_while(
    dsn: str, index: Index, connection: Connection, eventually: Callable[..., None]
) -> None:
    with ThreadPoolExecutor(1) as elsewhere, psycopg.connect(dsn) as reader:
        # the lock of one that has asked, but not its snapshot, for whose end a build waits
        reader.execute(f"lock table {index.info().relation} in access share mode".encode())
        build = elsewhere.submit(index.build, rebuild=True)
        eventually(f"{BUILT} = %s::text[]", index.name, ["embedding_hnsw", "embedding_hnsw_new"])
        with pytest.raises(TimeoutError):
            build.result(timeout=2)
        assert Client(reader).index(index.name).count() == ROWS
        reader.rollback()
        assert build.result(timeout=30).is_built
    assert built(connection, index) == IN_USE


def test_of_two_that_build_at_once_neither_breaks_the_other(
    dsn: str, index: Index, connection: Connection
) -> None:
    def build(m: int) -> IndexBuild | None:
        with pgvectorize.connect(dsn) as client:
            try:
                return client.index(index.name).build(m=m)
            except IndexBusy:
                return None

    for turn in range(3):
        with ThreadPoolExecutor(2) as elsewhere:
            builds = [elsewhere.submit(build, 6 + turn), elsewhere.submit(build, 6 + turn)]
            assert any(done.result(timeout=60) for done in builds)
        assert built(connection, index) == IN_USE
        assert index.info().m == 6 + turn


@pytest.mark.parametrize(("least_workers", "taken"), [(3, 3), (0, 0)])
def test_in_sql_a_build_that_lacks_memory_is_tried_with_less(
    connection: Connection, index: Index, least_workers: int, taken: int
) -> None:
    """A statement stands in for one that finds too little shared memory."""
    statement = f"""
        do $$ begin
            if current_setting('max_parallel_maintenance_workers')::integer > {least_workers} then
                raise disk_full;
            end if;
        end $$
    """
    rows = connection.execute(
        "select workers, current_setting('max_parallel_maintenance_workers') <> '3'"
        " from pgvectorize_private._execute_build(pgvectorize_private._find_index(%s), %s, null,"
        " 3)",
        [index.name, statement],
    ).fetchall()
    assert rows == [(taken, True)]
    with pytest.raises(psycopg.errors.DiskFull):
        connection.execute(
            "select pgvectorize_private._execute_build(pgvectorize_private._find_index(%s), %s,"
            " null, 3)",
            [index.name, "do $$ begin raise disk_full; end $$"],
        )


@pytest.mark.slow
def test_queries_are_right_and_writers_write_while_it_is_rebuilt(
    dsn: str, index: Index, connection: Connection
) -> None:
    ended = Event()

    def write() -> int:
        count = 0
        with psycopg.connect(dsn, autocommit=True) as own:
            mine = Client(own).index(index.name)
            while not ended.is_set():
                mine.upsert([(f"w{count}", VALUES[count % ROWS] + 30)])
                count += 1
        return count

    def ask() -> int:
        count = 0
        with psycopg.connect(dsn, autocommit=True) as own:
            mine = Client(own).index(index.name)
            while not ended.is_set():
                assert mine.query(VALUES[count % ROWS], top_k=1).count == 1
                assert is_right(mine)
                count += 1
        return count

    with ThreadPoolExecutor(2) as elsewhere:
        writer, reader = elsewhere.submit(write), elsewhere.submit(ask)
        for options in ({"m": 8}, {"index_precision": "float16"}, {"rebuild": True}):
            assert index.build(**options).is_built
        index.drop_hnsw()
        index.build()
        ended.set()
        written = writer.result(timeout=30)
        assert reader.result(timeout=30) > 0
    assert written > 0
    assert index.count() == ROWS + written
    assert built(connection, index) == IN_USE


def test_a_bulk_load_beside_a_build_does_without_a_rebuild(
    dsn: str, index: Index, eventually: Callable[..., None]
) -> None:
    columns = {"ids": [f"w{row}" for row in range(2_000)], "values": VALUES[:2_000] + 30}
    with build_that_waits(dsn, index, eventually):
        with pytest.raises(IndexBusy):
            index.bulk_load(**columns, rebuild=True)  # type: ignore[arg-type]
        assert index.bulk_load(**columns).build is None  # type: ignore[arg-type]
    assert index.count() == ROWS + 2_000


def test_a_bulk_load_whose_server_process_is_killed_leaves_what_was_there(
    dsn: str, index: Index, connection: Connection, eventually: Callable[..., None]
) -> None:
    reached = Event()

    def rows() -> Iterator[tuple[str, list[float]]]:
        for row in range(5_000):
            if row == 4_000:
                reached.set()
                eventually("pg_sleep(0.3) is not null")
            yield f"w{row}", [float(row)] * DIMENSIONS

    with psycopg.connect(dsn, autocommit=True) as victim, ThreadPoolExecutor(1) as elsewhere:
        load = elsewhere.submit(Client(victim).index(index.name).bulk_load, rows(), rebuild=True)
        assert reached.wait(10)
        connection.execute("select pg_terminate_backend(%s)", [victim.info.backend_pid])
        with pytest.raises(PgVectorizeError):
            load.result(timeout=30)
    assert index.count() == ROWS
    assert built(connection, index) == IN_USE
    assert is_right(index)


def test_the_settings_of_a_build_are_reset(connection: Connection) -> None:
    show = """
        select name, setting, source from pg_settings
        where name in (select name from pgvectorize_private._build_settings(0, 0)) order by name
    """
    before = connection.execute(show).fetchall()
    connection.execute(
        "select pgvectorize_private._set_build_settings(100000000, 3, is_local => false)"
    )
    during = connection.execute(show).fetchall()
    assert {source for _, _, source in during} == {"session"}
    assert [setting for _, setting, _ in during] == ["0", "97656", "3", "0", "0"]
    connection.execute("select pgvectorize_private._reset_build_settings()")
    assert connection.execute(show).fetchall() == before


@pytest.mark.parametrize(
    ("name", "is_new"),
    [
        ("pgvectorize_private._new_hnsw_name(target, null)", True),
        ("pgvectorize_private._new_hnsw_name(target, 'space')", True),
        ("pgvectorize_private._hnsw_name(target.id)", False),
        ("pgvectorize_private._namespace_hnsw_name(target.id, 'space')", False),
        ("'my' || pgvectorize_private._new_hnsw_name(target, null)", False),
    ],
)
def test_the_name_of_a_new_one_is_known(
    connection: Connection, index: Index, name: str, is_new: bool
) -> None:
    row = connection.execute(
        f"select pgvectorize_private._is_new_hnsw_name(target.id, {name})"
        " from pgvectorize_private.indexes as target where target.name = %s".encode(),
        [index.name],
    ).fetchone()
    assert row == (is_new,)
