"""Queries in one namespace: of ten, and of a thousand."""

from __future__ import annotations

import numpy as np

from benchmarks.bench import Bench
from benchmarks.searches import Case, Searches


def run(bench: Bench) -> None:
    data = bench.data(bench.rows(None, 20_000))
    index, table = bench.loaded(data)
    searches = Searches(bench, index, table, data, bench.options.size(60, 20))
    of_row = np.array(data.namespaces)
    bench.sheet.table("namespaces", f"one namespace, {data}")
    for title, name in (("one of ten", "tenth-3"), ("one of a thousand", "thousandth-123")):
        searches.measure(Case(title, of_row == name, {"namespace": name}))
