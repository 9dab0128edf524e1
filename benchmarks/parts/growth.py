"""How everything grows with the rows: 10,000 to 300,000, or to `--rows`, say 1,000,000."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.bench import Bench
from benchmarks.datasets import DataSet
from benchmarks.floor import hnsw_settings
from benchmarks.measure import Contestant, Outcome, timed
from benchmarks.truth import TOP_K, Truth

NAME = "bench-growth"
DATASET = "synthetic-128"
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
EF_SEARCH = 100  # our default


def run(bench: Bench) -> None:
    largest = bench.rows(300_000, 30_000) or SIZES[-1]
    bench.sheet.table("growth", "from few rows to many, 128 dimensions (synthetic)")
    for rows in SIZES:
        if rows <= largest:
            measure(bench, bench.data(rows, DATASET))
    bench.client.delete_index(NAME)


def measure(bench: Bench, data: DataSet) -> None:
    """Load an index, add a row of figures."""
    count = bench.options.size(100, 30)
    table = bench.create(NAME, data)
    index = bench.local.index(NAME)
    seconds, _ = timed(lambda: index.bulk_load(**data.columns()))
    indexing, _ = timed(
        lambda: bench.client.index(NAME).create_metadata_index("scattered_indexed", "number")
    )
    table.vacuum()
    hnsw = table.hnsw()
    assert hnsw is not None

    def ours(**options: Any) -> Contestant:
        return Contestant(
            partial(
                lambda options, number: index.query(data.queries[number], top_k=TOP_K, **options),
                options,
            )
        )

    outcomes = bench.compare(
        {
            "by hand": Contestant(
                table.asking(table.nearest(), data.queries), hnsw_settings(EF_SEARCH)
            ),
            "ours": ours(),
            "0.1 %": ours(filter={"scattered_indexed": {"$lt": 0.001}}),
            "1 %": ours(filter={"scattered_indexed": {"$lt": 0.01}}),
            "10 %": ours(filter={"scattered_indexed": {"$lt": 0.1}}),
        },
        range(count),
    )
    truth = Truth(data, count)
    tenth = truth.answer(data.numbers("scattered") < 0.1)
    upserts = Outcome(
        [
            timed(partial(index.upsert, [(f"new-{number}", data.queries[number])]))[0]
            for number in range(20)
        ]
    )
    bench.sheet.row(
        rows=len(data),
        searchable_s=seconds,
        rows_a_second=len(data) / seconds,
        metadata_index_s=indexing,
        table_MiB=table.size() / 2**20,
        hnsw_MiB=table.size(hnsw[0]) / 2**20,
        hand_p50_ms=outcomes["by hand"].median * 1e3,
        p50_ms=outcomes["ours"].median * 1e3,
        ratio=outcomes["ours"].median / outcomes["by hand"].median,
        recall=truth.answer().recall(outcomes["ours"].answers),
        filter_01_percent_ms=outcomes["0.1 %"].median * 1e3,
        filter_1_percent_ms=outcomes["1 %"].median * 1e3,
        filter_10_percent_ms=outcomes["10 %"].median * 1e3,
        filter_10_percent_recall=tenth.recall(outcomes["10 %"].answers),
        upsert_ms=upserts.median * 1e3,
    )
