"""The results of parts, as JSON: one file a part in the cache, one file of all that is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.cache import CACHE, ROOT
from benchmarks.sheet import Row, Table

DEFAULT_OUT = CACHE / "results"
KEPT = ROOT / "benchmarks" / "results.json"


@dataclass(frozen=True)
class Result:
    """What one run of a part gave. `seconds` is how long it took in all."""

    part: str
    command: str
    date: str
    seconds: float
    machine: Mapping[str, str]
    server: Mapping[str, str]
    libraries: Mapping[str, str]
    tables: list[Table]

    def rows(self, key: str) -> list[Row]:
        """Return the rows of a table, none where it was not measured."""
        return [row for table in self.tables if table.key == key for row in table.rows]


def path(out: Path, part: str) -> Path:
    return out / f"{part}.json"


def write(out: Path, result: Result) -> None:
    out.mkdir(parents=True, exist_ok=True)
    path(out, result.part).write_text(_text(asdict(result)), encoding="utf-8")


def read(out: Path) -> dict[str, Result]:
    """Return the results in a folder, by part.

    In the default one those that are committed stand in for what was not run, and the
    committed file is brought up to date, so that the page can be made from it again.
    """
    found = {file.stem: _json(file) for file in sorted(out.glob("*.json"))}
    if out == DEFAULT_OUT:
        found = (_json(KEPT) if KEPT.exists() else {}) | found
        KEPT.write_text(_text(dict(sorted(found.items()))), encoding="utf-8")
    return {
        part: Result(**{**fields, "tables": [Table(**table) for table in fields["tables"]]})
        for part, fields in found.items()
    }


def _json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
