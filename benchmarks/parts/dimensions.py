"""Other dimensions and precisions: size, time to build, latency and recall."""

from __future__ import annotations

from typing import Any

from benchmarks.bench import Bench, query_figures
from benchmarks.floor import hnsw_settings
from benchmarks.measure import Contestant, timed
from benchmarks.truth import TOP_K, Truth

NAME = "bench-dimensions"
DIMENSIONS = (384, 768, 1_536, 3_072)
EF_SEARCH = 100  # our default
OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"index_precision": "float16"},
    {"index_precision": "binary"},
    {"storage": "float16"},
)


def run(bench: Bench) -> None:
    rows = bench.rows(10_000, 2_000) or 10_000
    bench.sheet.table("dimensions", f"dimensions and precisions, {rows:,} rows (synthetic)")
    for dimensions in DIMENSIONS:
        for options in OPTIONS if dimensions in (384, 1_536) else OPTIONS[:1]:
            measure(bench, rows, dimensions, options)
    bench.client.delete_index(NAME)


def measure(bench: Bench, rows: int, dimensions: int, options: dict[str, Any]) -> None:
    data = bench.data(rows, f"synthetic-{dimensions}")
    count = bench.options.size(150, 50)
    table = bench.create(NAME, data, **options)
    index = bench.local.index(NAME)
    seconds, _ = timed(lambda: index.bulk_load(**data.columns()))
    table.vacuum()
    hnsw = table.hnsw()
    outcomes = bench.compare(
        {
            "by hand": Contestant(
                table.asking(table.nearest(), data.queries), hnsw_settings(EF_SEARCH)
            ),
            "ours": Contestant(lambda number: index.query(data.queries[number], top_k=TOP_K)),
        },
        range(count),
    )
    answer = Truth(data, count).answer()
    by_hand = outcomes["by hand"]
    bench.sheet.row(
        dimensions=dimensions,
        what=", ".join(f"{name} {value}" for name, value in options.items()) or "the defaults",
        searchable_s=seconds,
        rows_a_second=rows / seconds,
        table_MiB=table.size() / 2**20,
        hnsw_MiB=None if hnsw is None else table.size(hnsw[0]) / 2**20,
        **query_figures(outcomes["ours"], by_hand, answer),
        hand_p50_ms=by_hand.median * 1e3,
        hand_recall=answer.recall(by_hand.answers),
    )
