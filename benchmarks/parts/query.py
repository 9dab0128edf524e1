"""Unfiltered queries: latency and CPU against hand-written SQL, throughput of threads and tasks."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
from pgvector.psycopg import register_vector_async
from psycopg_pool import AsyncConnectionPool

import pgvectorize
from benchmarks.bench import Bench, connect, query_figures
from benchmarks.datasets import DataSet
from benchmarks.floor import Table, applying, hnsw_settings
from benchmarks.measure import DIFFERENT, Ask, Contestant, rounds, throughput
from benchmarks.truth import TOP_K, Truth
from pgvectorize import Index

EF_SEARCH = 100  # our default
CONNECTIONS = (1, 4, 8)
EXACT_EVERY = 10  # rounds: it takes long
FEW = 10_000  # rows
TASKS, POOL = 64, 8


def run(bench: Bench) -> None:
    data = bench.data(bench.rows(None, 20_000))
    index, table = bench.loaded(data)
    latency(bench, "latency", index, table, data)
    if len(data) > FEW:  # where the search is short, what surrounds it counts
        few = bench.data(FEW)
        latency(bench, "latency-few", *bench.loaded(few), few)
    at_once(bench, index, table, data)
    tasks(bench, index, table, data)


def latency(bench: Bench, key: str, index: Index, table: Table, data: DataSet) -> None:
    pooled = bench.client.index(index.name)

    def ours(**options: Any) -> Ask:
        return lambda number: index.query(data.queries[number], top_k=TOP_K, **options)

    in_sql = (
        "select id, score from pgvectorize.query("
        f"index => '{index.name}', vector => %(vector)s, top_k => {TOP_K})"
    )
    count = bench.options.size(500, 150)
    outcomes = bench.compare(
        {
            "SQL by hand, prepared": Contestant(
                table.asking(table.nearest(), data.queries), hnsw_settings(EF_SEARCH)
            ),
            "SQL by hand, by distance, id": Contestant(
                table.asking(table.nearest(then=", id"), data.queries),
                hnsw_settings(EF_SEARCH, sort=True),
            ),
            "pgvectorize.query(…) in SQL": Contestant(table.asking(in_sql, data.queries)),
            "Index.query(…)": Contestant(ours()),
            "Index.query(…), from a pool": Contestant(
                lambda number: pooled.query(data.queries[number], top_k=TOP_K)
            ),
            "Index.query(…), with metadata": Contestant(ours(return_metadata="all")),
            "Index.query(…), exact": Contestant(ours(exact=True), every=EXACT_EVERY),
        },
        range(count),
    )
    answer = Truth(data, count).answer()
    floor = next(iter(outcomes.values()))
    bench.sheet.table(key, f"a query on one connection, {data}, top_k {TOP_K}")
    for name, outcome in outcomes.items():
        cpu, floor_cpu = (statistics.median(each.cpu_seconds) for each in (outcome, floor))
        bench.sheet.row(
            by=name,
            **query_figures(outcome, floor, answer),
            client_CPU_ms=cpu * 1e3,
            CPU_ratio=cpu / floor_cpu,
        )


def at_once(bench: Bench, index: Index, table: Table, data: DataSet) -> None:
    """Measure how many queries a second threads get, each by a connection of its own.

    Ours share one client, and its pool of as many connections.
    """
    bench.sheet.table("throughput", f"queries a second of threads, {data}, top_k {TOP_K}")
    for connections in CONNECTIONS:
        with pgvectorize.connect(bench.dsn, min_size=connections, max_size=connections) as client:
            workers = {
                "by hand": [partial(_by_hand, bench, table, data)] * connections,
                "ours": [partial(_ours, client.index(index.name), data)] * connections,
            }
            outcomes = rounds(
                {name: partial(throughput, found, 1.5) for name, found in workers.items()},
                bench.options.size(3, 1),
            )
        by_hand, ours = (
            statistics.median(rate for _, rate in outcomes[name].answers) for name in workers
        )
        bench.sheet.row(connections=connections, by_hand=by_hand, ours=ours, ratio=ours / by_hand)


def tasks(bench: Bench, index: Index, table: Table, data: DataSet) -> None:
    """Measure how many queries a second many tasks get that share a pool of few connections."""
    outcomes = rounds(
        {
            "by hand": lambda: asyncio.run(_tasks_by_hand(bench, table, data)),
            "ours": lambda: asyncio.run(_tasks_of_ours(bench, index, data)),
        },
        bench.options.size(3, 1),
    )
    by_hand, ours = (
        statistics.median(rate for _, rate in outcome.answers) for outcome in outcomes.values()
    )
    bench.sheet.table(
        "tasks",
        f"queries a second of tasks on a pool of {POOL} connections, {data}, top_k {TOP_K}",
    )
    bench.sheet.row(tasks=TASKS, by_hand=by_hand, ours=ours, ratio=ours / by_hand)


async def _tasks_by_hand(bench: Bench, table: Table, data: DataSet) -> float:
    statement = table.nearest()

    async def configure(connection: psycopg.AsyncConnection[Any]) -> None:
        await register_vector_async(connection)
        for name, value in hnsw_settings(EF_SEARCH).items():
            await connection.execute("select set_config(%s, %s, false)", [name, value])

    pool = AsyncConnectionPool(
        bench.dsn,
        kwargs={"autocommit": True},
        min_size=POOL,
        max_size=POOL,
        configure=configure,
        open=False,
    )
    async with pool:
        await pool.wait()

        async def ask(number: int) -> Any:
            async with pool.connection() as connection:
                cursor = await connection.execute(
                    statement, {"vector": data.queries[number]}, prepare=True, binary=True
                )
                return await cursor.fetchall()

        return await _rate_of_tasks(ask)


async def _tasks_of_ours(bench: Bench, index: Index, data: DataSet) -> float:
    connecting = pgvectorize.AsyncClient.connect(bench.dsn, min_size=POOL, max_size=POOL)
    async with await connecting as client:
        ours = client.index(index.name)
        return await _rate_of_tasks(lambda number: ours.query(data.queries[number], top_k=TOP_K))


async def _rate_of_tasks(ask: Callable[[int], Awaitable[Any]]) -> float:
    async def work(number: int, until: float) -> int:
        count = 0
        while time.perf_counter() < until:
            await ask((number * 97 + count) % DIFFERENT)
            count += 1
        return count

    async def all_of_them(seconds: float) -> float:
        start = time.perf_counter()
        counts = await asyncio.gather(*(work(each, start + seconds) for each in range(TASKS)))
        return sum(counts) / (time.perf_counter() - start)

    await all_of_them(0.3)
    return await all_of_them(1.5)


@contextmanager
def _by_hand(bench: Bench, table: Table, data: DataSet) -> Iterator[Ask]:
    with connect(bench.dsn) as connection:
        applying(connection)(Contestant(lambda _: None, hnsw_settings(EF_SEARCH)))
        yield Table(connection, table.relation).asking(table.nearest(), data.queries)


@contextmanager
def _ours(index: Index, data: DataSet) -> Iterator[Ask]:
    yield lambda number: index.query(data.queries[number], top_k=TOP_K)
