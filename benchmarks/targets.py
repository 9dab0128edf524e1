"""What we want to reach, and what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from benchmarks.results import Result
from benchmarks.sheet import Row, shown

Results = Mapping[str, Result]

WITH_INDEX = ("scattered_indexed", "clustered_indexed")
WITHOUT_INDEX = ("scattered", "clustered")


@dataclass(frozen=True)
class Measured:
    """A figure, and what to know about it."""

    value: float
    text: str


@dataclass(frozen=True)
class Target:
    """A figure that is to be at least `least`, better `aim`, or at most, where less is better."""

    work: str
    least: float
    aim: float
    unit: str
    part: str
    measure: Callable[[Results], Measured | None]
    is_ceiling: bool = False

    def verdict(self, measured: Measured) -> str:
        def reaches(bound: float) -> bool:
            return measured.value <= bound if self.is_ceiling else measured.value >= bound

        return "aim" if reaches(self.aim) else "yes" if reaches(self.least) else "**no**"


def rows(results: Results, part: str, *keys: str) -> list[Row]:
    return [row for key in keys if part in results for row in results[part].rows(key)]


def cell(found: Iterable[Row], by: str, name: str, **others: object) -> float | None:
    """Return a number of the row that is `by` somebody, if it is there."""
    for row in found:
        if row.get("by") == by and all(row.get(key) == value for key, value in others.items()):
            value = row.get(name)
            return None if value is None else float(value)
    return None


def simple(value: float | None, text: str = "") -> Measured | None:
    return None if value is None else Measured(value, text or shown(value))


def unfiltered(results: Results) -> Measured | None:
    found = rows(results, "query", "latency")
    return simple(cell(found, "Index.query(…)", "ratio"))


def unfiltered_few(results: Results) -> Measured | None:
    found = rows(results, "query", "latency-few")
    return simple(cell(found, "Index.query(…)", "ratio"))


def client_cpu(results: Results) -> Measured | None:
    found = rows(results, "query", "latency")
    return simple(cell(found, "Index.query(…), from a pool", "CPU ratio"))


def of_threads(results: Results) -> Measured | None:
    found = rows(results, "query", "throughput")
    return simple(
        next((float(row["ratio"] or 0) for row in found if row["connections"] == 8), None)
    )


def of_tasks(results: Results) -> Measured | None:
    found = rows(results, "query", "tasks")
    return simple(next((float(row["ratio"] or 0) for row in found), None))


def upsert_one(results: Results) -> Measured | None:
    found = rows(results, "writes", "upserts")
    return simple(cell(found, "Index.upsert(…)", "ratio", rows="1 a call"))


def delete_many(results: Results) -> Measured | None:
    found = rows(results, "writes", "deletes")
    return simple(cell(found, "Index.delete_by_ids(…)", "ratio", rows="1,000 a call"))


def first_load(results: Results) -> Measured | None:
    found = rows(results, "load", "searchable")
    ours, floor = (cell(found, by, "seconds") for by in ("Index.upsert(…)", "Index.bulk_load(…)"))
    return None if not ours or not floor else simple(ours / floor)


def tune_after_recall(results: Results) -> Measured | None:
    return simple(cell(rows(results, "recall", "tuning"), "Index.tune(0.98), after it", "ratio"))


def bulk_load(results: Results) -> Measured | None:
    return simple(cell(rows(results, "load", "load"), "Index.bulk_load(…)", "rate ratio"))


def against_peers(results: Results) -> Measured | None:
    found = rows(results, "peers", "peers")
    ours = cell(found, "pgvectorize", "load rows/s")
    theirs = [
        (float(row["load rows/s"] or 0), str(row["by"]))
        for row in found
        if row.get("in") == "Postgres" and row["by"] != "pgvectorize"
    ]
    if ours is None or not theirs or not max(theirs)[0]:
        return None
    rate, name = max(theirs)
    return Measured(ours / rate, f"{shown(ours / rate)} ({name})")


def searchable(results: Results) -> Measured | None:
    return simple(cell(rows(results, "load", "searchable"), "Index.bulk_load(…)", "time ratio"))


def unchanged(results: Results) -> Measured | None:
    return simple(cell(rows(results, "writes", "unchanged"), "Index.upsert(…)", "rows a second"))


def dead_tuples(results: Results) -> Measured | None:
    return simple(cell(rows(results, "writes", "unchanged"), "Index.upsert(…)", "dead tuples"))


def filtered(results: Results) -> Measured | None:
    return worst(rows(results, "filters", *WITH_INDEX), "to good")


def filtered_without(results: Results) -> Measured | None:
    return worst(rows(results, "filters", *WITHOUT_INDEX), "to exact")


def worst(found: list[Row], name: str) -> Measured | None:
    """Return the greatest ratio of all selectivities, with the least recall."""
    if not found:
        return None
    ratios = sorted((float(row[name] or 0), str(row["what"])) for row in found)
    recall = min(float(row["recall"] or 0) for row in found)
    median = ratios[len(ratios) // 2][0]
    return Measured(
        ratios[-1][0],
        f"median {shown(median)}, worst {shown(ratios[-1][0])} (at {ratios[-1][1]}),"
        f" recall ≥ {shown(recall)}",
    )


def rows_returned(results: Results) -> Measured | None:
    found = [
        row
        for part in ("filters", "properties", "namespaces")
        if part in results
        for table in results[part].tables
        for row in table.rows
    ]
    if not found:
        return None
    short = sum(int(row["short"] or 0) for row in found)
    return Measured(short, f"{short} answers with fewer, in {len(found)} cases")


def default_recall(results: Results) -> Measured | None:
    recalls = {
        name: float(row["recall"] or 0)
        for name in ("wordnet", "glove")
        for row in rows(results, "recall", f"default-{name}")
    }
    text = ", ".join(f"{shown(recall)} ({name})" for name, recall in recalls.items())
    return Measured(min(recalls.values()), text) if recalls else None


def query_many(results: Results) -> Measured | None:
    return simple(cell(rows(results, "many", "many"), "Index.query_many(…)", "speed up"))


def patch(results: Results) -> Measured | None:
    """Give the speed-up of many rows a call, and beside it of one, which its commit outweighs."""
    found = {
        (key, batch): cell(
            rows(results, "writes", key),
            "Index.update_metadata(…)",
            "ratio",
            rows=f"{batch} a call",
        )
        for key in ("wide_patches", "patches")
        for batch in (100, 1)
    }
    speed_ups = {case: 1 / ratio for case, ratio in found.items() if ratio}
    if len(speed_ups) < len(found):
        return None
    text = "; ".join(
        f"{shown(speed_ups[key, 100])} and one a call {shown(speed_ups[key, 1])} ({dimensions})"
        for key, dimensions in (("wide_patches", "1,536 dimensions"), ("patches", "384"))
    )
    return Measured(speed_ups["wide_patches", 100], text)


TARGETS = (
    Target(
        "unfiltered query, p50 against hand-written SQL",
        1.10, 1.03, "×", "query", unfiltered, is_ceiling=True,
    ),
    Target(
        "the same with 10,000 rows",
        1.35, 1.2, "×", "query", unfiltered_few, is_ceiling=True,
    ),
    Target(
        "CPU of the client for a query from a pool, against psycopg by hand",
        1.7, 1.5, "×", "query", client_cpu, is_ceiling=True,
    ),
    Target(
        "queries a second of 8 threads on one client, against by hand",
        0.92, 0.97, "×", "query", of_threads,
    ),
    Target(
        "queries a second of 64 tasks on a pool of 8, against psycopg async by hand",
        0.85, 0.95, "×", "query", of_tasks,
    ),
    Target(
        "upsert of 1 row into a live index, against by hand",
        1.1, 1.1, "×", "writes", upsert_one, is_ceiling=True,
    ),
    Target(
        "`delete_by_ids` of 1,000 ids, against by hand",
        1.5, 1.5, "×", "writes", delete_many, is_ceiling=True,
    ),
    Target(
        "first load by `upsert`, time against `bulk_load`",
        1.1, 1.1, "×", "load", first_load, is_ceiling=True,
    ),
    Target(
        "`tune` after `recall`, time against `tune` alone",
        0.5, 0.2, "×", "recall", tune_after_recall, is_ceiling=True,
    ),
    Target(
        "bulk load into an index without HNSW, rate against a raw binary COPY",
        0.6, 0.85, "×", "load", bulk_load,
    ),
    Target("load, rate against the fastest peer in Postgres", 3, 10, "×", "peers", against_peers),
    Target(
        "raw data to searchable, time against COPY + parallel CREATE INDEX by hand",
        1.10, 1.05, "×", "load", searchable, is_ceiling=True,
    ),
    Target("upsert of existing rows without change", 20_000, 20_000, "rows/s", "writes", unchanged),
    Target("… and its dead tuples", 0, 0, "", "writes", dead_tuples, is_ceiling=True),
    Target(
        "filtered query with a metadata index, 0.01 to 90 %: p50 against the best plan by hand"
        " that reaches recall 0.95",
        2, 1.3, "×", "filters", filtered, is_ceiling=True,
    ),
    Target(
        "the same without a metadata index, against a filtered exact scan",
        1.3, 1.1, "×", "filters", filtered_without, is_ceiling=True,
    ),
    Target(
        "answers with fewer rows than min(top_k, matching)",
        0, 0, "", "filters properties namespaces", rows_returned, is_ceiling=True,
    ),
    Target(
        "default settings, unfiltered, recall@10 on the real sets",
        0.95, 0.98, "", "recall", default_recall,
    ),
    Target(
        "`query_many` of 1,000 queries, speed-up over a loop of `query`",
        1.5, 2, "×", "many", query_many,
    ),
    Target(
        "metadata patch of rows in an indexed table, 100 a call, against upserting them again",
        5, 20, "×", "writes", patch,
    ),
)  # fmt: skip
