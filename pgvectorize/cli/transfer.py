"""The commands that move whole indexes: to files, from files, and from other tables."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO, get_args

import click

from pgvectorize import InvalidRequest, transfer
from pgvectorize.cli.building import build_memory
from pgvectorize.cli.options import DatabaseCommand, ManyValues, Session, parse_object
from pgvectorize.cli.output import console, index_json, searched_exactly, spinner
from pgvectorize.models import Library, Metric
from pgvectorize.transfer import Format, Mode, OnError, Progress, Refusal

_SHOWN_REFUSALS = 20

_format = click.option(
    "--format",
    type=click.Choice(get_args(Format)),
    help="The format, where the file's ending does not say it.",
)


@click.command("export", cls=DatabaseCommand)
@click.argument("name")
@click.option("--output", required=True, help="A file, a folder for npy, or - for stdout.")
@_format
@click.option("--namespace", help="Only the vectors of this one.")
@click.option(
    "--filter", callback=parse_object, metavar="JSON", help="Only what matches, as for query."
)
@click.pass_obj
def export(
    session: Session,
    name: str,
    output: str,
    format: Format | None,
    namespace: str | None,
    filter: Mapping[str, Any] | None,
) -> None:
    """Write the vectors of an index to a file.

    The ending names the format: .ndjson (Vectorize's own) or .ndjson.gz,
    .parquet, or .npy with an .ndjson beside it.

    pgvectorize export products --output products.ndjson
    pgvectorize export products --output - | gzip > products.ndjson.gz
    """
    format = transfer.format_of(output, format)
    with _progress_bar("exporting") as on_progress:
        summary = transfer.export_vectors(
            session.client,
            name,
            output,
            format=format,
            namespace=namespace,
            filter=filter,
            on_progress=on_progress,
        )
    data = {
        "index": name,
        "output": output,
        "format": format,
        "written": summary.written,
        **_speed_json(summary.written, summary.seconds),
    }
    sentence = (
        f"Exported {summary.written:,} vectors of index '{name}' to {output} "
        f"{_speed(summary.written, summary.seconds)}."
    )
    if output != "-":
        session.answer(data, sentence)
    elif session.as_json:
        click.echo(json.dumps(data), err=True)
    else:
        click.echo(sentence, err=True)


@click.command("import", cls=DatabaseCommand)
@click.argument("name")
@click.option("--file", required=True, help="A file, a folder for npy, or - for stdin.")
@_format
@click.option(
    "--mode",
    type=click.Choice(get_args(Mode)),
    default="upsert",
    show_default=True,
    help="Replace vectors whose id exists, or keep them.",
)
@click.option(
    "--on-error",
    type=click.Choice(get_args(OnError)),
    default="stop",
    show_default=True,
    help="At a vector that is refused: end, or go on without it, batch by batch.",
)
@click.option("--report", help="With --on-error skip, a file for the refusals, as NDJSON.")
@click.option("--resume", is_flag=True, help="Go on where an import in batches was interrupted.")
@click.option(
    "--atomic/--no-atomic",
    default=True,
    show_default=True,
    help="The whole file or nothing; or each batch a change of its own.",
)
@click.option("--create", is_flag=True, help="Create the index; give --metric, too.")
@click.option("--metric", type=click.Choice(get_args(Metric)), help="The metric for --create.")
@click.option(
    "--batch-size",
    type=click.IntRange(1, 5_000),
    default=1_000,
    show_default=True,
    help="How many vectors are sent at a time.",
)
@click.option(
    "--rebuild/--no-rebuild",
    default=None,
    help="Drop the HNSW index first and build it in the end, or never.  [default: if faster]",
)
@build_memory
@click.pass_obj
def import_(
    session: Session,
    name: str,
    file: str,
    format: Format | None,
    mode: Mode,
    on_error: OnError,
    report: str | None,
    resume: bool,
    atomic: bool,
    create: bool,
    metric: Metric | None,
    batch_size: int,
    rebuild: bool | None,
    memory: str | None,
    workers: int | None,
) -> None:
    """Write the vectors of a file to an index.

    It reads what export writes, and wrangler's NDJSON. The whole file is one
    change, or each batch with --no-atomic, --resume or --on-error skip; then
    FILE.pgvectorize-progress holds how far it got, until it ends.

    Queries of the index wait while its HNSW index is dropped for the whole file.

    pgvectorize import products --file products.ndjson
    pgvectorize import products --file products.parquet --create --metric cosine
    pgvectorize import products --file products.ndjson.gz --on-error skip --resume
    """
    if create != (metric is not None):
        raise click.UsageError("--create and --metric go together")
    if report is not None and on_error != "skip":
        raise click.UsageError("--report goes with --on-error skip")
    format = transfer.format_of(file, format)
    with ExitStack() as stack:
        refusals = _Refusals(file, format, stack.enter_context(_report(report, resume)))
        stack.callback(refusals.finish)
        on_progress = stack.enter_context(_progress_bar("importing"))
        summary = transfer.import_vectors(
            session.client,
            name,
            file,
            format=format,
            mode=mode,
            on_error=on_error,
            atomic=atomic,
            resume=resume,
            create=metric,
            batch_size=batch_size,
            rebuild=rebuild,
            memory=memory,
            workers=workers,
            on_refusal=refusals.add,
            on_progress=on_progress,
        )
    sentences = [
        f"Imported {summary.written:,} of {summary.read:,} vectors into index '{name}' "
        f"{_speed(summary.read, summary.seconds)}."
    ]
    if summary.refused:
        sentences.append(f"{summary.refused:,} were refused.")
    if left := summary.read - summary.written - summary.refused:
        sentences.append(
            f"{left:,} were left out: their ids come again in the file"
            f"{' or were there already' if mode == 'insert' else ''}."
        )
    if summary.resumed_after:
        sentences.append(f"{summary.resumed_after:,} were read by an earlier run.")
    session.answer(
        {
            "index": name,
            "file": file,
            "format": format,
            "read": summary.read,
            "written": summary.written,
            "refused": summary.refused,
            "resumedAfter": summary.resumed_after,
            **_speed_json(summary.read, summary.seconds),
        },
        *sentences,
    )


@click.command("adopt", cls=DatabaseCommand)
@click.argument("name")
@click.option("--table", help="The table or view, as SQL writes it: schema.table.")
@click.option("--id", "id_column", help="Its column of ids, of any type that has a text.")
@click.option("--embedding", "embedding_column", help="Its column of vectors.")
@click.option("--namespace", "namespace_column", help="Its column of namespaces, if any.")
@click.option("--metadata", "metadata_column", help="Its column of metadata, jsonb, if any.")
@click.option(
    "--metadata-columns",
    cls=ManyValues,
    metavar="COLUMN ...",
    help="Columns that become properties of the metadata.",
)
@click.option(
    "--from",
    "source",
    type=(click.Choice(get_args(Library)), str),
    metavar="LIBRARY COLLECTION",
    help="A collection of vecs or langchain instead of a table.",
)
@click.option("--text/--no-text", default=True, help="langchain: the document as property text.")
@click.option("--metric", type=click.Choice(get_args(Metric)), required=True, help="As for create.")
@click.option("--in-place", is_flag=True, help="Make the table itself the index: see above.")
@click.pass_obj
def adopt(
    session: Session,
    name: str,
    table: str | None,
    id_column: str | None,
    embedding_column: str | None,
    namespace_column: str | None,
    metadata_column: str | None,
    metadata_columns: tuple[str, ...],
    source: tuple[Library, str] | None,
    text: bool,
    metric: Metric,
    in_place: bool,
) -> None:
    """Make an index of a table with vectors.

    The table is copied and stays as it is. With --in-place it becomes the index:
    it moves to the schema pgvectorize_data, its columns are renamed, and to
    delete the index is to drop it. If a row does not fit, nothing is changed.

    pgvectorize adopt docs --table app.docs --id id --embedding vec --metric cosine
    pgvectorize adopt docs --from langchain my_docs --metric cosine
    """
    columns = (id_column, embedding_column, namespace_column, metadata_column)
    if source is not None:
        if table is not None or any(columns) or metadata_columns or in_place:
            raise click.UsageError("--from finds the table and its columns, and always copies")
    elif table is None or id_column is None or embedding_column is None:
        raise click.UsageError("give --table, --id and --embedding, or --from")
    with spinner(f"adopting {table or 'the collection'}"):
        if source is not None:
            library, collection = source
            info = session.client.adopt_collection(
                name, library, collection, metric=metric, document=text
            )
        else:
            assert table is not None
            assert id_column is not None
            assert embedding_column is not None
            info = session.client.adopt_index(
                name,
                table,
                id_column=id_column,
                embedding_column=embedding_column,
                namespace_column=namespace_column,
                metadata_column=metadata_column,
                metadata_columns=metadata_columns,
                metric=metric,
                in_place=in_place,
            )
        count = session.client.index(name).count()
    session.answer(
        {**index_json(info), "vectorCount": count, "relation": info.relation},
        f"Adopted {count:,} vectors as index '{name}': {info.dimensions} dimensions, "
        f"{info.metric}, in the table {info.relation}.",
        *searched_exactly(info),
    )


class _Refusals:
    """Tells of what was refused: the first 20 and a count on stderr, or all in a report."""

    def __init__(self, file: str, format: Format, report: TextIO | None) -> None:
        self._file = "stdin" if file == "-" else file
        self._unit = "row" if format == "parquet" else "line"
        self._report = report
        self._count = 0

    def add(self, refusal: Refusal) -> None:
        self._count += 1
        if self._report is not None:
            data = {"file": self._file, self._unit: refusal.line, "id": refusal.id}
            self._report.write(json.dumps({**data, "reason": refusal.reason}) + "\n")
        elif self._count <= _SHOWN_REFUSALS:
            named = "" if refusal.id is None else f', id "{refusal.id[:64]}"'
            click.echo(
                f"{self._file}, {self._unit} {refusal.line}{named}: {refusal.reason}", err=True
            )

    def finish(self) -> None:
        if self._report is None and (more := self._count - _SHOWN_REFUSALS) > 0:
            click.echo(f"and {more:,} more; --report FILE keeps all", err=True)


@contextmanager
def _report(file: str | None, resume: bool) -> Iterator[TextIO | None]:
    """Open the report; an import that is resumed goes on in its own."""
    if file is None:
        yield None
        return
    try:
        report = Path(file).open("a" if resume else "w", encoding="utf-8")  # noqa: SIM115
    except OSError as error:
        raise InvalidRequest(
            f"cannot write {file}: {error.strerror}", hint="Check its name and its rights."
        ) from error
    with report:
        yield report


@contextmanager
def _progress_bar(text: str) -> Iterator[Progress | None]:
    """Give what moves a bar on stderr, None where nobody is watching."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import Progress as Bar

    with Bar(console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(text, total=None)

        def move(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield move


def _speed(count: int, seconds: float) -> str:
    return f"in {seconds:,.1f} s, {_rate(count, seconds):,} a second"


def _speed_json(count: int, seconds: float) -> dict[str, float]:
    return {"seconds": round(seconds, 3), "rowsPerSecond": _rate(count, seconds)}


def _rate(count: int, seconds: float) -> int:
    return round(count / seconds) if seconds > 0 else 0
