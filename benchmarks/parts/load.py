"""Loading: against a binary COPY, and from raw data to a searchable index."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.bench import Bench
from benchmarks.floor import copy_buffer
from benchmarks.measure import Outcome, rounds

NAME = "bench-load"


def run(bench: Bench) -> None:
    without_hnsw(bench)
    searchable(bench)
    bench.client.delete_index(NAME)


def without_hnsw(bench: Bench) -> None:
    data = bench.data(bench.rows(50_000, 10_000))
    table = bench.create(NAME, data, hnsw=False)
    index = bench.local.index(NAME)
    buffer = copy_buffer(data)
    outcomes = rounds(
        {
            "binary COPY of a ready buffer": lambda: table.copy(buffer),
            "Index.bulk_load(…)": lambda: index.bulk_load(**data.columns()),
            "Index.insert(…)": lambda: index.insert(**data.columns()),
            "Index.upsert(…)": lambda: index.upsert(**data.columns()),
            "Index.upsert(…, atomic=False)": lambda: index.upsert(**data.columns(), atomic=False),
        },
        bench.options.size(5, 3),
        table.truncate,
    )
    bench.sheet.table(
        "load",
        f"loading into a table without HNSW, {data}",
    )
    report(bench, len(data), outcomes)


def searchable(bench: Bench) -> None:
    data = bench.data(bench.rows(50_000, 10_000)).head(bench.rows(25_000, 10_000) or 25_000)
    buffer = copy_buffer(data)
    hnsw = bench.create(NAME, data).drop_hnsw()

    def by_hand() -> None:
        table = bench.table(NAME)
        table.drop_hnsw()
        table.copy(buffer)
        bench.connection.execute(hnsw)
        bench.connection.execute(f"analyze {table.relation}")

    outcomes = rounds(
        {
            "COPY, CREATE INDEX and ANALYZE by hand": by_hand,
            "Index.bulk_load(…)": lambda: bench.local.index(NAME).bulk_load(**data.columns()),
            # the first load of a client with connections of its own
            "Index.upsert(…)": lambda: bench.client.index(NAME).upsert(**data.columns()),
            "Index.insert(…)": lambda: bench.client.index(NAME).insert(**data.columns()),
        },
        bench.options.size(3, 2),
        lambda: bench.create(NAME, data),
    )
    bench.sheet.table(
        "searchable",
        f"from raw data to a searchable index, {data}",
    )
    report(bench, len(data), outcomes)


def report(bench: Bench, rows: int, outcomes: Mapping[str, Outcome]) -> None:
    """Add a row for each; the first one is the floor."""
    floor = next(iter(outcomes.values())).median
    for by, outcome in outcomes.items():
        bench.sheet.row(
            by=by,
            seconds=outcome.median,
            rows_a_second=rows / outcome.median,
            time_ratio=outcome.median / floor,
            rate_ratio=floor / outcome.median,
        )
