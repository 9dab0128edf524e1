"""The plots of docs/benchmarks.md, as SVG."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.results import Result
from benchmarks.sheet import Row
from benchmarks.targets import Results, rows

OURS, HAND, EXACT, OTHER = "#c2410c", "#1f2937", "#9ca3af", "#2563eb"


def draw(results: Results, folder: Path) -> dict[str, Path]:
    """Draw what can be drawn of the results; return the files, by the name of the plot."""
    os.environ.setdefault("MPLBACKEND", "svg")
    matplotlib: Any = import_module("matplotlib")  # by name: only the group `bench` has it
    matplotlib.rcParams.update(
        {
            "axes.axisbelow": True,
            "axes.grid": True,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": 9,
            "figure.constrained_layout.use": True,
            "font.size": 9,
            "grid.color": "#e5e7eb",
            "legend.frameon": False,
            "svg.fonttype": "none",
            "svg.hashsalt": "pgvectorize",
        }
    )
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for name, plot in PLOTS.items():
        figure = plot(results, import_module("matplotlib.pyplot"))
        if figure is not None:
            path = folder / f"{name}.svg"
            figure.savefig(path, metadata={"Date": None})
            written[name] = path
    return written


def curve(results: Results, pyplot: Any) -> Any:
    """Draw recall against latency, a panel for each data set."""
    sets = [name for name in ("wordnet", "glove") if rows(results, "recall", f"curve-{name}")]
    if not sets:
        return None
    figure, panels = pyplot.subplots(1, len(sets), figsize=(4 * len(sets), 3.2), squeeze=False)
    for axes, name in zip(panels[0], sets, strict=True):
        found = rows(results, "recall", f"curve-{name}")
        axes.plot(column(found, "hand p50 ms"), column(found, "hand recall"),
                  "o-", color=HAND, label="SQL by hand", markersize=3)  # fmt: skip
        axes.plot(column(found, "p50 ms"), column(found, "recall"),
                  "o-", color=OURS, label="pgvectorize", markersize=3)  # fmt: skip
        for row in found:
            if row["ef search"] in (40, 100, 400):
                place = (float(row["p50 ms"] or 0), float(row["recall"] or 0))
                axes.annotate(f"ef {row['ef search']}", place, (4, -10),
                              textcoords="offset points", fontsize=7)  # fmt: skip
        axes.set(title=name, xlabel="p50 (ms)", ylabel="recall@10", xscale="log")
        axes.legend(loc="lower right")
    return figure


def filters(results: Results, pyplot: Any) -> Any:
    """Draw latency against selectivity, a panel for each kind of filter."""
    keys = {
        "scattered_indexed": "scattered, with a metadata index",
        "clustered_indexed": "clustered, with a metadata index",
        "scattered": "scattered, without",
        "clustered": "clustered, without",
    }
    if not rows(results, "filters", *keys):
        return None
    figure, panels = pyplot.subplots(2, 2, figsize=(8, 5.6), sharex=True, sharey=True)
    for axes, (key, title) in zip(panels.flat, keys.items(), strict=True):
        found = rows(results, "filters", key)
        selected = [float(str(row["what"]).rstrip("%")) for row in found]
        axes.plot(
            selected, column(found, "exact ms"), "--", color=EXACT, label="exact scan by hand"
        )
        axes.plot(selected, column(found, "good ms"), "o-", color=HAND, markersize=3,
                  label="best plan by hand, recall ≥ 0.95")  # fmt: skip
        axes.plot(selected, column(found, "p50 ms"), "o-", color=OURS, markersize=3,
                  label="pgvectorize")  # fmt: skip
        axes.set(title=title, xscale="log", yscale="log")
    for axes in panels[1]:
        axes.set_xlabel("rows that match (%)")
    for axes in panels[:, 0]:
        axes.set_ylabel("p50 (ms)")
    panels[0][0].legend(fontsize=7)
    return figure


def growth(results: Results, pyplot: Any) -> Any:
    """Draw latency, time to searchable and size against the number of rows."""
    found = rows(results, "growth", "growth")
    if len(found) < 2:
        return None
    figure, (latency, time, size) = pyplot.subplots(1, 3, figsize=(9, 3))
    count = column(found, "rows")
    for name, label, colour in (
        ("hand p50 ms", "by hand", HAND),
        ("p50 ms", "pgvectorize", OURS),
        ("filter 1 percent ms", "… with a 1 % filter", OTHER),
    ):
        latency.plot(count, column(found, name), "o-", color=colour, label=label, markersize=3)
    latency.set(title="query, p50 (ms)", xscale="log", ylim=(0, None))
    latency.legend(fontsize=7)
    time.plot(count, column(found, "searchable s"), "o-", color=OURS, markersize=3)
    time.set(title="raw data to searchable (s)", xscale="log", yscale="log")
    for name, label, colour in (("table MiB", "table", HAND), ("hnsw MiB", "HNSW index", OURS)):
        size.plot(count, column(found, name), "o-", color=colour, label=label, markersize=3)
    size.set(title="size (MiB)", xscale="log", yscale="log")
    size.legend(fontsize=7)
    for axes in (latency, time, size):
        axes.set_xlabel("rows")
    return figure


def loads(results: Results, pyplot: Any) -> Any:
    """Draw load rates and throughput."""
    loaded, asked = rows(results, "load", "load"), rows(results, "query", "throughput")
    if not loaded or not asked:
        return None
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(8, 2.8))
    names = [str(row["by"]) for row in loaded]
    left.barh(names[::-1], column(loaded, "rows a second")[::-1],
              color=[OURS] * (len(names) - 1) + [HAND])  # fmt: skip
    left.set(title="rows a second, without HNSW")
    places = range(len(asked))
    right.bar([place - 0.2 for place in places], column(asked, "by hand"), 0.4,
              color=HAND, label="by hand")  # fmt: skip
    right.bar([place + 0.2 for place in places], column(asked, "ours"), 0.4,
              color=OURS, label="pgvectorize")  # fmt: skip
    right.set(title="queries a second", xlabel="connections")
    right.set_xticks(list(places), [str(row["connections"]) for row in asked])
    right.legend(fontsize=7, loc="upper left")
    return figure


def peers(results: Results, pyplot: Any) -> Any:
    """Draw how we stand beside others."""
    found = [row for row in rows(results, "peers", "peers") if row.get("p50 ms") is not None]
    if not found:
        return None
    figure, panels = pyplot.subplots(1, 3, figsize=(9, 3.2), sharey=True)
    names = [str(row["by"]) for row in found]
    colours = [OURS if name == "pgvectorize" else EXACT for name in names]
    for axes, (name, title) in zip(
        panels,
        (
            ("searchable rows/s", "raw data to searchable (rows/s)"),
            ("p50 ms", "query, p50 (ms)"),
            ("filter p50 ms", "filtered query, p50 (ms)"),
        ),
        strict=True,
    ):
        bars = axes.barh(names, [float(row[name] or 0) for row in found], color=colours)
        axes.set(title=title, xscale="log" if name.endswith("ms") else "linear")
        recall = {"p50 ms": "recall", "filter p50 ms": "filter recall"}.get(name)
        if recall is not None:
            labels = ["" if row[recall] is None else f" {row[recall]:.2f}" for row in found]
            axes.bar_label(bars, labels, fontsize=7)
    panels[0].invert_yaxis()
    figure.supxlabel("beside the bars: recall@10", fontsize=7)
    return figure


PLOTS: Mapping[str, Callable[[Mapping[str, Result], Any], Any]] = {
    "recall": curve,
    "filters": filters,
    "loads": loads,
    "growth": growth,
    "peers": peers,
}


def column(found: Sequence[Row], name: str) -> list[float]:
    """Return a column of numbers; what is missing is not drawn."""
    return [float("nan") if row[name] is None else float(row[name] or 0) for row in found]
