from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from pgvectorize import schema
from pgvectorize.cli import main


@pytest.fixture
def wanted() -> dict[str, str | None]:
    state = schema.wanted()
    return {"revision": state.revision, "functions": state.functions}


def on(dsn: str, *args: str) -> Result:
    return CliRunner().invoke(main, [*args, "--dsn", dsn])


def test_migrate_says_from_what_to_what(empty_database: str, wanted: dict[str, str]) -> None:
    first = on(empty_database, "migrate")
    assert first.exit_code == 0, first.output
    assert first.stdout == (
        f"Migrated the database from no revision to revision {wanted['revision']} "
        f"with functions {wanted['functions']}.\n"
    )
    second = on(empty_database, "migrate")
    assert second.stdout.startswith("Nothing to do: the database is at revision ")
    assert json.loads(on(empty_database, "migrate", "--json").stdout) == {
        "changed": False,
        "before": wanted,
        "after": wanted,
    }


def test_migrate_answers_in_json(empty_database: str, wanted: dict[str, str]) -> None:
    assert json.loads(on(empty_database, "migrate", "--json").stdout) == {
        "changed": True,
        "before": {"revision": None, "functions": None},
        "after": wanted,
    }


def test_migrate_prints_sql_that_does_the_same(empty_database: str) -> None:
    result = CliRunner().invoke(main, ["migrate", "--sql"])
    assert (result.exit_code, result.stderr) == (0, "")
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create extension vector")
        connection.execute(result.stdout.encode())
    assert json.loads(on(empty_database, "current", "--json").stdout)["upToDate"] is True


def test_migrate_sql_names_the_schema_of_the_extension() -> None:
    result = CliRunner().invoke(main, ["migrate", "--sql", "--vector-schema", "extensions"])
    assert re.search(r"\bextensions\"?\.vector\b", result.stdout)
    assert not re.search(r"\bpublic\"?\.vector\b", result.stdout)


@pytest.mark.parametrize("options", [["--sql", "--json"], ["--vector-schema", "public"]])
def test_migrate_refuses_options_that_do_not_go_together(
    misused: Callable[..., str], options: list[str]
) -> None:
    assert options[0] in misused("migrate", *options)


def test_current_compares(
    empty_database: str, cli_text: Callable[..., str], wanted: dict[str, str]
) -> None:
    behind = on(empty_database, "current")
    assert behind.exit_code == 0
    assert behind.stdout.splitlines() == [
        "The database is at no revision.",
        f"This library needs revision {wanted['revision']} with functions {wanted['functions']}. "
        "Run: pgvectorize migrate",
    ]
    assert json.loads(on(empty_database, "current", "--json").stdout) == {
        "current": {"revision": None, "functions": None},
        "wanted": wanted,
        "upToDate": False,
    }
    assert "This is what this library needs." in cli_text("current")


def test_a_database_that_was_not_migrated_is_not_migrated_unasked(empty_database: str) -> None:
    result = on(empty_database, "list")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[1] == "Hint: Run: pgvectorize migrate"
    assert json.loads(on(empty_database, "current", "--json").stdout)["upToDate"] is False


def test_presets(cli_json: Callable[..., Any], cli_text: Callable[..., str]) -> None:
    name = "openai/text-embedding-3-small"
    small = {"name": name, "dimensions": 1536, "metric": "cosine"}
    assert small in cli_json("presets")
    assert name in cli_text("presets")
