"""What the pages say of SQL functions: those that they name exist, and `%L` is where they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pgvectorize import functions

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("sql/*.md")]
PATHS = {path.stem: path for path in functions.find("sql/functions").rglob("*.sql")}
QUOTING_ROOMS = {"adoption", "doctor", "filters"}  # named as a whole


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_private_functions_that_a_page_names_exist(page: Path) -> None:
    named = set(re.findall(r"[`.](_\w+)`", page.read_text(encoding="utf-8")))
    assert named - PATHS.keys() <= {"_name", "_idx_7_embedding_hnsw"}


def test_files_that_the_architecture_names_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for path in re.findall(r"`((?:sql|tests|migrations)/[\w/.]+)`", text):
        assert "ROOM" in path or (ROOT / path).exists(), path
    for name in re.findall(r"\b(_?\w+)\.sql\b", text):
        assert name in PATHS


def test_every_place_of_quoted_literals_is_named() -> None:
    quoting = {
        name
        for name, path in PATHS.items()
        if re.search(r"^(?!\s*--).*%(\d+\$)?L", path.read_text(encoding="utf-8"), re.MULTILINE)
        and path.parent.name not in QUOTING_ROOMS
    }
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    table = text.split("| where | what it quotes |")[1].split("\n\n")[0]
    assert quoting == set(re.findall(r"^\| `(\w+)`", table, flags=re.MULTILINE))
