"""The command line: the client's operations under the names that wrangler gives them."""

from __future__ import annotations

import io
import json
import shlex
import sys
import warnings
from importlib import import_module
from typing import IO, Any, TextIO

import click

import pgvectorize
from pgvectorize.cli.options import GroupOptions, printable, say, with_examples

# Every command, in the groups of `--help`: the file that has it, and its first sentence, which
# stands there too. `--help` imports none of these files: it would take six times as long.
COMMANDS: dict[str, dict[str, tuple[str, str]]] = {
    "Indexes": {
        "create": ("indexes", "Create an index."),
        "update": ("indexes", "Change the name or the settings of an index."),
        "delete": ("indexes", "Delete an index with all its vectors."),
        "get": ("indexes", "Show the configuration of an index."),
        "list": ("indexes", "Show the configuration of every index."),
        "info": ("indexes", "Show how many vectors an index holds."),
        "presets": ("limits", "Show the embedding models that --preset knows."),
    },
    "Vectors": {
        "insert": ("writes", "Insert vectors, and keep those whose id exists."),
        "upsert": ("writes", "Insert vectors, and replace those whose id exists."),
        "get-vectors": ("reads", "Show vectors by id."),
        "list-vectors": ("reads", "Show the vectors of an index, page by page."),
        "list-namespaces": ("reads", "Show the namespaces of an index, with sizes."),
        "update-metadata": ("writes", "Change the metadata of vectors."),
        "delete-vectors": ("writes", "Delete vectors by id, or by filter and namespace."),
        "truncate": ("writes", "Delete all vectors of an index."),
    },
    "Search": {
        "query": ("search", "Find the vectors nearest to a vector or to a text."),
        "explain": ("explain", "Run a query, and show how it was answered and why."),
        "facets": ("reads", "Count the values of a metadata property."),
    },
    "Filters": {
        "create-metadata-index": ("metadata_indexes", "Make filters on a metadata property fast."),
        "list-metadata-index": ("metadata_indexes", "Show the metadata indexes of an index."),
        "delete-metadata-index": ("metadata_indexes", "Delete a metadata index."),
    },
    "HNSW": {
        "build": ("builds", "Build the HNSW index, or change its settings."),
        "rebuild": ("builds", "Build the HNSW index again, beside the one in use."),
        "reindex": ("builds", "Rebuild every HNSW index, or that of one index."),
        "drop-hnsw": ("builds", "Drop the HNSW index; queries become exact."),
        "create-namespace-index": ("builds", "Give a large namespace an HNSW index of its own."),
        "list-namespace-index": ("builds", "Show the namespaces with an HNSW index."),
        "delete-namespace-index": ("builds", "Delete the HNSW index of a namespace."),
        "recall": ("recall", "Measure the recall of queries."),
        "tune": ("recall", "Set the smallest ef_search that reaches a recall."),
    },
    "Operating": {
        "doctor": ("doctor", "Show what is wrong, with the commands that fix it."),
        "stats": ("operating", "Show the rows, the size and the use of an index."),
        "size": ("operating", "Estimate the disk space and memory of an index."),
        "vacuum": ("operating", "Remove deleted vectors and update statistics."),
        "prewarm": ("operating", "Read an index into memory."),
        "usage": ("operating", "Show what is stored and queried, by month."),
        "limits": ("limits", "Show every limit, here and in strict mode."),
    },
    "Files": {
        "export": ("files", "Write the vectors of an index to a file."),
        "import": ("files", "Write the vectors of a file to an index."),
        "adopt": ("adoption", "Make an index of a table with vectors."),
    },
    "Schema": {
        "migrate": ("database", "Bring the database's schema up to date."),
        "current": ("database", "Show the revision of the database's schema."),
        "grant": ("grants", "Make a role owner, writer or reader."),
        "revoke": ("grants", "Take from a role what `grant` gave it."),
        "list-grants": ("grants", "Show the owner, the writers and the readers."),
        "demo": ("database", "Show the main job on sample data."),
    },
}
_ROOMS = {name: room for group in COMMANDS.values() for name, (room, _) in group.items()}


class _Failure(click.ClickException):
    """An error as it is shown: a line and a hint on stderr, or both as one line of JSON."""

    def __init__(self, error: Exception, message: str, hint: str | None, *, as_json: bool) -> None:
        super().__init__(_one_line(message))
        self.hint = None if hint is None else _one_line(hint)
        self.as_json = as_json
        self.known = {"type": type(error).__name__, "message": self.message, "hint": self.hint} | {
            name: getattr(error, name, None) for name in ("code", "sqlstate", "row")
        }

    def show(self, file: IO[Any] | None = None) -> None:
        if self.as_json:
            click.echo(json.dumps({"error": self.known}), err=True)
            return
        code = self.known["code"]
        say(f"Error: {self.message}{'' if code is None else f' [code: {code}]'}", err=True)
        if self.hint:
            say(f"Hint: {self.hint}", err=True)


class _Misuse(_Failure):
    exit_code = click.UsageError.exit_code


class _Group(click.Group):
    """Loads commands when they are asked for, and shows what goes wrong in each of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_ROOMS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == _wrangler.name:
            return _wrangler
        room = _ROOMS.get(cmd_name)
        if room is None:
            return None
        module = import_module(f"{__name__}.{room}")
        return next(
            found
            for found in vars(module).values()
            if isinstance(found, click.Command) and found.name == cmd_name
        )

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, _ROOMS))
        for group, commands in COMMANDS.items():
            with formatter.section(group):
                formatter.write_dl(
                    [(name.ljust(width), says) for name, (_, says) in commands.items()]
                )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[__name__] = "--json" in args  # also where the command's own arguments are wrong
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        as_json = ctx.meta[__name__]
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            try:
                return super().invoke(ctx)
            except (click.exceptions.Exit, click.Abort):
                raise
            except click.ClickException as error:
                if not as_json:
                    vars(error)["message"] = printable(error.message)
                    raise
                kind = _Misuse if isinstance(error, click.UsageError) else _Failure
                raise kind(error, error.format_message(), None, as_json=True) from error
            except pgvectorize.PgVectorizeError as error:
                from pgvectorize.cli.actions import with_command

                hint = with_command(error.hint or "", error) or None
                raise _Failure(error, error.message, hint, as_json=as_json) from error


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
    say(f"Warning: {message}", err=True)


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="With --json a command prints everything that the Python client returns: Vectorize's "
    "fields as Vectorize spells them (created_on, vectorCount), ours in camelCase. None is null; "
    "in a match and in a listed vector it is left out, as Vectorize does. An error is the last "
    'line of stderr: {"error": {"type", "code", "sqlstate", "message", "hint", "row"}}.',
)
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
    variables. If none of them is set, an embedded Postgres runs in ./.pgvectorize
    while the command does; its data are kept. Only `create`, `import --create` and
    `demo` make it.

    pgvectorize demo
    pgvectorize create products --dimensions 3 --metric cosine
    pgvectorize upsert products --file products.ndjson
    pgvectorize query products --vector 54.8 5.5 3.1 --top-k 3
    """
    context.obj = GroupOptions(dsn, strict)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal need not be UTF-8


main.help = with_examples(main.help)


@click.command(
    "vectorize", context_settings={"ignore_unknown_options": True}, add_help_option=False
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def _wrangler(words: tuple[str, ...]) -> None:
    """Say which command `wrangler vectorize …` is here."""
    meant = [word for word in words if word != "--deprecated-v1"]
    if not meant or meant[0] not in _ROOMS:
        meant = ["--help"]
    raise click.UsageError(
        f"`vectorize` is left out here. Run: {shlex.join(['pgvectorize', *meant])}"
    )
