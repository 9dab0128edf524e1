"""A prototype, not part of the product: bursts of writes kept beside the graph, then sealed.

The graph covers the rows of epoch 1 only (a partial index). Newer rows enter a table that
has no graph for them, at the speed of a table, and a query searches both: the graph, and
the newer rows exactly. Sealing gives the newer rows a graph of their own, built in one go.
docs/decisions.md says what follows from the figures.
"""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.measure import Contestant, timed
from benchmarks.truth import TOP_K

GRAPH = f"""
    select id, embedding <=> %s as distance from burst where epoch = {{}}
    order by embedding <=> %s limit {TOP_K}
"""
NEWER = f"""
    select id, embedding <=> %s as distance from burst where epoch > 1
    order by (embedding <=> %s) + 0 limit {TOP_K}
"""
BOTH = f"""
    select id, distance from (({{}}) union all ({{}})) as nearest
    order by distance limit {TOP_K}
"""


def run(bench: Bench) -> None:
    data = bench.data(bench.rows(None, 20_000))
    _, table = bench.loaded(data)
    whole, burst, direct = len(data) // 2, len(data) // 4, bench.options.size(1_000, 200)
    connection = bench.connection

    def copy(first: int, count: int, epoch: int) -> float:
        """Copy rows from the index's table; return how many a second."""
        seconds, _ = timed(
            lambda: connection.execute(
                "insert into burst select id, embedding, metadata, %s from (select * from"
                f' {table.relation} order by id collate "C" offset %s limit %s) as taken',
                [epoch, first, count],
            )
        )
        return count / seconds

    connection.execute(
        f"""
        drop table if exists burst;
        create table burst (id text primary key, embedding vector({data.dimensions}) not null,
            metadata jsonb, epoch integer not null);
        set maintenance_work_mem = '1GB';
        """
    )
    copy(0, whole, 1)
    connection.execute("alter table burst set (parallel_workers = 2)")
    connection.execute(
        "create index on burst using hnsw (embedding vector_cosine_ops) where epoch = 1"
    )
    connection.execute("create index on burst (epoch) where epoch > 1")

    bench.sheet.table("writes", f"rows a second, {whole:,} of {data} in the graph")
    into_graph = copy(whole, direct, 1)
    beside = copy(whole + direct, burst, 2)
    seconds, _ = timed(
        lambda: connection.execute(
            "create index on burst using hnsw (embedding vector_cosine_ops) where epoch = 2"
        )
    )
    for by, rate in {
        "into the graph": into_graph,
        "beside the graph": beside,
        "sealed afterwards": burst / seconds,
    }.items():
        bench.sheet.row(by=by, rows_a_second=rate, ratio=rate / into_graph)

    def asking(statement: str, count: int) -> Contestant:
        return Contestant(
            lambda number: connection.execute(
                statement.encode(),
                [data.queries[number]] * count,
                prepare=True,
                binary=True,
            ).fetchall(),
            {"hnsw.ef_search": "100"},
        )

    bench.sheet.table("queries", "a query, graph of as many rows, by what lies beside it")
    connection.execute("vacuum analyze burst")
    graphs = asking(BOTH.format(GRAPH.format(1), GRAPH.format(2)), 4)
    sealed = bench.compare(
        {"graph": asking(GRAPH.format(1), 2), "two graphs": graphs},
        range(bench.options.size(300, 60)),
    )
    bench.sheet.row(
        beside=f"a graph of {burst:,}", ratio=sealed["two graphs"].median / sealed["graph"].median
    )
    for kept in (burst, 5_000, 2_000, 1_000, 0):
        connection.execute(
            "delete from burst where epoch = 2 and id not in"
            " (select id from burst where epoch = 2 order by id limit %s)",
            [kept],
        )
        connection.execute("vacuum analyze burst")
        outcomes = bench.compare(
            {
                "graph": asking(GRAPH.format(1), 2),
                "both": asking(BOTH.format(GRAPH.format(1), NEWER), 4),
            },
            range(bench.options.size(100, 30)),
        )
        bench.sheet.row(
            beside=f"{kept:,} rows", ratio=outcomes["both"].median / outcomes["graph"].median
        )
    connection.execute("drop table burst")
