"""Two sessions at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest

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
