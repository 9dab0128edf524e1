"""How the tests run a command: in this process, against the tests' database."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pgvectorize.cli import main


@pytest.fixture(autouse=True)
def _no_database_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("PG"):
            monkeypatch.delenv(name)


@pytest.fixture
def cli(dsn: str) -> Callable[..., Result]:
    """Run a command on the tests' database: `cli("get", "docs")`."""

    def run(*args: str, input: str | None = None) -> Result:
        return CliRunner().invoke(main, ["--dsn", dsn, *args], input=input)

    return run


@pytest.fixture
def cli_text(cli: Callable[..., Result]) -> Callable[..., str]:
    """Run a command that succeeds; return what it prints."""

    def run(*args: str, input: str | None = None) -> str:
        result = cli(*args, input=input)
        assert result.exit_code == 0, result.output
        assert result.stderr == ""
        return result.stdout

    return run


@pytest.fixture
def cli_json(cli_text: Callable[..., str]) -> Callable[..., Any]:
    """Run a command with `--json`; return what all of its stdout means."""

    def run(*args: str, input: str | None = None) -> Any:
        return json.loads(cli_text(*args, "--json", input=input))

    return run


@pytest.fixture
def refused(cli: Callable[..., Result]) -> Callable[..., str]:
    """Run a command that fails with exit code 1, one line and a hint; return the line."""

    def run(*args: str, input: str | None = None) -> str:
        result = cli(*args, input=input)
        assert result.exit_code == 1
        assert isinstance(result.exception, SystemExit)
        assert result.stdout == ""
        error, hint = result.stderr.splitlines()
        assert error.startswith("Error: ")
        assert hint.startswith("Hint: ")
        return error.removeprefix("Error: ")

    return run


@pytest.fixture
def misused(cli: Callable[..., Result]) -> Callable[..., str]:
    """Run a command that fails with exit code 2; return the last line of its stderr."""

    def run(*args: str, input: str | None = None) -> str:
        result = cli(*args, input=input)
        assert result.exit_code == 2
        assert result.stdout == ""
        return result.stderr.splitlines()[-1]

    return run


@pytest.fixture
def write_lines(tmp_path: Path) -> Callable[..., str]:
    """Write vectors, or lines as they are, to a file; return its path."""

    def write(*lines: Any) -> str:
        path = tmp_path / "vectors.ndjson"
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path.write_text("\n".join(texts), encoding="utf-8")
        return str(path)

    return write
