"""HNSW indexes of namespaces: which query walks them; built beside other sessions, and mended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import psycopg
import pytest

import pgvectorize
from pgvectorize import Client, Index, IndexBuild, IndexBusy, PgVectorizeError

Connection = psycopg.Connection[tuple[object, ...]]

ROWS, DIMENSIONS = 20_000, 8
VALUES = np.random.default_rng(3).normal(size=(ROWS, DIMENSIONS)).astype(np.float32)

# Of every HNSW index that the table has: what it is of, how it is built, and is it valid?
BUILT = """
    array(
        select concat_ws(
            ' ',
            case when index.indpred is null then 'all' else 'namespace' end,
            substring(class.relname, '_(new)_'),
            (class.reloptions::text[])[1],
            case when not index.indisvalid then 'INVALID' end
        )
        from pg_index as index
        join pg_class as class on class.oid = index.indexrelid
        join pg_am as method on method.oid = class.relam and method.amname = 'hnsw'
        join pgvectorize_private.indexes as target on target.relation = index.indrelid
        where target.name = %s
        order by 1
    )
"""
IN_USE = ["all m=16", "namespace m=16"]
HALF = ["all m=16", "namespace new m=16 INVALID"]


def built(connection: Connection, index: Index) -> object:
    row = connection.execute(f"select {BUILT}", [index.name]).fetchone()
    assert row is not None
    return row[0]


def notes_others(connection: Connection, index: Index) -> object:
    """Does the catalog say that there are HNSW indexes besides that of all vectors?"""
    row = connection.execute(
        "select has_other_hnsw from pgvectorize_private.indexes where name = %s", [index.name]
    ).fetchone()
    assert row is not None
    return row[0]


def fill(index: Index) -> None:
    """Half of the vectors in one namespace, a quarter in another, and few in a third."""
    index.bulk_load(
        ids=[f"v{row:05}" for row in range(ROWS)],
        values=VALUES,
        namespaces=[
            "few" if row % 600 == 1 else ("half", "quarter", "half", None)[row % 4]
            for row in range(ROWS)
        ],
        metadata=[{"tenth": row % 10} for row in range(ROWS)],
    )


# Which query walks which


@pytest.fixture(scope="module")
def planned(client: Client) -> Iterator[Index]:
    client.create_index("namespaces-planned", dimensions=DIMENSIONS, metric="euclidean")
    index = client.index("namespaces-planned")
    fill(index)
    for namespace in ("half", "quarter"):
        index.create_namespace_index(namespace)
    yield index
    client.delete_index(index.name)


@pytest.fixture
def own(connection: Connection) -> Client:
    """A client over a session that shows the plans of its searches."""
    connection.execute("load 'auto_explain'")
    for setting, value in {
        "auto_explain.log_min_duration": "0",
        "auto_explain.log_nested_statements": "on",
        "auto_explain.log_format": "json",
        "client_min_messages": "log",
    }.items():
        connection.execute("select set_config(%s, %s, false)", [setting, value])
    return Client(connection)


@pytest.fixture
def used(planned: Index, own: Client, connection: Connection) -> Callable[..., list[str]]:
    """Run something and return the conditions of the HNSW indexes that its searches use, in turn.

    "all" is that of all vectors, None no HNSW index.
    """
    conditions = {
        str(name): str(namespace or "all")
        for name, namespace in connection.execute(
            """
            select class.relname,
                (regexp_match(pg_get_expr(index.indpred, index.indrelid), '''(.*)'''))[1]
            from pg_index as index
            join pg_class as class on class.oid = index.indexrelid
            join pg_am as method on method.oid = class.relam and method.amname = 'hnsw'
            where index.indrelid = %s::regclass
            """,
            [planned.info().relation],
        )
    }
    plans: list[str] = []

    def keep(notice: psycopg.errors.Diagnostic) -> None:
        _, _, plan = (notice.message_primary or "").partition("plan:\n")
        if "as nearest" in plan:
            plans.append(plan)

    connection.add_notice_handler(keep)

    def run(search: Callable[[Index], Any]) -> list[str]:
        plans.clear()
        search(own.index(planned.name))
        print(*plans, sep="\n")  # pytest shows it when the test fails
        assert plans
        return [
            conditions[index]
            for plan in plans
            for index in _indexes(json.loads(plan)["Plan"])
            if index in conditions
        ]

    return run


def _indexes(node: dict[str, Any]) -> Iterator[str]:
    if "Index Name" in node:
        yield node["Index Name"]
    for inner in node.get("Plans", []):
        yield from _indexes(inner)


@pytest.mark.parametrize(
    ("options", "walked"),
    [
        ({"namespace": "half"}, ["half"]),
        ({"namespace": "quarter"}, ["quarter"]),
        ({"namespace": ["half"]}, ["half"]),
        ({"namespace": "half", "top_k": 100}, ["half"]),
        ({"namespace": "half", "filter": {"tenth": {"$lt": 9}}}, ["half"]),
        ({"namespace": "half", "exclude_ids": ["v00000"]}, ["half"]),
        ({"namespace": "half", "return_metadata": "all", "return_values": True}, ["half"]),
        ({}, ["all"]),
        ({"namespace": ["half", "quarter"]}, ["all"]),
        ({"namespace": [None, "half"]}, ["all"]),
        ({"namespace": "few"}, []),
        ({"namespace": "half", "exact": True}, []),
    ],
    ids=str,
)
def test_a_query_in_a_namespace_walks_its_own(
    used: Callable[..., list[str]], options: dict[str, Any], walked: list[str]
) -> None:
    assert used(lambda index: index.query(VALUES[0] + 0.1, **options)) == walked


def test_so_does_a_query_by_id(used: Callable[..., list[str]]) -> None:
    assert used(lambda index: index.query_by_id("v00003", namespace="quarter")) == ["quarter"]


def test_many_queries_do_so_in_one_statement(used: Callable[..., list[str]]) -> None:
    assert used(lambda index: index.query_many(VALUES[:20], namespace="half")) == ["half"]
    filtered = used(
        lambda index: index.query_many(
            VALUES[:3], namespace="half", filters=[None, {"tenth": {"$lt": 9}}, None]
        )
    )
    assert filtered == ["half"] * 3


@pytest.mark.parametrize("options", [{}, {"filter": {"tenth": {"$lt": 9}}}], ids=str)
def test_a_walk_that_finds_too_few_is_noticed(
    client: Client, make_index: Callable[..., str], connection: Connection, options: dict[str, Any]
) -> None:
    """What is near the query is deleted, and not vacuumed, so that a walk ends among the dead."""
    index = client.index(make_index(dimensions=DIMENSIONS, metric="euclidean"))
    connection.execute(
        f"alter table {index.info().relation} set (autovacuum_enabled = off)".encode()
    )
    fill(index)
    index.create_namespace_index("half")
    near = index.query(VALUES[0], top_k=1_000, namespace="half", exact=True)
    index.delete_by_ids([match.id for match in near])
    with connection.transaction():
        own = Client(connection).index(index.name)
        for top_k in (5, 100):
            assert own.query(VALUES[0], top_k=top_k, namespace="half", **options).count == top_k
            (many,) = own.query_many(VALUES[:1], top_k=top_k, namespace="half", **options)
            assert many.count == top_k
        walks = connection.execute(
            "select (pgvectorize_private._hnsw_scan_counters("
            "null, pgvectorize_private._other_hnsw_indexes(index)))[1]"
            " from pgvectorize_private._find_index(%s) as index",
            [index.name],
        ).fetchone()
    assert walks is not None
    assert walks[0] != 0


def test_one_that_an_adopted_table_brought_is_counted_too(
    client: Client, connection: Connection, make_index: Callable[..., str]
) -> None:
    name = make_index()
    client.delete_index(name)
    connection.execute(
        f"""
        create table "{name}" (id text primary key, namespace text not null, e vector(2));
        create index on "{name}" using hnsw (e vector_l2_ops) where namespace = 'a';
        """.encode()
    )
    client.adopt_index(
        name,
        f'"{name}"',
        id_column="id",
        embedding_column="e",
        namespace_column="namespace",
        metric="euclidean",
        in_place=True,
    )
    assert notes_others(connection, client.index(name)) is True


# Built beside other sessions


@pytest.fixture
def index(client: Client, make_index: Callable[..., str]) -> Index:
    index = client.index(make_index(dimensions=DIMENSIONS, metric="euclidean"))
    index.upsert(
        ids=[f"v{row:03}" for row in range(300)],
        values=VALUES[:300],
        namespaces=[("a", "b")[row % 2] for row in range(300)],
    )
    return index


@pytest.fixture
def in_sql(connection: Connection, index: Index) -> Index:
    """The index over a borrowed connection, where SQL functions build."""
    return Client(connection).index(index.name)


def is_right(index: Index) -> bool:
    return all(
        [match.id for match in index.query(VALUES[row], top_k=1, namespace="ab"[row % 2])]
        == [f"v{row:03}"]
        for row in range(0, 300, 30)
    )


@contextmanager
def build_that_waits(
    dsn: str,
    index: Index,
    eventually: Callable[..., None],
    build: Callable[[], IndexBuild] | None = None,
    state: list[str] | None = None,
) -> Iterator[Future[IndexBuild]]:
    """A concurrent build, on its way for as long as an older writer does not end."""
    with ThreadPoolExecutor(1) as elsewhere, psycopg.connect(dsn) as writer:
        Client(writer).index(index.name).upsert([("open", [50.0] * DIMENSIONS, "a")])
        on_its_way = elsewhere.submit(build or (lambda: index.create_namespace_index("a")))
        eventually(f"{BUILT} = %s::text[]", index.name, state or HALF)
        yield on_its_way
        writer.rollback()
        on_its_way.exception(timeout=30)


def end_the_build(connection: Connection) -> None:
    connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_progress_create_index "
        "where datname = current_database()"
    )


@pytest.fixture
def leftover(
    dsn: str, connection: Connection, index: Index, eventually: Callable[..., None]
) -> Index:
    """An index with what is left of a build whose backend was killed."""
    with build_that_waits(dsn, index, eventually) as build:
        end_the_build(connection)
        with pytest.raises(PgVectorizeError):
            build.result(timeout=10)
    assert built(connection, index) == HALF
    assert index.list_namespace_indexes() == []
    assert is_right(index)
    return index


def test_a_leftover_is_mended(leftover: Index, connection: Connection) -> None:
    assert leftover.create_namespace_index("a").is_built
    assert built(connection, leftover) == IN_USE
    assert is_right(leftover)


def test_a_leftover_is_mended_in_sql(
    leftover: Index, in_sql: Index, connection: Connection
) -> None:
    assert in_sql.create_namespace_index("a").is_built
    assert built(connection, leftover) == IN_USE


def test_a_leftover_goes_with_the_next_build(leftover: Index, connection: Connection) -> None:
    leftover.build()
    assert built(connection, leftover) == ["all m=16"]


def test_a_live_build_is_left_alone(
    dsn: str, index: Index, in_sql: Index, connection: Connection, eventually: Callable[..., None]
) -> None:
    with build_that_waits(dsn, index, eventually) as build:
        for face in (index, in_sql):
            for namespace in ("a", "b"):
                with pytest.raises(IndexBusy, match="being built by another session"):
                    face.create_namespace_index(namespace)
            with pytest.raises(IndexBusy):
                face.build(rebuild=True)
        assert index.upsert([("late", [60.0] * DIMENSIONS, "a")]).count == 1
    assert build.result().is_built
    assert built(connection, index) == IN_USE
    found = index.query([60.0] * DIMENSIONS, top_k=1, namespace="a")
    assert [match.id for match in found] == ["late"]


def test_of_two_that_build_at_once_neither_breaks_the_other(
    dsn: str, index: Index, connection: Connection
) -> None:
    def build(namespace: str) -> bool:
        with pgvectorize.connect(dsn) as client:
            try:
                client.index(index.name).create_namespace_index(namespace)
            except IndexBusy:
                return False
            return True

    for namespaces in (("a", "a"), ("a", "b")):
        with ThreadPoolExecutor(2) as elsewhere:
            assert any(elsewhere.map(build, namespaces))
        for each in index.list_namespace_indexes():
            assert each.is_built
            index.delete_namespace_index(each.namespace)
        index.build()  # what one that lost left behind
        assert built(connection, index) == ["all m=16"]


def test_a_valid_one_that_was_not_put_in_its_place_is_taken_up(
    connection: Connection, index: Index
) -> None:
    rows = connection.execute(
        "select statement from pgvectorize_private._next_namespace_hnsw_statement(%s, 'a', 0)",
        [index.name],
    ).fetchall()
    connection.execute(str(rows[0][0]).encode())
    assert built(connection, index) == ["all m=16", "namespace new m=16"]
    assert notes_others(connection, index) is True
    assert is_right(index)
    assert index.create_namespace_index("a").is_built is False  # nothing had to be built
    assert built(connection, index) == IN_USE


def test_the_catalog_says_whether_there_are_others(index: Index, connection: Connection) -> None:
    assert notes_others(connection, index) is False
    index.create_namespace_index("a")
    index.create_namespace_index("b")
    index.delete_namespace_index("a")
    assert notes_others(connection, index) is True
    index.build(m=8)
    assert notes_others(connection, index) is True
    index.delete_namespace_index("b")
    assert notes_others(connection, index) is False
    index.build(rebuild=True)
    assert notes_others(connection, index) is False


def test_it_takes_its_place_with_that_of_all_vectors(
    dsn: str, index: Index, connection: Connection, eventually: Callable[..., None]
) -> None:
    """Until then queries use the old ones; a killed build leaves them."""
    index.create_namespace_index("a")
    half = [*IN_USE, "all new m=8 INVALID"]
    with build_that_waits(dsn, index, eventually, lambda: index.build(m=8), sorted(half)) as build:
        end_the_build(connection)
        with pytest.raises(PgVectorizeError):
            build.result(timeout=10)
    assert is_right(index)
    assert index.build(m=8).is_built
    assert built(connection, index) == ["all m=8", "namespace m=8"]
    assert is_right(index)


def test_one_entered_while_another_precision_is_built_is_built_again(
    index: Index, connection: Connection
) -> None:
    """Between the last look of a build and its lock; it is dropped, and said by name."""
    rows = connection.execute(
        "select statement from pgvectorize_private._next_hnsw_statement(%s, 8, null, null, null,"
        " null, false, 0)",
        [index.name],
    ).fetchall()
    connection.execute(str(rows[0][0]).encode())
    index.create_namespace_index("a")
    notices: list[str] = []
    connection.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
    connection.execute(
        """
        select pgvectorize_private._swap_hnsw(
            pgvectorize_private._with_hnsw_options(target, 8, null, null)
        )
        from pgvectorize_private.indexes as target where target.name = %s
        """,
        [index.name],
    )
    assert notices == [
        f'the HNSW index of namespace "a" of index "{index.name}" must be built again'
    ]
    assert [each.is_built for each in index.list_namespace_indexes()] == [False]
    assert index.create_namespace_index("a").is_built
    assert built(connection, index) == ["all m=8", "namespace m=8"]


def test_a_bulk_load_sets_it_aside_and_brings_it_back(index: Index, connection: Connection) -> None:
    index.create_namespace_index("a")
    load = index.bulk_load(
        ids=[f"w{row}" for row in range(4_000)], values=VALUES[:4_000] + 30, rebuild=True
    )
    assert load.build is not None
    assert built(connection, index) == IN_USE
    assert is_right(index)


@pytest.mark.parametrize("precision", ["float16", "binary"])
def test_it_has_the_precision_of_that_of_all_vectors(
    client: Client, make_index: Callable[..., str], connection: Connection, precision: str
) -> None:
    index = client.index(make_index(dimensions=64, metric="cosine", index_precision=precision))
    values = np.random.default_rng(1).normal(size=(400, 64))
    index.upsert(ids=[f"v{row:03}" for row in range(400)], values=values, namespaces="a")
    index.create_namespace_index("a")
    rows = connection.execute(
        """
        select count(distinct pg_get_indexdef(index.indexrelid, 1, true)), count(*)
        from pg_index as index
        join pg_class as class on class.oid = index.indexrelid
        join pg_am as method on method.oid = class.relam and method.amname = 'hnsw'
        where index.indrelid = %s::regclass
        """,
        [index.info().relation],
    ).fetchall()
    assert rows == [(1, 2)]
    found = index.query(values[5], top_k=1, namespace="a")
    assert [match.id for match in found] == ["v005"]
