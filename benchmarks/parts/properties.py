"""Filters on two properties, both, one or none of them with a metadata index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.bench import Bench
from benchmarks.datasets import Array, DataSet
from benchmarks.searches import Case, Searches


def run(bench: Bench) -> None:
    data = bench.data(bench.rows(None, 20_000))
    index, table = bench.loaded(data)
    searches = Searches(bench, index, table, data, bench.options.size(40, 20))
    bench.sheet.table("properties", f"two properties, {data}")
    for filter in filters(data.name):
        searches.measure(Case(titled(filter), matching(data, filter), {"filter": filter}))


def filters(dataset: str) -> list[dict[str, Any]]:
    """Return the filters, both properties with a metadata index first."""
    of_any: list[dict[str, Any]] = [
        {"scattered_indexed": {"$lt": 0.1}, "clustered_indexed": {"$lt": 0.1}},
        {"scattered_indexed": {"$lt": 0.01}, "clustered_indexed": {"$lt": 0.5}},
        {"scattered_indexed": {"$lt": 0.1}, "clustered": {"$lt": 0.1}},
        {"scattered": {"$lt": 0.1}, "clustered": {"$lt": 0.1}},
    ]
    of_wordnet: list[dict[str, Any]] = [
        {"pos": "verb", "words": {"$lt": 2}},
        {"lexname": "noun.animal", "words": {"$lt": 3}},
        {"lexname": "noun.food", "has_example": False},
    ]
    return of_any + (of_wordnet if dataset == "wordnet" else [])


def matching(data: DataSet, filter: Mapping[str, Any]) -> Array:
    """Return which rows satisfy a filter of equalities and `$lt`, `(n,)` boolean."""

    def holds(row: Mapping[str, Any]) -> bool:
        return all(
            row[name] < wanted["$lt"] if isinstance(wanted, Mapping) else row[name] == wanted
            for name, wanted in filter.items()
        )

    return np.array([holds(row) for row in data.metadata])


def titled(filter: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} < {wanted['$lt']}" if isinstance(wanted, Mapping) else f"{name} = {wanted}"
        for name, wanted in filter.items()
    )
