"""Twenty writers and twenty readers of the same ids; and an index that is changed under them.

For 10 seconds, and a quarter of that each; `PGVECTORIZE_TEST_LOAD=60` says how long instead.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle
from threading import Event, Thread

import psycopg
import pytest

import pgvectorize
from pgvectorize import Client, Index, IndexBusy, IndexNotFound, InvalidRequest, NotFound
from tests.faults.load import Load
from tests.faults.rows import BIG, DIMENSIONS, row, rows, values
from tests.faults.server import OwnServer
from tests.faults.state import check
from tests.tally import Tally

pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get("PGVECTORIZE_TEST_LOAD", "10"))
ROWS = 40


def test_twenty_writers_and_twenty_readers_of_the_same_ids(own: OwnServer, tally: Tally) -> None:
    load = Load(own.dsn, "contended")
    load.prepare()
    load.start(writers=20, readers=20)
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends and not load.failures:
        time.sleep(0.1)
    load.stop()
    assert load.failures == []
    wrong = load.check()
    tally.add("20 writers and 20 readers of 300 ids", **load.calls, lost=len(wrong), failures=0)
    assert wrong == []
    with psycopg.connect(own.dsn, autocommit=True) as connection:
        row = connection.execute("select sum(deadlocks) from pg_stat_database").fetchone()
        assert row == (0,)
    check(own.dsn)


# An index that is changed under running calls

VECTOR = values(7, 0)
IN_PYTHON: dict[str, Callable[[Index], object]] = {
    "query": lambda index: index.query(VECTOR),
    "query with a filter": lambda index: index.query(VECTOR, filter={"color": "red"}),
    "query_many": lambda index: index.query_many([VECTOR] * 3),
    "upsert": lambda index: index.upsert(rows(0, 5, 0)),
    "long upsert": lambda index: index.upsert(iter(rows(0, 20, 0)), batch_size=6),
    "bulk load": lambda index: index.bulk_load(rows(0, ROWS, 0)),
    "iteration": lambda index: list(index),
    "build": lambda index: index.build(m=8),
    "metadata index": lambda index: index.create_metadata_index("color", "string"),
    "namespace index": lambda index: index.create_namespace_index(BIG),
}
_TEXT = str(VECTOR.tolist())
IN_SQL = {
    "query": f"select id from pgvectorize.query('docs', '{_TEXT}')",
    "query with a filter": f"""
        select id from pgvectorize.query('docs', '{_TEXT}', filter => '{{"color": "red"}}')
    """,
    "query_by_id": "select id from pgvectorize.query_by_id('docs', 'v00001')",
    "query_many": f"select id from pgvectorize.query_many('docs', array['{_TEXT}']::vector[])",
    "get_by_ids": "select id from pgvectorize.get_by_ids('docs', '{v00001, v00002}')",
    "list_vectors": "select count from pgvectorize.list_vectors('docs')",
    "count": "select pgvectorize.count('docs')",
    "describe": "select vector_count from pgvectorize.describe('docs')",
    "facets": "select value from pgvectorize.facets('docs', 'color')",
    "list_namespaces": "select namespace from pgvectorize.list_namespaces('docs')",
    "usage": "select name from pgvectorize.usage()",
    "recall": "select recall from pgvectorize.recall('docs', queries => 5)",
    "upsert": f"""
        select count from pgvectorize.upsert('docs', vectors =>
            '[{{"id": "v00000", "values": {_TEXT}, "metadata": {{"color": "red"}}}}]')
    """,
    "update_metadata": """
        select count from pgvectorize.update_metadata('docs', '{"x": 1}', ids => '{v00001}')
    """,
    "delete_by_ids": "select count from pgvectorize.delete_by_ids('docs', '{v00003}')",
    "delete": """select count from pgvectorize.delete('docs', '{"number": 5}')""",
    "create_metadata_index": "select pgvectorize.create_metadata_index('docs', 'number', 'number')",
    "delete_metadata_index": "select pgvectorize.delete_metadata_index('docs', 'number')",
    "build": "select is_built from pgvectorize.build('docs')",
}


def recreate(client: Client) -> None:
    client.delete_index("docs")
    client.create_index("docs", dimensions=DIMENSIONS, metric="euclidean")
    client.index("docs").upsert(rows(0, ROWS, 0))


def rename(client: Client) -> None:
    client.update_index("docs", new_name="papers")
    client.update_index("papers", new_name="docs")


def swap(client: Client) -> None:
    """Another index takes the name."""
    client.update_index("docs", new_name="papers")
    client.update_index("empty", new_name="docs")
    client.update_index("docs", new_name="empty")
    client.update_index("papers", new_name="docs")


def truncate(client: Client) -> None:
    client.index("docs").truncate()
    client.index("docs").upsert(rows(0, ROWS, 0))


def rebuild(client: Client) -> None:
    client.index("docs").build(rebuild=True)


def rebuild_in_a_transaction(client: Client) -> None:
    client.index("docs").build(rebuild=True, concurrently=False)


def drop_and_build(client: Client) -> None:
    client.index("docs").drop_hnsw()
    client.index("docs").build()


@contextmanager
def running(calls: list[Callable[[], None]]) -> Iterator[list[str]]:
    """Make calls over and over, in six threads; what none may raise is in the list."""
    ended, failures = Event(), list[str]()

    def run(mine: list[Callable[[], None]]) -> None:
        turns = cycle(mine)
        while not ended.wait(0.01) and not failures:
            try:
                next(turns)()
            except Exception as error:
                failures.append(f"{error!r} ({getattr(error, 'sqlstate', None)})")

    threads = [Thread(target=run, args=(calls[first::6],)) for first in range(6)]
    for thread in threads:
        thread.start()
    try:
        yield failures
    finally:
        ended.set()
        for thread in threads:
            thread.join(timeout=120)


CHANGES = [recreate, rename, swap, truncate, rebuild, rebuild_in_a_transaction, drop_and_build]


@pytest.mark.parametrize("change", CHANGES)
def test_an_index_that_is_changed_under_running_calls(
    own: OwnServer, tally: Tally, change: Callable[[Client], None]
) -> None:
    """Each call gives an answer or one of our errors, in Python and in SQL."""
    counts: Counter[str] = Counter()

    def in_python(call: Callable[[Index], object]) -> Callable[[], None]:
        client = stack.enter_context(pgvectorize.connect(own.dsn, max_size=1))

        def run() -> None:
            try:
                call(client.index("docs"))
                counts["answers"] += 1
            except (NotFound, IndexBusy):
                counts["clear_errors"] += 1
            except InvalidRequest as error:
                # a cursor of the index before, or a namespace without an HNSW index to follow
                if "cursor" not in error.message and "no HNSW index" not in error.message:
                    raise
                counts["clear_errors"] += 1

        return run

    def in_sql(statement: str) -> Callable[[], None]:
        connection = stack.enter_context(psycopg.connect(own.dsn, autocommit=True))

        def run() -> None:
            try:
                connection.execute(statement.encode()).fetchall()
                counts["answers"] += 1
            except psycopg.Error as error:
                if not (error.sqlstate or "").startswith("PV"):
                    raise
                counts["clear_errors"] += 1

        return run

    with ExitStack() as stack, pgvectorize.connect(own.dsn) as client:
        calls = [in_python(call) for call in IN_PYTHON.values()]
        calls += [in_sql(statement) for statement in IN_SQL.values()]
        client.delete_index("docs")
        client.create_index("docs", dimensions=DIMENSIONS, metric="euclidean")
        client.index("docs").upsert(rows(0, ROWS, 0))
        with running(calls) as failures:
            ends = time.monotonic() + SECONDS / 4
            while (time.monotonic() < ends or not counts["changes"]) and not failures:
                try:
                    change(client)
                    counts["changes"] += 1
                except IndexBusy:
                    counts["busy"] += 1
                    put_right(client)
    assert failures == []
    assert counts["changes"]
    assert counts["answers"]
    with pgvectorize.connect(own.dsn) as client:
        client.index("docs").build()
        client.index("docs").upsert([row(8, 0)])
        assert client.index("docs").query(values(8, 0), top_k=1).matches[0].id == "v00008"
    tally.add(f"{change.__name__.replace('_', ' ')} under running calls", **counts, failures=0)


def put_right(client: Client) -> None:
    """Give the indexes back the names that a change which was refused has left."""
    for old, new in (("docs", "empty"), ("papers", "docs")):
        names = {index.name for index in client.list_indexes()}
        while new not in names and old in names:
            try:
                client.update_index(old, new_name=new)
            except (IndexBusy, IndexNotFound):
                continue
            break
