"""Every action that SQL names: its SQL runs, and its command is one that the shell has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import Any

import click
import psycopg
import pytest
from click.testing import Result

from pgvectorize import Client, Finding, functions
from pgvectorize.cli import actions, main

SOURCES = [path.read_text() for path in functions.find("sql/functions").rglob("*.sql")]
NAMED = {name for text in SOURCES for name in re.findall(r"\baction => '(\w+)'", text)}

# In this order each can run: on an index {index} with the namespace "n" and 1,000 vectors.
EXAMPLES: list[tuple[str, dict[str, Any], str]] = [
    (
        "build",
        {"index": "{index}", "m": 8, "ef_construction": 32, "index_precision": "float16"},
        "build {index} --m 8 --ef-construction 32 --index-precision float16",
    ),
    (
        "build",
        {"index": "{index}", "rebuild": True, "memory": "100MB"},
        "rebuild {index} --memory 100MB",
    ),
    (
        "create_metadata_index",
        {"index": "{index}", "property_name": "it's; \\", "index_type": "string"},
        "create-metadata-index {index} --property-name 'it'\"'\"'s; \\' --type string",
    ),
    (
        "delete_metadata_index",
        {"index": "{index}", "property_name": "it's; \\"},
        "delete-metadata-index {index} --property-name 'it'\"'\"'s; \\'",
    ),
    (
        "create_namespace_index",
        {"index": "{index}", "namespace": "n"},
        "create-namespace-index {index} --namespace n",
    ),
    (
        "delete_namespace_index",
        {"index": "{index}", "namespace": "n"},
        "delete-namespace-index {index} --namespace n",
    ),
    ("recall", {"index": "{index}"}, "recall {index}"),
    ("tune", {"index": "{index}", "recall": 0.5}, "tune {index} --recall 0.5"),
    ("vacuum", {"index": "{index}"}, "vacuum {index}"),
    ("revoke", {"role": "pgvectorize_test_nobody"}, "revoke pgvectorize_test_nobody"),
    ("delete_index", {"name": "{index}"}, "delete {index} --force"),
]


def suggested(action: str, arguments: dict[str, Any], fix: str | None = None) -> Finding:
    return Finding("notice", "code", None, "It is so.", fix, action, arguments)


def test_all_actions_that_sql_names_have_examples() -> None:
    assert {action for action, _, _ in EXAMPLES} == NAMED


@pytest.mark.parametrize(("action", "arguments", "command"), EXAMPLES)
def test_an_action_has_a_command(action: str, arguments: dict[str, Any], command: str) -> None:
    said = actions.command(suggested(action, arguments))
    assert said is not None
    first, name, *words = shlex.split(said)
    assert said.replace("'{index}'", "{index}") == f"pgvectorize {command}"
    found = main.get_command(click.Context(main), name)
    assert found is not None
    parsed = found.make_context(name, words, parent=click.Context(main, info_name=first)).params
    assert {str(value) for key, value in arguments.items() if key != "rebuild"} <= {
        str(value) for value in parsed.values()
    }


def test_the_sql_of_each_action_runs(client: Client, connection: psycopg.Connection[Any]) -> None:
    name = client.create_index("acted-on", dimensions=2, metric="euclidean").name
    client.index(name).upsert(
        ids=[str(row) for row in range(1_000)],
        values=[[row, row % 7] for row in range(1_000)],
        namespaces="n",
    )
    connection.execute("drop role if exists pgvectorize_test_nobody")
    connection.execute("create role pgvectorize_test_nobody")
    try:
        for action, arguments, _ in EXAMPLES:
            given = {key: name if value == "{index}" else value for key, value in arguments.items()}
            (row,) = connection.execute(
                "select pgvectorize_private._call_sql(%s, %s)",
                [action, psycopg.types.json.Jsonb(given)],
            ).fetchall()
            connection.execute(row[0].encode())
    finally:
        connection.execute("drop role pgvectorize_test_nobody")
    assert name not in [info.name for info in client.list_indexes()]


def test_what_plain_sql_fixes_has_no_command() -> None:
    plain = Finding("notice", "code", None, "It is so.", "alter extension vector update;")
    assert actions.command(plain) is None
    assert actions.with_command("Run: x", plain) == "Run: x"


def test_a_hint_and_an_explanation_say_the_command(
    cli: Callable[..., Result], client: Client, make_index: Callable[..., str]
) -> None:
    name = make_index(dimensions=2, metric="euclidean")
    query = ("query", name, "--vector", "1", "2", "--recall", "0.9")
    client.index(name).upsert([("a", [1, 2])])
    refused = cli(*query)
    assert refused.exit_code == 1
    assert f"Hint: Run: pgvectorize tune {name} --recall 0.9\n" in refused.output

    client.index(name).upsert(
        ids=[str(row) for row in range(1_000)],
        values=[[row, 1] for row in range(1_000)],
        metadata=[{"size": 1}] * 1_000,
    )
    client.index(name).vacuum()
    explained = cli("explain", name, "--vector", "1", "2", "--filter", '{"size": 1}')
    assert explained.stdout.endswith(
        f"Run: pgvectorize create-metadata-index {name} --property-name size --type number\n"
    )
