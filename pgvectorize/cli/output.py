"""What the commands print: JSON for programs, tables for people."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click
import numpy as np

from pgvectorize import EmbeddingModel, IndexInfo, ListedVector, Match, Vector
from pgvectorize.cli.options import printable, say

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from pgvectorize.models import ValuesInput

_CONTROLS = re.compile(r"[\x7f-\x9f]")


def console(*, stderr: bool = False) -> Console:
    """Return a console that prints text as it is: data may look like markup."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


# JSON

# Where an index object of Vectorize holds the fields of an `IndexInfo`; all others are settings.
_OF_INDEX = ("name", "description", "created_on", "modified_on", "relation")


def print_json(data: Any) -> None:
    # bytes, because JSON is UTF-8 whatever the terminal is
    click.echo(json_text(data, indent=2).encode())


def json_text(data: Any, indent: int | None = None) -> str:
    """Return JSON that can be read, but for control characters, which a terminal obeys."""
    text = json.dumps(data, indent=indent, ensure_ascii=False)
    return _CONTROLS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def to_json(value: Any) -> Any:
    """Return what the client returned as JSON has it; the epilog of `--help` has the rule."""
    if isinstance(value, IndexInfo):
        known = _members(value)
        outer = {name: known.pop(camel_case(name)) for name in _OF_INDEX}
        return {**outer, "config": known}
    if isinstance(value, Vector) and value.content is None:  # as Vectorize has it
        return {name: member for name, member in _members(value).items() if name != "content"}
    if isinstance(value, (Match, ListedVector, EmbeddingModel)):
        return {name: member for name, member in _members(value).items() if member is not None}
    if is_dataclass(value):
        return _members(value)
    if isinstance(value, dict):  # of ours; metadata and Postgres' plans hold nothing to convert
        return {name: to_json(member) for name, member in value.items()}
    if isinstance(value, list):
        return [to_json(member) for member in value]
    if isinstance(value, np.ndarray):
        return shortest(value)
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, date):
        return f"{value:%Y-%m}"  # the month of `usage`; no other date is without a time
    if isinstance(value, Decimal):
        return float(value)
    return str(value) if isinstance(value, UUID) else value


def _members(record: Any) -> dict[str, Any]:
    return {
        camel_case(field.name): to_json(getattr(record, field.name)) for field in fields(record)
    }


def shortest(values: ValuesInput) -> list[float]:
    """Return float32 values as the shortest numbers that mean them: 0.2321, and 0 for 0.0."""
    numbers = [float(str(value)) for value in np.asarray(values, dtype=np.float32)]
    return [
        int(number) if number.is_integer() and abs(number) < 1e15 else number for number in numbers
    ]


def camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))


def timestamp(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


# Text


def print_parts(parts: Iterable[str | Table]) -> None:
    tables = console()
    for part in parts:
        if isinstance(part, str):
            say(part)
        else:
            tables.print(part)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return a table that folds what is too long rather than cut it off."""
    from rich.table import Table

    made = Table()
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*map(_cell, row))
    return made


def facts(rows: Iterable[tuple[str, object]]) -> Table:
    """Return a table with one fact a line."""
    made = table(("", ""), rows)
    made.show_header = False
    return made


def size(bytes: float) -> str:
    """Write a size as people read it: 1.5 GB."""
    for unit in ("bytes", "kB", "MB"):
        if bytes < 1024:
            return f"{bytes:,.0f} {unit}" if unit == "bytes" else f"{bytes:,.1f} {unit}"
        bytes /= 1024
    return f"{bytes:,.1f} GB"


def vectors(count: int) -> str:
    return f"{count:,} vector" if count == 1 else f"{count:,} vectors"


def vectors_table(found: Iterable[object], *columns: str) -> Table:
    return table(
        ("#", *columns),
        (
            (number, *(getattr(vector, column) for column in columns))
            for number, vector in enumerate(found, 1)
        ),
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, np.ndarray):
        numbers = ", ".join(f"{number:g}" for number in value[:6])
        return f"[{numbers}]" if len(value) <= 6 else f"[{numbers}, … {len(value):,} in all]"
    if isinstance(value, float):
        return f"{value:.9f}"  # a score
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return printable(text)


# Progress, on stderr and only if it is a terminal


@contextmanager
def progress_bar(text: str) -> Iterator[Callable[[int, int | None], None] | None]:
    """Give a function that moves a bar, or None if stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import Progress

    with Progress(console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(printable(text), total=None)

        def move(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield move


@contextmanager
def spinner(text: str) -> Iterator[None]:
    if not sys.stderr.isatty():
        yield
        return
    with console(stderr=True).status(printable(text)):
        yield
