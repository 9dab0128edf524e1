"""The command line: the client's operations under the names that wrangler gives them."""

from __future__ import annotations

import io
import sys
import warnings
from typing import IO, Any, TextIO

import click

import pgvectorize
from pgvectorize.cli import (
    actions,
    building,
    database,
    indexes,
    maintenance,
    transfer,
    tuning,
    vectors,
)
from pgvectorize.cli.options import GroupOptions, with_examples


class _Failure(click.ClickException):
    """An error of ours, as one line and a hint on stderr."""

    def __init__(self, error: pgvectorize.PgVectorizeError) -> None:
        super().__init__(_one_line(error.message))
        self.hint = actions.with_command(error.hint or "", error)

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"Error: {self.message}", err=True)
        if self.hint:
            click.echo(f"Hint: {_one_line(self.hint)}", err=True)


class _Group(click.Group):
    """Turns our errors into exit code 1, and warnings into a line, for every command."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help = with_examples(self.help)

    def invoke(self, ctx: click.Context) -> Any:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            try:
                return super().invoke(ctx)
            except pgvectorize.PgVectorizeError as error:
                raise _Failure(error) from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def _one_line(text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines())


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    click.echo(f"Warning: {message}", err=True)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(pgvectorize.__version__, prog_name="pgvectorize")
@click.option(
    "--dsn",
    envvar="PGVECTORIZE_DSN",
    show_envvar=True,
    help="The database: a libpq connection string or URI.",
)
@click.option("--strict", is_flag=True, help="Enforce Vectorize's own limits; see `limits`.")
@click.pass_context
def main(context: click.Context, dsn: str | None, strict: bool) -> None:
    """Cloudflare Vectorize's vector indexes, on your own Postgres.

    The database is the one of --dsn, of PGVECTORIZE_DSN, or of libpq's PG*
    variables. Without any of them a Postgres is started in ./.pgvectorize for
    as long as the command runs; its data stay.

    pgvectorize demo
    pgvectorize create products --dimensions 3 --metric cosine
    pgvectorize upsert products --file products.ndjson
    pgvectorize query products --vector 54.8 5.5 3.1 --top-k 3
    """
    context.obj = GroupOptions(dsn, strict)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal need not be UTF-8


for _command in (
    indexes.create,
    indexes.update,
    indexes.delete,
    indexes.get,
    indexes.list_indexes,
    indexes.info,
    indexes.usage,
    vectors.insert,
    vectors.upsert,
    vectors.query,
    vectors.explain,
    vectors.get_vectors,
    vectors.delete_vectors,
    vectors.truncate,
    vectors.update_metadata,
    vectors.list_vectors,
    vectors.list_namespaces,
    vectors.facets,
    indexes.create_metadata_index,
    indexes.list_metadata_index,
    indexes.delete_metadata_index,
    building.create_namespace_index,
    building.list_namespace_index,
    building.delete_namespace_index,
    building.build,
    building.rebuild,
    building.reindex,
    building.drop_hnsw,
    tuning.recall,
    tuning.tune,
    maintenance.doctor,
    maintenance.stats,
    maintenance.size,
    maintenance.vacuum,
    maintenance.prewarm,
    transfer.export,
    transfer.import_,
    transfer.adopt,
    database.presets,
    database.limits,
    database.grant,
    database.revoke,
    database.list_grants,
    database.migrate,
    database.current,
    database.demo,
):
    main.add_command(_command)
