"""Transactions, borrowed connections, settings, and writers at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier
from typing import Any

import psycopg
import pytest
from psycopg.rows import namedtuple_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from pgvectorize import AsyncClient, Client, DatabaseError, InvalidFilter, InvalidVector, Vector
from tests.contract.faces import Borrowed, Face, IterableFace

# as text, unless something has told the connection how vectors are loaded
STORED = "select values from pgvectorize.get_by_ids(index => %s, ids => '{a}')"


@pytest.fixture
def borrowed(face: Face) -> Iterator[Borrowed]:
    with face.borrow() as borrowed:
        yield borrowed


@pytest.fixture
def session(face: Face) -> Iterator[Borrowed]:
    with face.borrow(session=True) as borrowed:
        yield borrowed


@pytest.fixture
def patient(face: Face) -> Iterator[Callable[[], Borrowed]]:
    """Borrow more connections, on which a wait for a lock is soon an error."""
    with ExitStack() as stack:

        def borrow() -> Borrowed:
            borrowed = stack.enter_context(face.borrow(session=True))
            borrowed.execute("select set_config('lock_timeout', '10s', false)")
            borrowed.execute("select set_config('statement_timeout', '20s', false)")
            return borrowed

        yield borrow


def test_what_is_rolled_back_leaves_nothing(
    face: Face, borrowed: Borrowed, index: str, new_name: str
) -> None:
    face.upsert(index, [("a", [1, 2], "n", {"k": 1})])
    before = face.describe(index)

    with borrowed.transaction(rollback=True):
        inside = borrowed.face
        inside.create_index(new_name, dimensions=2, metric="cosine")
        inside.upsert(new_name, [("x", [1, 2])])
        inside.upsert(index, [("a", [5, 6]), ("b", [3, 4])])
        inside.insert(index, ids=["c"], values=[[3, 4]])
        inside.create_metadata_index(index, "k", "number")
        inside.delete_by_ids(index, ["a"])
        assert inside.query(index, [1, 2]).count == 2
        assert face.query(index, [1, 2], return_metadata=True)[0].metadata == {"k": 1}

    assert face.describe(index) == before
    assert face.get_by_ids(index, ["a", "b", "c"]) == [Vector("a", [1, 2], "n", {"k": 1})]
    assert face.list_metadata_indexes(index) == []
    assert new_name not in [info.name for info in face.list_indexes()]


def test_what_is_committed_is_there(face: Face, borrowed: Borrowed, index: str) -> None:
    with borrowed.transaction():
        mutation = borrowed.face.upsert(index, [("a", [1, 2])])
        assert face.count(index) == 0
    assert face.count(index) == 1
    assert face.describe(index).processed_up_to_mutation == mutation.mutation_id


def test_long_batches_are_part_of_the_callers_transaction(
    iterable_face: IterableFace, index: str
) -> None:
    rows = [(f"v{row}", [row, 1]) for row in range(30)]
    with iterable_face.borrow() as borrowed:
        with borrowed.transaction(rollback=True):
            borrowed.face.upsert(index, rows, batch_size=10)
            borrowed.face.upsert(index, [("more", [1, 2])] * 20, batch_size=10)
            assert borrowed.face.count(index) == 31
        assert iterable_face.count(index) == 0

        with borrowed.transaction():
            borrowed.face.upsert(index, rows, batch_size=10)
            with pytest.raises(InvalidVector):
                borrowed.face.upsert(index, [*rows, ("bad", [1])], batch_size=10)
            borrowed.face.insert(index, [("after", [1, 2])])  # the transaction still lives
    assert iterable_face.count(index) == 31


def test_a_borrowed_connection_stays_as_it_was(client: Client, dsn: str, index: str) -> None:
    with psycopg.connect(dsn, row_factory=namedtuple_row) as connection:
        before = connection.adapters.get_dumper, dict(vars(connection.adapters))
        with client.using(connection) as borrowing:
            borrowing.index(index).upsert([("a", [1, 2])])
            assert borrowing.index(index).query([1, 2], return_values=True)[0].values is not None
        assert not connection.closed
        assert (connection.adapters.get_dumper, dict(vars(connection.adapters))) == before
        assert connection.row_factory is namedtuple_row
        assert not connection.autocommit
        assert connection.execute(STORED, [index]).fetchone() == ("[1,2]",)
        connection.rollback()
    assert client.index(index).count() == 0


def test_a_borrowed_connection_may_be_wrapped_first_thing(dsn: str, index: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        borrowing = Client(connection)
        borrowing.index(index).upsert([("a", [1, 2])])
        assert borrowing.index(index).query_by_id("a", return_values=True)[0].id == "a"


def test_a_borrowed_pool_is_not_closed(client: Client, dsn: str, index: str) -> None:
    with ConnectionPool[Any](dsn, min_size=1, max_size=2, open=True) as pool:
        for borrowing in (Client(pool), client.using(pool)):
            with borrowing:
                borrowing.index(index).upsert([("a", [1, 2])])
            borrowing.close()
            assert not pool.closed
            with pool.connection() as connection:
                assert not connection.autocommit
                assert connection.execute(STORED, [index]).fetchone() == ("[1,2]",)
    assert client.index(index).count() == 1  # the pool commits


def test_a_borrowed_async_pool_is_not_closed(dsn: str, client: Client, index: str) -> None:
    async def use() -> None:
        pool = AsyncConnectionPool[Any](dsn, min_size=1, max_size=2, open=False)
        async with pool, AsyncClient(pool) as borrowing:
            await borrowing.index(index).upsert([("a", [1, 2])])
            await borrowing.close()
            assert not pool.closed

    asyncio.run(use())
    assert client.index(index).count() == 1


def test_tasks_may_share_a_client(dsn: str, index: str) -> None:
    async def use() -> None:
        async with await AsyncClient.connect(dsn, max_size=3) as client:
            vectors = client.index(index)
            await asyncio.gather(*(vectors.upsert([(f"v{row}", [row, 0])]) for row in range(20)))
            found = await asyncio.gather(*(vectors.query([row, 0], top_k=1) for row in range(20)))
            assert [matches[0].id for matches in found] == [f"v{row}" for row in range(20)]

    asyncio.run(use())


def test_a_query_leaves_the_settings_of_the_session(session: Borrowed, index: str) -> None:
    names = ("hnsw.ef_search", "hnsw.iterative_scan", "search_path", "client_min_messages")
    show = "select " + ", ".join(f"current_setting('{name}')" for name in names)

    def use(face: Face) -> None:
        face.upsert(index, [("a", [1, 2], None, {"n": 1})])
        face.query(index, [1, 2], ef_search=200)
        face.query(index, [1, 2], filter={"n": 1}, top_k=500)
        face.query_by_id(index, "a")
        face.query_many(index, [[1, 2], [3, 4]])
        face.create_metadata_index(index, "n", "number")
        with pytest.raises(InvalidFilter):
            face.count(index, filter={"n": {}})

    use(session.face)
    default = session.execute(show)
    assert default[0][0] == "40"

    for local in ("true", "false"):
        with session.transaction():
            session.execute(f"select set_config('hnsw.ef_search', '77', {local})")
            session.execute(f"select set_config('hnsw.iterative_scan', 'strict_order', {local})")
            chosen = session.execute(show)
            session.face.query(index, [1, 2], ef_search=200)
            session.face.query(index, [1, 2], filter={"n": 1}, top_k=500)
            session.face.query_many(index, [[1, 2], [3, 4]])
            assert session.execute(show) == chosen
        assert session.execute(show) == (default if local == "true" else chosen)


@pytest.mark.parametrize(
    "use",
    [
        lambda face, index: face.query(index, [1, 2]),
        lambda face, index: face.query(index, [1, 2], ef_search=300, filter={"n": 1}),
        lambda face, index: face.query_by_id(index, "a"),
        lambda face, index: face.query_many(index, [[1, 2]]),
        lambda face, index: face.upsert(index, [("b", [1, 2])]),
        lambda face, index: face.count(index),
    ],
)
def test_everything_works_first_thing_in_a_session(
    face: Face, index: str, use: Callable[[Face, str], object]
) -> None:
    face.upsert(index, [("a", [1, 2], None, {"n": 1})])
    with face.borrow(session=True) as fresh:
        assert use(fresh.face, index)
        assert fresh.execute("select current_setting('hnsw.ef_search', true)") in (
            [("40",)],
            [(None,)],
        )


def test_a_query_in_a_read_only_transaction(face: Face, borrowed: Borrowed, index: str) -> None:
    face.upsert(index, [("a", [1, 2])])
    with borrowed.transaction():
        borrowed.execute("select set_config('transaction_read_only', 'on', true)")
        assert borrowed.face.query(index, [1, 2]).count == 1
        assert borrowed.face.describe(index).vector_count == 1


def test_writers_of_other_ids_do_not_wait(patient: Callable[[], Borrowed], index: str) -> None:
    holder, other = patient(), patient()
    with holder.transaction():
        holder.face.upsert(index, [("held", [1, 2], None, {"n": 1})])
        holder.face.delete_by_ids(index, ["gone"])

        # each would fail by lock_timeout if it waited
        other.face.upsert(index, [("free", [3, 4])])
        other.face.insert(index, [("new", [3, 4])])
        other.face.delete_by_ids(index, ["new"])
        assert [match.id for match in other.face.query(index, [1, 2])] == ["free"]
        assert other.face.describe(index).vector_count == 1
    assert other.face.count(index) == 2


def test_writers_of_the_same_id_wait_for_one_another(face: Face, index: str) -> None:
    face.upsert(index, [("held", [1, 2])])
    with face.borrow() as holder, face.borrow(session=True) as other:
        other.execute("select set_config('lock_timeout', '50ms', false)")
        with holder.transaction():
            holder.face.upsert(index, [("held", [3, 4])])
            with pytest.raises(DatabaseError, match="lock timeout"):
                other.face.upsert(index, [("held", [5, 6])])
            with pytest.raises(DatabaseError, match="lock timeout"):
                other.face.delete_by_ids(index, ["held"])
    assert face.get_by_ids(index, ["held"]) == [Vector("held", [3, 4])]


@pytest.mark.slow
@pytest.mark.parametrize("face", ["blocking", "sql"], indirect=True)
def test_writers_in_opposite_orders_neither_deadlock_nor_lose(
    face: Face, patient: Callable[[], Borrowed], index: str
) -> None:
    names = [f"v{row}" for row in range(40)]
    rounds = 40
    barrier = Barrier(3)

    def write(borrowed: Borrowed, ids: list[str], sign: int) -> None:
        barrier.wait(timeout=30)
        for turn in range(1, rounds + 1):
            borrowed.face.upsert(index, [(id, [sign, turn], None, {"turn": turn}) for id in ids])

    def delete(borrowed: Borrowed) -> None:
        barrier.wait(timeout=30)
        for _ in range(rounds):
            borrowed.face.delete_by_ids(index, names[::-3])

    with ThreadPoolExecutor(3) as threads:
        futures = [
            threads.submit(write, patient(), names, 1),
            threads.submit(write, patient(), [*names[::-1], "mine"], -1),
            threads.submit(delete, patient()),
        ]
        for future in futures:
            future.result(timeout=60)

    kept = [id for id in names if id not in names[::-3]]
    stored = face.get_by_ids(index, kept)
    assert [vector.id for vector in stored] == kept
    assert {(vector.metadata or {})["turn"] for vector in stored} == {rounds}
    assert face.count(index) == face.query(index, [0, 0], top_k=1_000).count
    assert face.get_by_ids(index, ["mine"])[0].metadata == {"turn": rounds}
