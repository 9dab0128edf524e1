"""What a part has measured: tables of plain values, printed as they come and kept as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

Cell: TypeAlias = str | float | int | None
Row: TypeAlias = dict[str, Cell]


@dataclass
class Table:
    """One table, with a title that says what was done to how much."""

    key: str
    title: str
    rows: list[Row] = field(default_factory=list)


@dataclass
class Sheet:
    """The tables of one part."""

    tables: list[Table] = field(default_factory=list)

    def table(self, key: str, title: str) -> None:
        """Begin a table; `key` is the name by which plots and targets find it."""
        self.tables.append(Table(key, title))
        print(f"\n{title}", flush=True)

    def row(self, **cells: Any) -> None:
        """Add a row to the newest table, and print it, below a heading if it is the first."""
        table = self.tables[-1]
        row = {name.replace("_", " "): _plain(value) for name, value in cells.items()}
        if not table.rows:
            print("  " + "  ".join(_aligned(name, name) for name in row))
        table.rows.append(row)
        print("  " + "  ".join(_aligned(name, shown(value)) for name, value in row.items()))


def shown(value: Cell) -> str:
    """Return a value with as many digits as mean something."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else value


def _plain(value: Any) -> Cell:
    if isinstance(value, float):
        return float(f"{value:.5g}")
    return value if isinstance(value, str | int | None) else _plain(float(value))


def _aligned(name: str, text: str) -> str:
    return text.ljust(40) if name in ("what", "by") else text.rjust(max(len(name), 9))
