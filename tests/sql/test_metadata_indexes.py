"""Metadata indexes: built beside other sessions, and mended after a killed build."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest

from pgvectorize import (
    Client,
    DatabaseError,
    Index,
    IndexBusy,
    InvalidRequest,
    MetadataIndex,
    MetadataIndexNotFound,
)

Connection = psycopg.Connection[tuple[object, ...]]

PRICE = [MetadataIndex("price", "number")]
# Of every index on metadata that the table has: is it valid?
BUILT = """
    array(
        select indexes.indisvalid
        from pg_index as indexes
        join pgvectorize_private.indexes as target on target.relation = indexes.indrelid
        where target.name = %s and indexes.indexprs is not null
    )
"""


def built(connection: Connection, index: Index) -> object:
    row = connection.execute(f"select {BUILT}", [index.name]).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def index(client: Client, make_index: Callable[..., str]) -> Index:
    index = client.index(make_index(dimensions=1, metric="euclidean"))
    index.upsert([("a", [1.0], None, {"price": 1}), ("b", [2.0], None, {"price": 2})])
    return index


@pytest.fixture
def in_sql(connection: Connection, index: Index) -> Index:
    """The index over a borrowed connection, where SQL functions build metadata indexes."""
    return Client(connection).index(index.name)


@contextmanager
def build_that_waits(
    dsn: str, index: Index, eventually: Callable[..., None]
) -> Iterator[Future[UUID]]:
    """A concurrent build, on its way for as long as an older writer does not end."""
    with ThreadPoolExecutor(1) as elsewhere, psycopg.connect(dsn) as writer:
        Client(writer).index(index.name).upsert([("c", [3.0], None, {"price": 3})])
        build = elsewhere.submit(index.create_metadata_index, "price", "number")
        eventually(f"{BUILT} = '{{false}}'", index.name)
        yield build
        writer.rollback()
        build.exception(timeout=10)


def cancel_the_build(connection: Connection, build: Future[UUID]) -> None:
    connection.execute(
        "select pg_cancel_backend(pid) from pg_stat_progress_create_index "
        "where datname = current_database()"
    )
    with pytest.raises(DatabaseError, match="canceling statement"):
        build.result(timeout=10)


@pytest.fixture
def leftover(
    dsn: str, connection: Connection, index: Index, eventually: Callable[..., None]
) -> Index:
    """An index whose metadata index was killed while it was built."""
    with build_that_waits(dsn, index, eventually) as build:
        cancel_the_build(connection, build)
    assert index.list_metadata_indexes() == []
    assert built(connection, index) == [False]
    return index


def test_the_second_time_does_nothing(index: Index, in_sql: Index, connection: Connection) -> None:
    index.create_metadata_index("price", "number")
    index.create_metadata_index("price", "number")
    in_sql.create_metadata_index("price", "number")
    assert index.list_metadata_indexes() == PRICE
    assert built(connection, index) == [True]


@pytest.mark.parametrize("name", ["100%", "%s", "%(a)s", "it's", "\\", ":name", "ключ", "x" * 512])
def test_any_property_can_have_one(index: Index, name: str) -> None:
    index.upsert([("odd", [1.0], None, {name: "yes"})])
    index.create_metadata_index(name, "string")
    assert [match.id for match in index.query([1.0], filter={name: "yes"})] == ["odd"]


def test_another_type_is_refused(index: Index, in_sql: Index) -> None:
    index.create_metadata_index("price", "number")
    for face in (index, in_sql):
        with pytest.raises(InvalidRequest, match="metadata index of type number already"):
            face.create_metadata_index("price", "string")
    assert index.list_metadata_indexes() == PRICE


def test_a_deleted_one_leaves_a_filter_that_is_strict(index: Index, connection: Connection) -> None:
    index.create_metadata_index("price", "number")
    assert index.count(filter={"price": "2"}) == 1
    index.delete_metadata_index("price")
    assert index.count(filter={"price": "2"}) == 0
    assert [match.id for match in index.query([1.0], filter={"price": {"$gte": 2}})] == ["b"]
    assert built(connection, index) == []
    with pytest.raises(MetadataIndexNotFound):
        index.delete_metadata_index("price")


def test_a_deleted_one_can_come_back_with_another_type(index: Index) -> None:
    index.create_metadata_index("price", "number")
    index.delete_metadata_index("price")
    index.create_metadata_index("price", "string")
    assert index.count(filter={"price": 2}) == 1


def test_a_leftover_is_mended(leftover: Index, connection: Connection) -> None:
    leftover.create_metadata_index("price", "number")
    assert leftover.list_metadata_indexes() == PRICE
    assert built(connection, leftover) == [True]


def test_a_leftover_is_mended_in_sql(
    leftover: Index, in_sql: Index, connection: Connection
) -> None:
    in_sql.create_metadata_index("price", "number")
    assert leftover.list_metadata_indexes() == PRICE
    assert built(connection, leftover) == [True]


def test_a_leftover_of_another_type_is_replaced(leftover: Index, connection: Connection) -> None:
    leftover.create_metadata_index("price", "string")
    assert leftover.list_metadata_indexes() == [MetadataIndex("price", "string")]
    assert built(connection, leftover) == [True]


@pytest.mark.parametrize("index_type", ["number", "string"])
def test_a_live_build_is_left_alone(
    dsn: str,
    index: Index,
    in_sql: Index,
    connection: Connection,
    eventually: Callable[..., None],
    index_type: str,
) -> None:
    with build_that_waits(dsn, index, eventually) as build:
        for face in (index, in_sql):
            with pytest.raises(IndexBusy, match="being built by another session"):
                face.create_metadata_index("price", index_type)  # type: ignore[arg-type]
    build.result()
    assert index.list_metadata_indexes() == PRICE
    assert built(connection, index) == [True]


def test_a_live_build_keeps_others_from_beginning(
    dsn: str, index: Index, in_sql: Index, eventually: Callable[..., None]
) -> None:
    """They would deadlock: the later one has a snapshot while it waits for the lock."""
    with build_that_waits(dsn, index, eventually) as build:
        for face in (index, in_sql):
            with pytest.raises(IndexBusy, match="being built by another session"):
                face.create_metadata_index("colour", "string")
    build.result()
    index.create_metadata_index("colour", "string")
    assert len(index.list_metadata_indexes()) == 2


def test_a_live_build_does_not_stop_writers(
    dsn: str, index: Index, eventually: Callable[..., None]
) -> None:
    with build_that_waits(dsn, index, eventually):
        assert index.upsert([("d", [4.0], None, {"price": 4})]).count == 1
    assert index.count(filter={"price": "4"}) == 1
