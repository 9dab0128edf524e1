"""What is public: complete, sorted, and the same in both colours."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

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
        for name, value in vars(module).items()
        if not name.startswith("_") and not inspect.ismodule(value) and value is not Any
    }
    assert list(module.__all__) == sorted(module.__all__)
    assert set(module.__all__) == public


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
