"""The page that compares us with Vectorize: it is complete, and its tests are there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "vectorize.md"
TEXT = PAGE.read_text(encoding="utf-8")
CHECKLIST, LACKS = (
    re.findall(r"^\| (\d+) \| (.+) \| (.+) \| (.*)\|$", section, flags=re.MULTILINE)
    for section in TEXT.split("\n## ")[1:]
)
STANDS = ("yes", "strict mode", "differs: ", "not yet", "not tested")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)


@cache
def functions(path: str) -> set[str]:
    """The functions at the top of a file, where pytest looks for tests."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, kinds)}


def test_every_line_is_there_once_in_order() -> None:
    assert [int(number) for number, *_ in CHECKLIST] == list(range(1, 101))
    assert [int(number) for number, *_ in LACKS] == list(range(1, 29))


@pytest.mark.parametrize("number", range(1, 101))
def test_every_line_says_how_we_stand_and_what_shows_it(number: int) -> None:
    _, _, stand, shown = CHECKLIST[number - 1]
    assert stand.startswith(STANDS)
    if stand.startswith(("yes", "strict mode")):
        assert re.search(r"`tests/[\w/]+\.py::test_\w+`", shown)


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED)))
def test_every_named_test_is_there(path: str, name: str) -> None:
    assert name.startswith("test_")
    assert name in functions(path)


def test_tests_are_named_as_the_others_are() -> None:
    """Nothing that is named escapes the check above."""
    assert TEXT.count("::") == len(NAMED)


@pytest.mark.parametrize("target", re.findall(r"\]\((?!http)([^)#]+)", TEXT))
def test_every_link_leads_to_a_file(target: str) -> None:
    assert (PAGE.parent / target).is_file()
