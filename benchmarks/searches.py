"""Searches within some of the rows, against the best plans that could be chosen by hand.

They are sought for each case: exact, or the HNSW index with an iterative scan of either
order, at several `ef_search` and `max_scan_tuples`. "good" is the fastest that reaches
recall 0.95 and returns min(top_k, matching rows), "equal" the fastest that finds as much
as ours does. Ours does not know which rows match before it is asked; these do.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

from benchmarks.bench import Bench
from benchmarks.datasets import Array, DataSet
from benchmarks.floor import Table, applying, hnsw_settings
from benchmarks.measure import Contestant, timed
from benchmarks.truth import TOP_K, Answer, Truth
from pgvectorize import Index

BREADTHS = (20, 40, 80, 150, 300, 600)
FIRST_TRIALS = 15  # queries after which a candidate that finds too little is given up
GOOD_RECALL = 0.95
SAME_RECALL = 0.005  # less is still as much
HNSW_AT_LEAST = 0.0004  # seconds: no HNSW search is faster, so that none is tried
EXACT_EVERY = 4  # rounds: an exact scan takes long, and as long for each query


@dataclass(frozen=True)
class Case:
    """A search within the rows of a mask `(n,)`; `options` are what `Index.query` is given."""

    title: str
    matching: Array
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A way to search by hand, and what it was found to take (seconds) and to find (0 to 1)."""

    name: str
    contestant: Contestant
    seconds: float
    recall: float


class Searches:
    """Measures searches within some of the rows of one index."""

    def __init__(
        self, bench: Bench, index: Index, table: Table, data: DataSet, queries: int
    ) -> None:
        self._bench = bench
        self._index = index
        self._table = table
        self._data = data
        self._queries = queries
        self._truth = Truth(data, queries)

    def measure(self, case: Case) -> None:
        """Add a row with the figures of one case."""
        answer = self._truth.answer(case.matching)
        where = self._table.predicate(**case.options)
        ours = Contestant(
            lambda number: self._index.query(
                self._data.queries[number], top_k=TOP_K, **case.options
            )
        )
        exact = Contestant(
            self._table.asking(self._table.nearest(where, exact=True), self._data.queries),
            every=EXACT_EVERY,
        )
        _, our_recall = self._judge(ours, answer)
        plans = self._plans(where, exact, answer, max(GOOD_RECALL, our_recall))
        good = self._fastest(plans, GOOD_RECALL)
        equal = self._fastest(plans, our_recall - SAME_RECALL)
        outcomes = self._bench.compare(
            {
                "good": good.contestant,
                "equal": equal.contestant,
                "exact": exact,
                "ours": ours,
            },
            range(self._queries),
        )
        medians = {name: outcome.median for name, outcome in outcomes.items()}
        found = outcomes["ours"]
        self._bench.sheet.row(
            what=case.title,
            matching=int(case.matching.sum()),
            p50_ms=found.median * 1e3,
            p95_ms=found.percentile(95) * 1e3,
            recall=answer.recall(found.answers),
            short=answer.short(found.answers),
            good_ms=medians["good"] * 1e3,
            good_recall=answer.recall(outcomes["good"].answers),
            to_good=medians["ours"] / medians["good"],
            to_equal=medians["ours"] / medians["equal"],
            exact_ms=medians["exact"] * 1e3,
            to_exact=medians["ours"] / medians["exact"],
            good_plan=good.name,
            equal_plan=equal.name,
        )

    def _plans(self, where: str, exact: Contestant, answer: Answer, wanted: float) -> list[Plan]:
        """Return ways by hand, the exact one first; no more than find the wanted recall."""
        seconds, _ = self._judge(exact, answer, most=5)
        plans = [Plan("exact", exact, seconds, 1.0)]
        if seconds < HNSW_AT_LEAST or self._table.hnsw() is None:
            return plans
        ask = self._table.asking(self._table.nearest(where), self._data.queries)
        orders = ("relaxed_order", "strict_order")
        for order, most_tuples in product(orders, (20_000, 400_000)):
            for breadth in BREADTHS:
                contestant = Contestant(ask, hnsw_settings(breadth, order, most_tuples))
                limit = self._fastest(plans, wanted).seconds
                seconds, recall = self._judge(contestant, answer, limit=limit)
                name = f"{order}, ef {breadth}, {most_tuples // 1000}k tuples"
                plans.append(Plan(name, contestant, seconds, recall))
                if recall >= wanted or seconds > limit:
                    break  # a greater breadth is slower and finds enough, too
        return plans

    def _fastest(self, plans: Sequence[Plan], recall: float) -> Plan:
        return min((plan for plan in plans if plan.recall >= recall), key=lambda plan: plan.seconds)

    def _judge(
        self, contestant: Contestant, answer: Answer, most: int | None = None, limit: float = 1e9
    ) -> tuple[float, float]:
        """Return the median seconds of one way, and its recall; 0 if it answers too few rows.

        At most so many queries are asked, else all. One that finds too little, or is slower
        than the limit (seconds), is given up earlier.
        """
        times: list[float] = []
        answers = []
        applying(self._bench.connection)(contestant)
        contestant.ask(0)
        for number in range(most or self._queries):
            seconds, found = timed(partial(contestant.ask, number))
            times.append(seconds)
            answers.append((number, found))
            if len(times) == 5 and statistics.median(times) > 1.2 * limit:
                break
            if len(times) == FIRST_TRIALS and answer.recall(answers) < GOOD_RECALL - 0.03:
                break
        self._bench.connection.execute("reset all")
        recall = 0.0 if answer.short(answers) else answer.recall(answers)
        return statistics.median(times), recall
