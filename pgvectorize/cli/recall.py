"""The commands on recall: how many of the true nearest vectors a search finds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import numpy as np
import psycopg

from pgvectorize import Client, Index, IndexInfo, InvalidRequest, RecallPoint
from pgvectorize.cli.options import DatabaseCommand, Session, options_of
from pgvectorize.cli.output import console, table, to_json
from pgvectorize.transfer.reading import Rows, reading

if TYPE_CHECKING:
    from rich.table import Table

_BAR = 24
_EIGHTHS = " ▏▎▍▌▋▊▉"

F = TypeVar("F", bound=Callable[..., Any])


def _measuring_options(command: F) -> F:
    numbers = options_of(
        Index.recall,
        queries="How many; each needs an exact search and a dozen others.",
        top_k="Of how many nearest.",
    )
    file = click.option(
        "--vectors",
        "file",
        metavar="FILE",
        help="Real queries: .npy with a row each, or NDJSON.  [default: a sample of the index]",
    )
    return click.argument("name")(numbers(file(command)))


@click.command("recall", cls=DatabaseCommand)
@_measuring_options
@options_of(Index.recall, store="Keep what was measured for `query --recall`.")
@click.option("--plot", "picture", metavar="FILE", help="Also draw it: .svg, .png or .pdf.")
@click.pass_obj
def recall(
    session: Session,
    name: str,
    queries: int,
    top_k: int,
    file: str | None,
    store: bool,
    picture: str | None,
) -> None:
    """Measure the recall of queries.

    The recall is the share of the true nearest vectors that the HNSW search finds. It is
    measured against the exact search, for one ef_search after another.
    --plot needs the extra `plot`.

    pgvectorize recall products
    pgvectorize recall products --queries 500 --top-k 20 --plot recall.svg
    """
    save = None if picture is None else _artist(picture)
    vectors = None if file is None else _read(file)
    info = session.client.get_index(name)
    with _watched(session, name) as client:
        points = client.index(name).recall(vectors, queries=queries, top_k=top_k, store=store)
    if save is not None:
        save(info, points)
    session.answer(
        points,
        _curve(info, points),
        f"Of the true {top_k} nearest, as the mean of {points[-1].queries:,} queries ± its "
        "standard error; the time is the median on the server.",
        *([] if picture is None else [f"Drawn in {picture}."]),
    )


@click.command("tune", cls=DatabaseCommand)
@_measuring_options
@options_of(Index.tune, recall="The share to find, such as 0.98.")
@click.pass_obj
def tune(
    session: Session, name: str, queries: int, top_k: int, file: str | None, recall: float
) -> None:
    """Set the smallest ef_search that reaches a recall.

    Queries use it unless they name another. To undo it: `update NAME --ef-search 0`.

    pgvectorize tune products --recall 0.98
    pgvectorize tune products --recall 0.99 --vectors queries.npy
    """
    vectors = None if file is None else _read(file)
    with _watched(session, name) as client:
        point = client.index(name).tune(recall, vectors=vectors, queries=queries, top_k=top_k)
    session.answer(
        {"index": name, **to_json(point)},
        f"Index '{name}' has no HNSW index: a query compares with every vector and finds all."
        if point.ef_search is None
        else f"Queries of index '{name}' use ef_search {point.ef_search} from now on. They find "
        f"{point.recall:.4f} ± {point.standard_error:.4f} of the true {top_k} nearest, "
        f"in {point.milliseconds:.2f} ms.",
    )


def _curve(info: IndexInfo, points: Sequence[RecallPoint]) -> Table:
    """Return a table with bars, from a round number below the least recall to 1."""
    lowest = floor(min(point.recall for point in points) * 10 - 1e-9) / 10
    in_use = info.ef_search
    if in_use is None and info.index_precision != "binary":
        in_use = 200 if info.dimensions < 256 else 100
    return table(
        ("ef_search", "recall", f"{lowest:.1f} to 1", "ms", ""),
        (
            (
                "exact" if point.ef_search is None else point.ef_search,
                f"{point.recall:.4f} ± {point.standard_error:.4f}",
                _bar((point.recall - lowest) / (1 - lowest)),
                f"{point.milliseconds:.2f}",
                "in use" if point.ef_search is not None and point.ef_search == in_use else "",
            )
            for point in points
        ),
    )


def _bar(share: float) -> str:
    whole, rest = divmod(round(share * _BAR * 8), 8)
    return "█" * whole + _EIGHTHS[rest].strip()


def _artist(picture: str) -> Callable[[IndexInfo, Sequence[RecallPoint]], None]:
    """Return what draws the curve to a file. An error shows before anything is measured."""
    if Path(picture).suffix not in (".svg", ".png", ".pdf"):
        raise InvalidRequest(
            f"cannot draw {picture}", hint="Give a file that ends in .svg, .png or .pdf."
        )
    try:
        # by name, as it is an extra; without pyplot, which would look for a screen
        figure_class: Any = import_module("matplotlib.figure").Figure
    except ImportError as error:
        raise InvalidRequest(
            "a plot needs matplotlib, which is not installed",
            hint="Run: pip install 'pgvectorize[plot]'",
        ) from error

    def save(info: IndexInfo, points: Sequence[RecallPoint]) -> None:
        *curve, exact = points
        figure = figure_class(figsize=(7, 4.5), layout="constrained")
        axes = figure.add_subplot(
            title=f"{info.name}: {info.dimensions:,} dimensions, {info.metric}",
            xlabel="milliseconds a query (median, on the server)",
            ylabel=f"recall@{exact.top_k} of {exact.queries:,} queries",
            xscale="log",
        )
        axes.errorbar(
            [point.milliseconds for point in curve],
            [point.recall for point in curve],
            yerr=[point.standard_error for point in curve],
            marker="o",
            capsize=2,
            label="HNSW, by ef_search",
        )
        for point in curve:
            axes.annotate(
                str(point.ef_search),
                (point.milliseconds, point.recall),
                xytext=(4, -10),
                textcoords="offset points",
                fontsize="small",
            )
        axes.plot([exact.milliseconds], [1], marker="s", linestyle="none", label="exact")
        axes.grid(visible=True, alpha=0.3)
        axes.legend(loc="lower right")
        try:
            figure.savefig(picture, dpi=150)
        except OSError as error:
            raise InvalidRequest(
                f"cannot write {picture}: {error.strerror}", hint="What was measured is stored."
            ) from error

    return save


def _read(file: str) -> Any:
    """Return the queries of a file: the rows of a matrix, or the values of vectors."""
    hint = "Give .npy with a row for each query, or NDJSON with values."
    if file.endswith(".npy"):
        try:
            return np.load(file, allow_pickle=False)
        except OSError as error:
            raise InvalidRequest(f"cannot read {file}: {error.strerror}", hint=hint) from error
        except ValueError as error:
            raise InvalidRequest(f"{file} is not a .npy file: {error}", hint=hint) from error
    with reading(file, "ndjson", needs_id=False) as reader:
        values = [vector.values for vector in Rows(file, reader, hint=hint)]
    if any(each is None for each in values):
        raise InvalidRequest(f"{file} has a vector without values", hint=hint)
    return values


@contextmanager
def _watched(session: Session, name: str) -> Iterator[Client]:
    """Give a client. If stderr is a terminal, it shows how far the measuring is.

    The server says so by notices, which go to the connection that asked.
    """
    if not sys.stderr.isatty():
        yield session.client
        return
    client = session.client
    with (
        psycopg.connect(session.dsn, autocommit=True) as connection,
        console(stderr=True).status(f"measuring {name}") as status,
    ):
        connection.add_notice_handler(
            lambda notice: status.update(f"measuring {name}, {notice.message_primary}")
        )
        yield client.using(connection)
