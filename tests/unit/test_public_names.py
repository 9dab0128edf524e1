"""What is public: complete, sorted, and the same in both colours."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import pgvectorize
from pgvectorize import AsyncClient, AsyncIndex, Client, Index, operations

ROOT = Path(__file__).parents[2]
COLOURS = [(AsyncClient, Client), (AsyncIndex, Index)]
SPECIAL = {"__aenter__": "__enter__", "__aexit__": "__exit__", "__aiter__": "__iter__"}


def methods(owner: type) -> dict[str, Any]:
    return {
        SPECIAL.get(name, name): member
        for name, member in vars(owner).items()
        if not name.startswith("_") or name in {"__init__", *SPECIAL, *SPECIAL.values()}
    }


@pytest.mark.parametrize("module", [pgvectorize, operations])
def test_all_is_sorted_and_complete(module: ModuleType) -> None:
    public = {
        name
        for name in dir(module)
        if not name.startswith("_")
        and not inspect.ismodule(value := getattr(module, name))
        and value not in (Any, TYPE_CHECKING)
    }
    assert list(module.__all__) == sorted(module.__all__)
    assert set(module.__all__) == public


def test_what_type_checkers_see_is_what_there_is() -> None:
    """They read imports that are never run; what is run finds each name by itself."""
    tree = ast.parse(Path(pgvectorize.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pgvectorize")
        for alias in node.names
    }
    assert {*imported, "connect"} == {*pgvectorize.__all__, "schema", "transfer"}
    for name, module in imported.items():
        assert getattr(pgvectorize, name) is getattr(import_module(str(module)), name)
    with pytest.raises(AttributeError, match="no attribute 'Clientt'"):
        getattr(pgvectorize, "Clientt")  # noqa: B009 (mypy would refuse it)


@pytest.mark.parametrize(("aio", "blocking"), COLOURS)
def test_both_clients_have_the_same_methods(aio: type, blocking: type) -> None:
    assert methods(aio).keys() == methods(blocking).keys()


@pytest.mark.parametrize(("aio", "blocking"), COLOURS)
def test_both_clients_take_the_same_parameters(aio: type, blocking: type) -> None:
    for name, method in methods(aio).items():
        there, here = (
            str(inspect.signature(getattr(found, "__func__", found)))
            for found in (method, methods(blocking)[name])
        )
        assert there.replace("Async", "") == here, name


@pytest.mark.parametrize("owner", [owner for pair in COLOURS for owner in pair])
def test_everything_public_says_what_it_does(owner: type) -> None:
    undocumented = [
        name
        for name, method in methods(owner).items()
        if not name.startswith("__") and not method.__doc__
    ]
    assert undocumented == []


def test_the_blocking_client_is_what_the_other_makes() -> None:
    made = subprocess.run(
        [sys.executable, ROOT / "tools" / "unasync.py", "--check"], capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
