"""docs/benchmarks.md: made from the results, and from the words in page.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks import plots, results
from benchmarks.cache import ROOT
from benchmarks.results import Result
from benchmarks.sheet import Row, Table, shown
from benchmarks.targets import TARGETS

WORDS = Path(__file__).with_name("page.md")
PAGE = ROOT / "docs" / "benchmarks.md"
PLACE = re.compile(r"^<!-- (\w+)(?: ([\w-]+))? -->$", re.MULTILINE)


def write(out: Path) -> None:
    """Write the page and its plots; those of quick results and the like lie beside these."""
    found = results.read(out)
    if not found:
        raise SystemExit("there are no results yet; run: python -m benchmarks all")
    page = PAGE if out == results.DEFAULT_OUT else out / PAGE.name
    drawn = plots.draw(found, page.with_suffix(""))

    def filled(place: re.Match[str]) -> str:
        kind, name = place.groups()
        if kind == "targets":
            return targets(found)
        if kind == "machine":
            return machine(found)
        if kind == "plot":
            path = drawn.get(name)
            return f"![{name}]({path.relative_to(page.parent)})" if path else "(not measured)"
        assert kind == "part", f"<!-- {kind} --> means nothing"
        return part(found[name]) if name in found else "(not measured)"

    words = WORDS.read_text(encoding="utf-8")
    page.write_text(PLACE.sub(filled, words), encoding="utf-8")
    print(f"{page} and {len(drawn)} plots")


def targets(found: Mapping[str, Result]) -> str:
    lines = [["work", "at least", "aim", "measured", "reached", "command"]]
    for target in TARGETS:
        measured = target.measure(found)
        bound = "≤ " if target.is_ceiling else "≥ "
        lines.append(
            [
                target.work,
                f"{bound}{shown(target.least)} {target.unit}".strip(),
                f"{bound}{shown(target.aim)} {target.unit}".strip(),
                measured.text if measured else "not measured",
                target.verdict(measured) if measured else "",
                f"`python -m benchmarks {target.part}`",
            ]
        )
    return markdown(lines)


def machine(found: Mapping[str, Result]) -> str:
    """Return what the newest result was measured on."""
    newest = max(found.values(), key=lambda result: result.date)
    lines = [["", ""]]
    for names in (newest.machine, newest.libraries, newest.server):
        lines += [[name, value] for name, value in names.items()]
    return markdown(lines)


def part(result: Result) -> str:
    """Return the tables of a part, with the command that printed them."""
    made = f"`{result.command}`, {result.date}, {result.seconds:,} s"
    return "\n\n".join([made, *(_table(table) for table in result.tables)])


def _table(table: Table) -> str:
    names = list(dict.fromkeys(name for row in table.rows for name in row))
    lines = [names, *([_cell(row, name) for name in names] for row in table.rows)]
    return f"**{table.title}**\n\n{markdown(lines)}"


def _cell(row: Row, name: str) -> str:
    return shown(row.get(name))


def markdown(lines: Sequence[Iterable[str]]) -> str:
    """Return lines as a table, the first of them as its heading."""
    texts = [f"| {' | '.join(line)} |" for line in lines]
    texts.insert(1, "|" + " --- |" * len(list(lines[0])))
    return "\n".join(texts)
