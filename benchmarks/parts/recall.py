"""Recall and latency over `ef_search`, on both real data sets; what measuring and tuning take."""

from __future__ import annotations

from functools import partial

from benchmarks.bench import Bench
from benchmarks.datasets import NAMES
from benchmarks.floor import hnsw_settings
from benchmarks.measure import Contestant, timed
from benchmarks.truth import TOP_K, Truth

NAME = "bench-tune"
BREADTHS = (10, 20, 40, 70, 100, 150, 200, 400, 800)


def run(bench: Bench) -> None:
    chosen = bench.options.dataset
    for name in NAMES if chosen == "wordnet" else (chosen,):
        measure(bench, name)
    tuning(bench)


def measure(bench: Bench, dataset: str) -> None:
    data = bench.data(bench.rows(None, 20_000), dataset)
    index, table = bench.loaded(data)
    count = bench.options.size(200, 100)
    answer = Truth(data, count).answer()

    bench.sheet.table(f"default-{dataset}", f"the defaults, {data}")
    outcomes = bench.compare(
        {
            "Index.query(…)": Contestant(
                lambda number: index.query(data.queries[number], top_k=TOP_K)
            )
        },
        range(count),
    )
    for by, outcome in outcomes.items():
        bench.sheet.row(by=by, p50_ms=outcome.median * 1e3, recall=answer.recall(outcome.answers))

    ask = table.asking(table.nearest(), data.queries)
    bench.sheet.table(f"curve-{dataset}", f"recall@10 and latency over ef_search, {data}")
    for breadth in BREADTHS:
        outcomes = bench.compare(
            {
                "by hand": Contestant(ask, hnsw_settings(breadth)),
                "ours": Contestant(
                    partial(
                        lambda number, breadth: index.query(
                            data.queries[number], top_k=TOP_K, ef_search=breadth
                        ),
                        breadth=breadth,
                    )
                ),
            },
            range(count),
        )
        by_hand, ours = outcomes["by hand"], outcomes["ours"]
        bench.sheet.row(
            ef_search=breadth,
            recall=answer.recall(ours.answers),
            p50_ms=ours.median * 1e3,
            p95_ms=ours.percentile(95) * 1e3,
            hand_recall=answer.recall(by_hand.answers),
            hand_p50_ms=by_hand.median * 1e3,
            ratio=ours.median / by_hand.median,
        )


def tuning(bench: Bench) -> None:
    """Measure `tune` after `recall`, which has measured most of it, and `tune` alone."""
    data = bench.data(bench.rows(50_000, 10_000))
    bench.create(NAME, data)
    index = bench.client.index(NAME)
    index.bulk_load(**data.columns())
    bench.sheet.table("tuning", f"measuring recall and tuning to 0.98, {data}")
    recalled, _ = timed(index.recall)
    after, point = timed(lambda: index.tune(0.98))
    index.upsert(ids=data.ids[:1], values=data.vectors[:1], metadata=[{"changed": True}])
    alone, _ = timed(lambda: index.tune(0.98))
    for what, seconds in (
        ("Index.recall()", recalled),
        ("Index.tune(0.98), after it", after),
        ("Index.tune(0.98), after a write", alone),
    ):
        bench.sheet.row(by=what, seconds=seconds, ratio=seconds / alone, ef_search=point.ef_search)
    bench.client.delete_index(NAME)
