"""The commands that write files from indexes, and indexes from files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

import click

from pgvectorize import InvalidRequest, transfer
from pgvectorize.cli.builds import build_memory
from pgvectorize.cli.options import (
    DatabaseCommand,
    Session,
    batch_size,
    choice,
    default_of,
    options_of,
    say,
)
from pgvectorize.cli.output import progress_bar, to_json
from pgvectorize.models import Metric
from pgvectorize.transfer import ExportSummary, Format, ImportSummary, Refusal
from pgvectorize.transfer.files import name_of, paths_of

_SHOWN_REFUSALS = 20


@click.command("export", cls=DatabaseCommand)
@click.argument("name")
@click.option("--output", required=True, help="A file, a folder for npy, or - for stdout.")
@options_of(
    transfer.export_vectors,
    format="The format, if the file's ending does not say it.",
    namespace="Only the vectors of this one.",
    filter="Only vectors that match, as for query.",
)
@click.pass_obj
def export(
    session: Session, /, name: str, output: str, format: Format | None, **options: Any
) -> None:
    """Write the vectors of an index to a file.

    The ending names the format: .ndjson (Vectorize's own) or .ndjson.gz,
    .parquet, or .npy with an .ndjson beside it.

    pgvectorize export products --output products.ndjson
    pgvectorize export products --output - | gzip > products.ndjson.gz
    """
    format = transfer.format_of(output, format)
    with progress_bar("exporting") as on_progress:
        summary = transfer.export_vectors(
            session.client, name, output, format=format, on_progress=on_progress, **options
        )
    data = {"index": name, "output": output, "format": format, **_json(summary, summary.written)}
    sentence = (
        f"Exported {summary.written:,} vectors of index '{name}' to {output} "
        f"{_speed(summary, summary.written)}."
    )
    if output != "-":
        session.answer(data, sentence)
    elif session.as_json:
        click.echo(json.dumps(data), err=True)
    else:
        say(sentence, err=True)


@click.command("import", cls=DatabaseCommand)
@click.argument("name")
@click.option("--file", required=True, help="A file, a folder for npy, or - for stdin.")
@options_of(
    transfer.import_vectors,
    format="The format, if the file's ending does not say it.",
    mode="Replace vectors whose id exists, or keep them.",
    on_error="At a vector that is refused: stop, or continue without it, batch by batch.",
)
@click.option("--report", help="With --on-error skip, a file for the refusals, as NDJSON.")
@options_of(
    transfer.import_vectors,
    resume="Continue an import in batches that was interrupted.",
    atomic="The whole file or nothing; or each batch a change of its own.",
)
@click.option("--create", is_flag=True, help="Create the index; give --metric, too.")
@click.option("--metric", type=choice(Metric), help="The metric for --create.")
@batch_size(default_of(transfer.import_vectors, "batch_size"))
@options_of(
    transfer.import_vectors,
    rebuild="Drop the HNSW index first and build it at the end, or never.  [default: if faster]",
)
@build_memory
@click.pass_obj
def import_(
    session: Session,
    /,
    name: str,
    file: str,
    format: Format | None,
    report: str | None,
    create: bool,
    metric: Metric | None,
    **options: Any,
) -> None:
    """Write the vectors of a file to an index.

    It reads what `export` writes, and what `insert` reads. The whole file is one
    change. With --no-atomic, --resume or --on-error skip each batch is a change of its
    own, and FILE.pgvectorize-progress holds how far the import is until it ends.

    If the HNSW index is dropped for the whole file, queries of the index wait.

    Exit code 1: there is an error, every vector was refused, or an NDJSON file is
    empty. An empty Parquet or .npy file is the export of an empty index.

    pgvectorize import products --file products.ndjson
    pgvectorize import products --file products.parquet --create --metric cosine
    pgvectorize import products --file products.ndjson.gz --on-error skip --resume
    """
    if create != (metric is not None):
        raise click.UsageError("--create and --metric go together")
    if report is not None and options["on_error"] != "skip":
        raise click.UsageError("--report goes with --on-error skip")
    format = transfer.format_of(file, format)
    session.may_begin = create
    with ExitStack() as stack:
        inputs = [] if file == "-" else paths_of(file, format)
        stream = stack.enter_context(_report(report, inputs, options["resume"]))
        refusals = _Refusals(file, format, stream)
        stack.callback(refusals.finish)
        on_progress = stack.enter_context(progress_bar("importing"))
        summary = transfer.import_vectors(
            session.client,
            name,
            file,
            format=format,
            create=metric,
            on_refusal=refusals.add,
            on_progress=on_progress,
            **options,
        )
    sentences = [
        f"Imported {summary.written:,} of {summary.read:,} vectors into index '{name}' "
        f"{_speed(summary, summary.read)}."
    ]
    if summary.refused:
        sentences.append(f"{summary.refused:,} were refused.")
    if left := summary.read - summary.written - summary.refused:
        sentences.append(
            f"{left:,} were left out: their ids come again in the file"
            f"{' or exist already' if options['mode'] == 'insert' else ''}."
        )
    if summary.resumed_after:
        sentences.append(f"{summary.resumed_after:,} were read by an earlier run.")
    session.answer(
        {"index": name, "file": file, "format": format, **_json(summary, summary.read)},
        *sentences,
    )
    if summary.refused == summary.read and not summary.resumed_after:
        if summary.read:
            raise InvalidRequest(
                "every vector was refused", hint="Correct the file, or choose another index."
            )
        if format == "ndjson":  # an empty file of another format says itself that it is one
            raise InvalidRequest(f"{name_of(file)} holds no vectors", hint="Check the file.")


class _Refusals:
    """Shows what was refused: the first 20 and a count on stderr, or all in a report."""

    def __init__(self, file: str, format: Format, report: TextIO | None) -> None:
        self._file = "stdin" if file == "-" else file
        self._unit = "row" if format == "parquet" else "line"
        self._report = report
        self._count = 0

    def add(self, refusal: Refusal) -> None:
        self._count += 1
        if self._report is not None:
            data = {"file": self._file, self._unit: refusal.line, "column": refusal.column}
            self._report.write(
                json.dumps({**data, "id": refusal.id, "reason": refusal.reason}) + "\n"
            )
        elif self._count <= _SHOWN_REFUSALS:
            say(refusal.told(self._file, self._unit).replace("\n", "\\n"), err=True)

    def finish(self) -> None:
        if self._report is None and (more := self._count - _SHOWN_REFUSALS) > 0:
            say(f"and {more:,} more; --report FILE keeps all", err=True)


@contextmanager
def _report(file: str | None, inputs: list[Path], resume: bool) -> Iterator[TextIO | None]:
    """Open the report. An import that is resumed appends to it."""
    if file is None:
        yield None
        return
    try:
        if Path(file).exists() and any(path.exists() and path.samefile(file) for path in inputs):
            raise click.UsageError(f"--report {file} is the file that is imported")
        report = Path(file).open("a" if resume else "w", encoding="utf-8")  # noqa: SIM115
    except OSError as error:
        raise InvalidRequest(
            f"cannot write {file}: {error.strerror}", hint="Check its name and your permissions."
        ) from error
    with report:
        yield report


def _speed(summary: ExportSummary | ImportSummary, count: int) -> str:
    return f"in {summary.seconds:,.1f} s, {_rate(summary, count):,} per second"


def _json(summary: ExportSummary | ImportSummary, count: int) -> dict[str, Any]:
    seconds = round(summary.seconds, 3)
    return {**to_json(summary), "seconds": seconds, "rowsPerSecond": _rate(summary, count)}


def _rate(summary: ExportSummary | ImportSummary, count: int) -> int:
    return round(count / summary.seconds) if summary.seconds > 0 else 0
