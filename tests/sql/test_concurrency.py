"""Two sessions at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest
from psycopg.sql import SQL

from pgvectorize import Client, IndexExists, IndexNotFound

Connection = psycopg.Connection[tuple[object, ...]]

WAITS = "exists (select from pg_stat_activity where pid = %s and wait_event_type = 'Lock')"


@pytest.fixture
def second(dsn: str) -> Iterator[Connection]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture
def name(client: Client) -> Iterator[str]:
    yield "wanted-by-two"
    client.delete_index("wanted-by-two")


def create(connection: Connection, name: str) -> None:
    Client(connection).create_index(name, dimensions=1, metric="euclidean")


@pytest.fixture
def creating(
    dsn: str,
    second: Connection,
    name: str,
    elsewhere: ThreadPoolExecutor,
    eventually: Callable[..., None],
) -> Iterator[tuple[Connection, Future[None]]]:
    """A session that has created the index and not ended, and another that wants to."""
    with psycopg.connect(dsn) as first:
        create(first, name)
        waiting = elsewhere.submit(create, second, name)
        eventually(WAITS, second.info.backend_pid)
        yield first, waiting


def test_of_two_that_create_an_index_one_gets_it(
    creating: tuple[Connection, Future[None]],
) -> None:
    first, waiting = creating
    first.commit()
    with pytest.raises(IndexExists, match='"wanted-by-two" already exists'):
        waiting.result(timeout=10)


def test_an_index_that_was_not_created_after_all_can_be(
    creating: tuple[Connection, Future[None]],
) -> None:
    first, waiting = creating
    first.rollback()
    waiting.result(timeout=10)


def test_of_two_that_delete_an_index_one_finds_it(
    dsn: str,
    client: Client,
    second: Connection,
    elsewhere: ThreadPoolExecutor,
    eventually: Callable[..., None],
) -> None:
    client.create_index("unwanted", dimensions=1, metric="euclidean")
    with psycopg.connect(dsn) as first:
        Client(first).delete_index("unwanted")
        waiting = elsewhere.submit(Client(second).delete_index, "unwanted")
        eventually(WAITS, second.info.backend_pid)
        first.commit()
        with pytest.raises(IndexNotFound):
            waiting.result(timeout=10)


# Writes by filter beside other writes


@pytest.fixture
def filled(client: Client, make_index: Callable[..., str]) -> str:
    name = make_index(dimensions=1, metric="euclidean")
    client.index(name).insert(
        [(id, [1.0], None, {"color": "red", "n": 0}) for id in ("a", "b", "c")]
    )
    return name


@pytest.mark.parametrize("operation", ["delete", "update_metadata"])
def test_a_write_by_filter_sees_rows_as_they_are_once_locked(
    dsn: str,
    client: Client,
    filled: str,
    second: Connection,
    elsewhere: ThreadPoolExecutor,
    eventually: Callable[..., None],
    operation: str,
) -> None:
    """While it waits "a" leaves the filter, and "b" gets what the patch takes back."""

    def write() -> int:
        index = Client(second).index(filled)
        if operation == "delete":
            return index.delete(filter={"color": "red"}).count
        return index.update_metadata({"n": 0, "seen": True}, filter={"color": "red"}).count

    with psycopg.connect(dsn) as first:
        index = Client(first).index(filled)
        index.update_metadata({"color": "blue"}, ids=["a"])
        index.update_metadata({"n": 1}, ids=["b"])
        waiting = elsewhere.submit(write)
        eventually(WAITS, second.info.backend_pid)
        first.commit()
        assert waiting.result(timeout=10) == 2

    left = {vector.id: vector.metadata for vector in client.index(filled)}
    if operation == "delete":
        assert left == {"a": {"color": "blue", "n": 0}}
    else:
        red = {"color": "red", "n": 0, "seen": True}
        assert left == {"a": {"color": "blue", "n": 0}, "b": red, "c": red}


def test_a_patch_that_undoes_a_concurrent_change_is_not_lost(
    dsn: str,
    client: Client,
    filled: str,
    second: Connection,
    elsewhere: ThreadPoolExecutor,
    eventually: Callable[..., None],
) -> None:
    """At its beginning there seems to be nothing to change."""
    with psycopg.connect(dsn) as first:
        Client(first).index(filled).update_metadata({"n": 1}, ids=["b"])
        waiting = elsewhere.submit(
            Client(second).index(filled).update_metadata, {"n": 0}, ids=["b"]
        )
        eventually(WAITS, second.info.backend_pid)
        first.commit()
        waiting.result(timeout=10)
    (found,) = client.index(filled).get_by_ids(["b"])
    assert found.metadata == {"color": "red", "n": 0}


@pytest.mark.parametrize("rows", [3, 40, 5_000])
@pytest.mark.parametrize("is_analyzed", [False, True])
@pytest.mark.parametrize("operation", ["delete_by_ids", "upsert"])
def test_rows_are_locked_in_the_order_of_their_ids(
    dsn: str,
    client: Client,
    make_index: Callable[..., str],
    second: Connection,
    elsewhere: ThreadPoolExecutor,
    eventually: Callable[..., None],
    operation: str,
    is_analyzed: bool,
    rows: int,
) -> None:
    """While it waits for one row, it holds those with smaller ids and none with a greater one."""
    name = make_index(dimensions=1, metric="euclidean", hnsw=False)
    ids = [f"{'aB'[row % 2]}{row:04}" for row in range(rows)]  # in the table last to first
    ids.sort(reverse=True)
    client.index(name).insert([(id, [1.0]) for id in ids])
    table = SQL(client.get_index(name).relation)
    chosen = sorted(ids)[:: max(rows // 30, 1)]
    middle = chosen[len(chosen) // 2]

    def write() -> object:
        index = Client(second).index(name)
        if operation == "delete_by_ids":
            return index.delete_by_ids(chosen[::-1])
        return index.upsert([(id, [2.0]) for id in chosen[::-1]])

    with psycopg.connect(dsn) as first, psycopg.connect(dsn) as third:
        if is_analyzed:
            first.execute(SQL("analyze {}").format(table))
            first.commit()
        first.execute(SQL("select from {} where id = %s for update").format(table), [middle])
        waiting = elsewhere.submit(write)
        eventually(WAITS, second.info.backend_pid)
        free = third.execute(
            SQL("select id from {} where id = any (%s) for update skip locked").format(table),
            [chosen],
        ).fetchall()
        third.rollback()
        first.rollback()
        waiting.result(timeout=10)
    assert {id for (id,) in free} == {id for id in chosen if id > middle}


@pytest.mark.slow
def test_writes_by_filter_and_by_id_do_not_deadlock(dsn: str, client: Client, filled: str) -> None:
    ids = [f"v{row:03}" for row in range(300)]
    client.index(filled).insert([(id, [1.0], "n", {"odd": 0}) for id in ids])

    def work(way: int) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            index = Client(connection).index(filled)
            for turn in range(15):
                if way == 0:
                    index.upsert([(id, [float(turn)], "n", {"odd": turn % 2}) for id in ids[::-1]])
                elif way == 1:
                    index.update_metadata({"turn": turn}, filter={"odd": turn % 2}, namespace="n")
                elif way == 2:
                    index.update_metadata({"other": turn}, ids=ids[::-1])
                else:
                    index.delete(filter={"odd": 1 - turn % 2})

    with ThreadPoolExecutor(4) as executor:
        for done in [executor.submit(work, way) for way in range(4)]:
            done.result(timeout=60)


def test_two_indexes_that_swap_names_do_not_deadlock(
    dsn: str, client: Client, make_index: Callable[..., str]
) -> None:
    one, two = make_index(), make_index()

    def rename(name: str, new_name: str) -> str:
        with psycopg.connect(dsn, autocommit=True) as connection:
            try:
                return Client(connection).update_index(name, new_name=new_name).name
            except IndexExists:
                return name

    with ThreadPoolExecutor(2) as executor:
        for _ in range(10):
            both = [executor.submit(rename, one, two), executor.submit(rename, two, one)]
            assert [done.result(timeout=10) for done in both] == [one, two]
