"""Filtered queries of every selectivity, against the best plan that could be chosen by hand."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.searches import Case, Searches

SELECTIVITIES = (0.0001, 0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 0.9)
PROPERTIES = ("scattered", "clustered")


def run(bench: Bench) -> None:
    data = bench.data(bench.rows(None, 20_000))
    index, table = bench.loaded(data)
    searches = Searches(bench, index, table, data, bench.options.size(40, 20))
    for suffix, words in (("_indexed", "with a metadata index"), ("", "without a metadata index")):
        for name in PROPERTIES:
            bench.sheet.table(
                f"{name}{suffix}",
                f"a {name} filter {words}, {data}",
            )
            values = data.numbers(name)
            for share in SELECTIVITIES:
                options = {"filter": {name + suffix: {"$lt": share}}}
                searches.measure(Case(f"{share:.2%}", values < share, options))
