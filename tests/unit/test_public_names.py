"""What is public: complete, sorted, and the same in both colours."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_type

import pytest

import pgvectorize
from pgvectorize import AsyncClient, AsyncIndex, Client, Index, errors, models
from tools.reference import python_page
from tools.unasync import sync

if TYPE_CHECKING:
    # mypy refuses an ignore that it does not need, so it sees what is not there …
    from pgvectorize import Clientt  # type: ignore[attr-defined]  # noqa: F401

    # … and what is imported at its first use is typed
    assert_type(pgvectorize.schema.wanted(), pgvectorize.schema.SchemaState)
    assert_type(pgvectorize.transfer.__name__, str)

ROOT = Path(__file__).parents[2]
COLOURS = [(AsyncClient, Client), (AsyncIndex, Index)]
SPECIAL = {"__aenter__": "__enter__", "__aexit__": "__exit__", "__aiter__": "__iter__"}


def methods(owner: type) -> dict[str, Any]:
    return {
        SPECIAL.get(name, name): member
        for each in owner.__mro__[:-1]
        for name, member in vars(each).items()
        if not name.startswith("_") or name in {"__init__", *SPECIAL, *SPECIAL.values()}
    }


def test_all_is_sorted_and_complete() -> None:
    public = {
        name
        for name in dir(pgvectorize)
        if not name.startswith("_")
        and not inspect.ismodule(value := getattr(pgvectorize, name))
        and value not in (Any, TYPE_CHECKING)
    }
    assert list(pgvectorize.__all__) == sorted(pgvectorize.__all__)
    assert set(pgvectorize.__all__) == public


def test_every_model_and_error_is_public() -> None:
    made = {
        name
        for module in (models, errors)
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (
            (inspect.isclass(value) and value.__module__ == module.__name__)
            or module.__annotations__.get(name) == "TypeAlias"
        )
    }
    assert made <= set(pgvectorize.__all__)


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Clientt'"):
        pgvectorize.Clientt  # type: ignore[attr-defined]  # noqa: B018


def test_what_type_checkers_see_is_what_there_is() -> None:
    """They read imports that are never run; what is run finds each name by itself."""
    tree = ast.parse(Path(pgvectorize.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pgvectorize")
        for alias in node.names
    }
    assert {*imported, "connect"} == {*pgvectorize.__all__, "embedding", "schema", "transfer"}
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


def test_a_file_that_nothing_makes_is_found_and_deleted(tmp_path: Path) -> None:
    aio, blocking = tmp_path / "aio", tmp_path / "blocking"
    aio.mkdir()
    (aio / "one.py").write_text("async def call() -> None: ...\n")
    assert sync(aio, blocking, check=True) == ["one.py"]
    assert sync(aio, blocking, check=False) == ["one.py"]
    (blocking / "old.py").write_text("")
    assert sync(aio, blocking, check=True) == ["old.py"]
    assert sync(aio, blocking, check=False) == ["old.py"]
    assert [path.name for path in blocking.iterdir()] == ["one.py"]
    assert sync(aio, blocking, check=True) == []


def test_the_reference_has_every_method_and_every_name() -> None:
    page = "\n".join(python_page())
    for owner in (Client, Index):
        for name in methods(owner):
            if not name.startswith("__"):
                assert f"### {owner.__name__}.{name}\n" in page
    for name in pgvectorize.__all__:
        assert re.search(rf"\b{name}\b", page), name
