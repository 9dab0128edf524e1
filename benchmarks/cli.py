"""The command line of the benchmark."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import click

import pgvectorize
from benchmarks import datasets, report, results, server
from benchmarks.bench import Bench, Options, connect
from benchmarks.cache import CACHE
from benchmarks.parts.peers import KNOWN
from benchmarks.sheet import Sheet
from pgvectorize import schema

# in the order in which they run
PARTS = (
    "query",
    "recall",
    "load",
    "filters",
    "properties",
    "namespaces",
    "many",
    "writes",
    "burst",
    "memory",
    "dimensions",
    "growth",
    "catalog",
    "peers",
)
OTHERS = {
    "all": "Every part.",
    "data": "Build the data sets only; the first part that needs one does it otherwise.",
    "report": "Make docs/benchmarks.md and its plots from the results.",
}


def listed() -> str:
    lines = {part: import_module(f"benchmarks.parts.{part}").__doc__ for part in PARTS} | OTHERS
    return "\b\nParts:\n" + "\n".join(
        f"  {name:<11} {(text or '').splitlines()[0]}" for name, text in lines.items()
    )


class Command(click.Command):
    """A command whose help ends with the list of parts, made when it is asked for."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.epilog = listed()
        super().format_epilog(ctx, formatter)


@click.command(cls=Command, context_settings={"max_content_width": 100})
@click.argument(
    "parts", nargs=-1, required=True, type=click.Choice((*PARTS, *OTHERS)), metavar="PART…"
)
@click.option("--dsn", help="A database for the benchmark. Without it, an embedded server runs.")
@click.option("--rows", type=int, help="How many rows; each part has its own default.")
@click.option(
    "--dataset",
    default="wordnet",
    show_default=True,
    help=f"{datasets.KNOWN}.",
)
@click.option("--quick", is_flag=True, help="Few rows and few rounds: minutes, not half an hour.")
@click.option("--fresh", is_flag=True, help="Load indexes again that an earlier run has left.")
@click.option("--resume", is_flag=True, help="Skip parts whose results are there.")
@click.option("--peer", "peers", multiple=True, help="Only this one of the peers; may be repeated.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder of the results, one JSON file a part.  [default: .bench/results, or"
    " .bench/quick-results]",
)
def main(
    parts: Sequence[str],
    dsn: str | None,
    rows: int | None,
    dataset: str,
    quick: bool,
    fresh: bool,
    resume: bool,
    peers: tuple[str, ...],
    out: Path | None,
) -> None:
    """Measure pgvectorize against SQL written by hand, and against others.

    Everything is compared on the same server in interleaved rounds: what counts are the
    ratios, and the recall beside them. Data sets, the server and the virtual environments
    of others are made in .bench/ at the first run, which takes about 15 minutes more.
    """
    if not datasets.is_known(dataset):
        raise click.BadParameter(f"it is {datasets.KNOWN}", param_hint="--dataset")
    if unknown := set(peers) - KNOWN.keys():
        raise click.BadParameter(
            f"{', '.join(unknown)}: known are {', '.join(KNOWN)}", param_hint="--peer"
        )
    out = out or (CACHE / "quick-results" if quick else results.DEFAULT_OUT)
    if "data" in parts:
        for name in datasets.NAMES:
            print(datasets.load(name))
    chosen = [part for part in PARTS if part in parts or "all" in parts]
    chosen = [part for part in chosen if not (resume and results.path(out, part).exists())]
    failed = run(chosen, dsn, Options(dataset, rows, quick, fresh, peers), out) if chosen else []
    if "report" in parts:
        report.write(out)
    if failed:
        sys.exit(f"these parts failed: {', '.join(failed)}")


def run(parts: Sequence[str], dsn: str | None, options: Options, out: Path) -> list[str]:
    """Run parts, and write the results of each as soon as it ends; return those that failed."""
    failed = []
    with ExitStack() as stack:
        own = stack.enter_context(server.running(dsn))
        schema.migrate(own)
        client = stack.enter_context(pgvectorize.connect(own))
        connection = stack.enter_context(connect(own))
        machine, libraries = server.machine(), server.libraries()
        settings = server.description(connection)
        for name, value in {**machine, **libraries, **settings}.items():
            print(f"  {name:<34} {value}")
        bench = Bench(own, client, connection, options)
        for part in parts:
            bench.sheet = Sheet()
            started = time.perf_counter()
            try:
                import_module(f"benchmarks.parts.{part}").run(bench)
            except Exception:
                traceback.print_exc()
                failed.append(part)
                continue
            seconds = time.perf_counter() - started
            print(f"\n{part}: {seconds:.0f} s")
            results.write(
                out,
                results.Result(
                    part,
                    options.command(part),
                    datetime.now(UTC).date().isoformat(),
                    round(seconds),
                    machine,
                    settings,
                    libraries,
                    bench.sheet.tables,
                ),
            )
    return failed
