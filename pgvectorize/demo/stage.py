"""How the demo looks: a step's code as it is in the source, then what came of it."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ParamSpec, TypeVar

from rich.console import Console
from rich.progress import track
from rich.syntax import Syntax
from rich.table import Table

from pgvectorize import IndexExists, IndexInfo

P = ParamSpec("P")
T = TypeVar("T")


class Stage:
    """Where the demo is told: on stdout, with colours and bars only on a terminal."""

    def __init__(self) -> None:
        self._console = Console(markup=False, emoji=False, highlight=False)

    def title(self, text: str) -> None:
        self._console.print()
        self._console.rule(text, align="left", style="bold")

    def say(self, text: str) -> None:
        self._console.print()
        self._console.print(text)

    def result(self, text: str) -> None:
        self._console.print(f"→ {text}", style="green")

    def command(self, text: str) -> None:
        self._console.print(f"  {text}", style="cyan", soft_wrap=True)

    def code(self, text: str, language: str) -> None:
        """Print code, highlighted on a terminal."""
        self._console.print()
        syntax = Syntax("", language, theme="ansi_dark", background_color="default")
        highlighted = syntax.highlight(textwrap.indent(text.rstrip(), "  "))
        highlighted.rstrip()
        self._console.print(highlighted, soft_wrap=True)

    def run(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Print the body of a function, then run it."""
        body = textwrap.dedent(inspect.getsource(step).partition("\n")[2])
        self.code(body.removeprefix("return "), "python")
        return step(*args, **kwargs)

    def create(self, step: Callable[P, IndexInfo], *args: P.args, **kwargs: P.kwargs) -> None:
        """Run a step that creates an index, which an earlier demo may have done."""
        try:
            info = self.run(step, *args, **kwargs)
        except IndexExists:
            self.result("it is there already")
        else:
            self.result(f"{info.name}: {info.dimensions} dimensions, {info.metric}")

    def progress(self, items: Iterable[T], total: int) -> Iterator[T]:
        """Give the items, with a bar on a terminal."""
        if not self._console.is_terminal:
            yield from items
            return
        yield from track(items, "", total, console=self._console, transient=True)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        table = Table()
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*map(str, row))
        self._console.print()
        self._console.print(table)
