"""The README's blocks run, in their order, on one database; its links lead somewhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

import pgvectorize
from pgvectorize import schema

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)
VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "dbname": "PGDATABASE",
    "password": "PGPASSWORD",
}


def _run(command: list[str], text: str, dsn: str, folder: Path) -> str:
    """Run a block as a reader would, with libpq's variables naming the server."""
    parameters = conninfo_to_dict(dsn)
    environment = {
        **os.environ,
        **{VARIABLES[name]: str(value) for name, value in parameters.items()},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        [*command, text], env=environment, cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_readme_blocks_run(empty_database: str, tmp_path: Path) -> None:
    schema.migrate(empty_database)
    assert {language for language, _ in BLOCKS} == {"console", "json", "python", "sh", "sql"}
    with pgvectorize.connect(empty_database) as client:
        for language, text in BLOCKS:
            if '"wordllama"' in text and find_spec("wordllama") is None:
                continue  # it has no wheel for this Python
            if (
                "products" in text and language != "console"
            ):  # each form of the one task begins anew
                for index in client.list_indexes():
                    client.delete_index(index.name)
            if language == "python":
                _run([sys.executable, "-W", "error", "-c"], text, empty_database, tmp_path)
            elif language == "sh":
                _run(["bash", "-euc"], text, empty_database, tmp_path)
            elif language == "sql":
                with psycopg.connect(empty_database) as connection:
                    connection.execute(text.encode())
            elif language == "json":
                client.index("articles").query([1] * 8, filter=json.loads(text))


@pytest.mark.parametrize("form", ["python", "sh", "sql"])
def test_three_forms_give_the_same_answer(form: str, empty_database: str, tmp_path: Path) -> None:
    schema.migrate(empty_database)
    text = next(text for language, text in BLOCKS if language == form)
    if form == "sql":
        with psycopg.connect(empty_database) as connection:
            cursor = connection.execute(text.encode())
            while cursor.nextset():
                pass
            found = str(cursor.fetchall())
    elif form == "python":
        found = _run([sys.executable, "-W", "error", "-c"], text, empty_database, tmp_path)
    else:
        found = _run(["bash", "-euc"], text, empty_database, tmp_path)
    assert re.search(r"5\D+0\.99990\d*.*2\D+0\.61197\d*", found, flags=re.DOTALL)


PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("sql/*.md")]


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    counted: Counter[str] = Counter()
    found = set()
    for title in re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE):
        anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        found.add(f"{anchor}-{counted[anchor]}" if counted[anchor] else anchor)
        counted[anchor] += 1
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)]+)\)", page.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        there = page.parent / name if name else page
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target
