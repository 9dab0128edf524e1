"""docs/security.md names every place where `%L` is used."""

from __future__ import annotations

import re
from pathlib import Path

from pgvectorize import functions

PAGE = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
ROOMS = {"adoption", "doctor", "filters"}  # named as a whole


def test_every_place_of_quoted_literals_is_named() -> None:
    quoting = {
        path.stem
        for path in functions.find("sql/functions").rglob("*.sql")
        if re.search(r"^(?!\s*--).*%(\d+\$)?L", path.read_text(encoding="utf-8"), re.MULTILINE)
        and path.parent.name not in ROOMS
    }
    table = PAGE.split("| where | what it quotes |")[1].split("\n\n")[0]
    assert quoting == set(re.findall(r"^\| `(\w+)`", table, flags=re.MULTILINE))
