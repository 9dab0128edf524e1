"""What the commands share: `--dsn` and `--json`, the session, options as wrangler has them."""

from __future__ import annotations

import inspect
import json
import os
import re
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, get_args

import click

import pgvectorize
from pgvectorize.embedded import DEFAULT_PATH, exists, serve

if TYPE_CHECKING:
    from rich.table import Table

F = TypeVar("F", bound=Callable[..., Any])

# The variables of libpq that name a server or a database; a password alone does not.
_LIBPQ_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGSERVICE")

# `-1` and `-.5,2` are values, `-y` and `--json` are options
_OPTION = re.compile(r"-[^\d.]")

# Options that wrangler has and that mean nothing here.
_WRANGLERS = {
    "--deprecated-v1": "every index here works as one of Vectorize V2",
    "--binding": "no Worker's configuration is written here",
    "--use-remote": "no Worker's configuration is written here",
    "--update-config": "no Worker's configuration is written here",
}


# Options of `pgvectorize` itself that its commands lack.
_BEFORE_COMMANDS = ("--strict", "--version")


# The help of options that several commands have.
FILTER = """Such as '{"price": {"$lt": 100}}'."""
NAMESPACE = "Only this one."
RETURN_VALUES = "With the values."
RETURN_CONTENT = "With the content."
RETURN_METADATA = "With the metadata, or with the properties that have a metadata index."


# A terminal obeys control characters, and directions of text hide what stands there.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """Return a text as a terminal may get it: ids and errors hold what others wrote."""
    return _UNPRINTABLE.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def say(text: str, *, err: bool = False) -> None:
    """Print a text for people. Unlike rich it breaks no line: commands stay copyable."""
    click.echo(printable(text), err=err)


class GroupOptions(NamedTuple):
    """What was said before the name of the command."""

    dsn: str | None
    strict: bool


class Session:
    """What a command works with: the database it was pointed to, and the form of its answer."""

    def __init__(
        self,
        context: click.Context,
        dsn: str | None,
        strict: bool,
        as_json: bool,
        may_begin: bool = False,
    ) -> None:
        self._context = context
        self.is_strict = strict
        self.may_begin = may_begin
        if dsn is None and any(os.environ.get(name) for name in _LIBPQ_VARIABLES):
            dsn = ""
        self._given_dsn = dsn
        self.as_json = as_json

    @property
    def is_embedded(self) -> bool:
        return self._given_dsn is None

    @cached_property
    def dsn(self) -> str:
        """The database's DSN; starts the embedded server if no other was named.

        Only a command that may begin one makes a database: for any other a forgotten DSN would
        end in an empty one.
        """
        if self._given_dsn is not None:
            return self._given_dsn
        if not self.may_begin and not exists():
            raise pgvectorize.EmbeddedUnavailable(
                f"no database is named, and there is none in ./{DEFAULT_PATH}",
                hint="Give --dsn or PGVECTORIZE_DSN. `create`, `import --create` and `demo` make "
                f"a database in ./{DEFAULT_PATH}.",
            )
        say(
            f"using the embedded Postgres in {DEFAULT_PATH}; "
            "name another with --dsn or PGVECTORIZE_DSN",
            err=True,
        )
        return self._context.with_resource(serve())

    @cached_property
    def client(self) -> pgvectorize.Client:
        """A client. It connects when it is first asked for, after the usage was checked."""
        dsn = self.dsn
        if self.is_embedded:
            pgvectorize.schema.migrate(dsn)
        return self._context.with_resource(
            pgvectorize.connect(dsn, max_size=1, strict=self.is_strict)
        )

    def answer(self, data: Any, *parts: str | Table) -> None:
        """Print `data` as JSON if that was asked for, else the sentences and tables."""
        from pgvectorize.cli import output

        if self.as_json:
            output.print_json(output.to_json(data))
        else:
            output.print_parts(parts)


class DatabaseCommand(click.Command):
    """A command on a database: it has `--dsn` and `--json`, and gets a `Session`.

    With `may_begin` it makes an embedded database where no database is named.
    """

    def __init__(self, *args: Any, may_begin: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._may_begin = may_begin
        self.help = with_examples(self.help)
        self.params += [
            click.Option(["--json", "as_json"], is_flag=True, help="Print JSON and nothing else."),
            click.Option(["--dsn"], help="The database, as for `pgvectorize --dsn`."),
        ]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(_as_click_has_them(args, self.params)))

    def invoke(self, ctx: click.Context) -> Any:
        dsn = ctx.params.pop("dsn")
        of_group: GroupOptions = ctx.obj
        ctx.obj = Session(
            ctx,
            of_group.dsn if dsn is None else dsn,
            of_group.strict,
            ctx.params.pop("as_json"),
            self._may_begin,
        )
        ctx.with_resource(_interruptible())
        return super().invoke(ctx)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C raise `KeyboardInterrupt` while there is something to close; see `__main__`."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is threading.main_thread() and callable(before):
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
    else:
        yield


class ManyValues(click.Option):
    """An option that takes every value after it, `--ids a b c`, and may be repeated."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "multiple": True})


def _is_option(flag: str, options: Mapping[str, click.Parameter]) -> bool:
    return flag in {*options, *_WRANGLERS, *_BEFORE_COMMANDS, "--", "-h", "--help"} or any(
        flag in option.secondary_opts for option in options.values()
    )


def _as_click_has_them(args: list[str], params: Iterable[click.Parameter]) -> Iterator[str]:
    """Turn `--ids a b` into `--ids=a --ids=b`, and `--return-values false` into its `--no-`.

    The values of such an option end at the next option, or at `--`.
    """
    options = {flag: param for param in params for flag in param.opts}
    rest = list(reversed(args))
    while rest:
        flag, has_value, value = (word := rest.pop()).partition("=")
        option = options.get(flag)
        if word == "--":
            yield word
            yield from reversed(rest)
            return
        if isinstance(option, ManyValues):
            values = [value] if has_value else []
            while rest and rest[-1] != "--" and not _OPTION.match(rest[-1]):
                values.append(rest.pop())
            if rest and not _is_option(rest[-1].partition("=")[0], options):
                raise click.UsageError(
                    f"No such option: {rest[-1]}. A value that begins with - is written "
                    f"{flag}={rest[-1]}"
                )
            yield from (f"{flag}={value}" for value in values) if values else (flag,)
        elif isinstance(option, click.Option) and option.is_flag:
            if not has_value and rest and rest[-1] in ("true", "false"):
                value = rest.pop()
            if value == "false":
                yield from option.secondary_opts[:1]
            else:
                yield flag if value in ("", "true") else word
        elif option is None and flag in _WRANGLERS:
            raise click.UsageError(f"{flag} is wrangler's; leave it out: {_WRANGLERS[flag]}")
        elif option is None and flag in _BEFORE_COMMANDS:
            raise click.UsageError(f"{flag} stands before the command: pgvectorize {flag} …")
        else:
            yield word


# Options from the signatures of the client: each default and each choice is written there only.

_TYPES: dict[str, Any] = {"int": int, "float": float, "str": str}


def options_of(function: Callable[..., Any], /, **helps: str) -> Callable[[F], F]:
    """Add an option for each parameter named, with its type, its choices and its default."""

    def add(command: F) -> F:
        for name, help in reversed(helps.items()):
            command = option_of(function, name, help=help)(command)
        return command

    return add


def option_of(
    function: Callable[..., Any], name: str, *flags: str, **settings: Any
) -> Callable[[F], F]:
    """Add the option for a parameter; `flags` and `settings` are click's, where they differ."""
    parameter = inspect.signature(function).parameters[name]
    is_required = parameter.default is parameter.empty
    flag = "--" + name.replace("_", "-")
    kind = str(parameter.annotation).partition(" | ")[0]
    if kind == "bool":
        flag = f"{flag}/--no-{flag[2:]}"
    elif kind in ("Filter", "Metadata"):
        settings = {"callback": _parse_object, "metavar": "JSON", **settings}
    else:
        settings["type"] = _TYPES.get(kind) or choice(function.__globals__[kind])
    if not is_required:
        shown = parameter.default is not False
        settings = {"default": parameter.default, "show_default": shown, **settings}
    return click.option(*(flags or (flag, name)), required=is_required, **settings)


def default_of(function: Callable[..., Any], name: str) -> Any:
    return inspect.signature(function).parameters[name].default


def choice(literal: Any) -> click.Choice[str]:
    from pgvectorize.models import Metric

    kind = _MetricChoice if literal is Metric else click.Choice
    return kind(get_args(literal))


class _MetricChoice(click.Choice[str]):
    """The metrics. An unknown word goes to the database, which knows what other libraries say."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value


def batch_size(default: Any) -> Callable[[F], F]:
    return click.option(
        "--batch-size",
        type=click.IntRange(1, 5_000),
        default=default,
        show_default=True,
        help="How many vectors are sent at a time.",
    )


def exclude_ids(help: str) -> Callable[[F], F]:
    return click.option("--exclude-ids", cls=ManyValues, metavar="ID ...", help=help)


shape = click.option(
    "--shape",
    type=click.Choice(["current", "announcement"]),
    default="current",
    show_default=True,
    help="The shape of --json: Vectorize's now, or that of its announcement in 2023.",
)

force = click.option("--force", "-y", is_flag=True, help="Do not ask.")


def explained(ids: Iterable[str], found: int) -> list[str]:
    """Return what to say if ids that are not there look like several in one."""
    given = list(ids)
    if found >= len(given) or not any("," in id for id in given):
        return []
    return ["A comma belongs to the id. Several ids are written --ids 1 2 3."]


def confirm(question: str, force: bool) -> None:
    """Ask before something is deleted, unless that was forced."""
    if not force and not click.confirm(printable(question), err=True):
        click.echo("Deletion cancelled.", err=True)
        raise click.exceptions.Exit(1)


def with_examples(help: str | None) -> str:
    """Keep click from joining the lines of a paragraph of commands."""
    return re.sub(r"\n\n(?=pgvectorize )", "\n\n\b\n", inspect.cleandoc(help or ""))


def _parse_object(
    context: click.Context, option: click.Parameter, text: str | None
) -> Mapping[str, Any] | None:
    """Read a JSON object."""
    if text is None:
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"not JSON: {error}", context, option) from None
    if not isinstance(document, dict):
        raise click.BadParameter(f"not a JSON object: {text}", context, option)
    return document


def parse_numbers(
    context: click.Context, option: click.Parameter, words: tuple[str, ...]
) -> list[float] | None:
    """Read `1 2 3`, `1,2,3` or `[1, 2, 3]`, the last whether or not the shell split it."""
    if not words:
        return None
    text = " ".join(words).strip()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1].strip()
    return [_number(word, context, option) for word in re.split(r"\s*,\s*|\s+", text)]


def _number(word: str, context: click.Context, option: click.Parameter) -> float:
    try:
        return float(word)
    except ValueError:
        raise click.BadParameter(f"{word!r} is not a number", context, option) from None
