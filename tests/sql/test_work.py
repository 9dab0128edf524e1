"""The work of a call grows as what the caller passes, not as its square."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from psycopg.types.json import Jsonb

import pgvectorize
from tests import variants

Connection = psycopg.Connection[tuple[object, ...]]

ROWS = 4_000
FEW = 1_000


def ids(count: int) -> list[str]:
    return [f"v{row}" for row in range(count)]


def vectors(count: int) -> list[str]:
    return [f"[{row},1]" for row in range(count)]


# each of so many of what it is given
CALLS: dict[str, Callable[[int], tuple[str, dict[str, Any]]]] = {
    "get_by_ids": lambda n: ("get_by_ids('work', %(ids)s)", {"ids": ids(n)}),
    "delete_by_ids": lambda n: ("delete_by_ids('work', %(ids)s)", {"ids": ids(n)}),
    "update_metadata": lambda n: (
        "update_metadata('work', '{\"b\": 1}', ids => %(ids)s)",
        {"ids": ids(n)},
    ),
    "patch": lambda n: (
        "update_metadata('work', %(patch)s, ids => '{v1}')",
        {"patch": Jsonb({f"key{number}": number for number in range(n)})},
    ),
    **{
        name: lambda n, name=name: (  # type: ignore[misc]
            f"{name}('work', %(ids)s, %(vectors)s::vector[])",
            {"ids": [f"new{id}" for id in ids(n)], "vectors": vectors(n)},
        )
        for name in ("insert", "upsert")
    },
    "upsert again": lambda n: (
        "upsert('work', %(ids)s, %(vectors)s::vector[])",
        {"ids": ids(n), "vectors": vectors(n)},
    ),
    "JSON": lambda n: (
        "upsert('work', vectors => %(vectors)s)",
        {"vectors": Jsonb([{"id": f"new{row}", "values": [row, 1]} for row in range(n)])},
    ),
    "exclude_ids": lambda n: (
        "query('work', '[1,2]', exclude_ids => %(ids)s, exact => true)",
        {"ids": ids(n)},
    ),
    "namespaces": lambda n: ("count('work', namespaces => %(ids)s)", {"ids": ids(n)}),
    "$in": lambda n: (
        "count('work', filter => %(filter)s)",
        {"filter": Jsonb({"a": {"$in": list(range(n))}})},
    ),
    "$or": lambda n: (
        "query('work', '[1,2]', filter => %(filter)s)",
        {"filter": Jsonb({"$or": [{f"p{each}": each} for each in range(n // 10)]})},
    ),
    "explain": lambda n: (
        "explain('work', '[1,2]', filter => %(filter)s)",
        {"filter": Jsonb({"$or": [{"a": -1}, *({f"p{each}": each} for each in range(n // 10))]})},
    ),
    "query_many": lambda n: (
        "query_many('work', %(vectors)s::vector[], filter => '{\"a\": {\"$lt\": 9}}')",
        {"vectors": vectors(n // 10)},
    ),
}


@pytest.fixture(scope="module")
def counted(dsn: str, client: pgvectorize.Client) -> Iterator[Connection]:
    """A connection that reports the plan of every statement, also within functions."""
    client.create_index("work", dimensions=2, metric="euclidean")
    client.index("work").upsert(
        ids=ids(ROWS),
        values=np.ones((ROWS, 2), dtype=np.float32),
        metadata=[{"a": row} for row in range(ROWS)],
    )
    with psycopg.connect(variants.straight(dsn), autocommit=True) as connection:
        try:
            connection.execute("load 'auto_explain'")
        except psycopg.Error:
            pytest.skip("the server has no auto_explain, or this role may not load it")
        connection.execute("analyze pgvectorize_data.work")
        for setting in (
            *("log_min_duration = 0", "log_nested_statements = on", "log_analyze = on"),
            *("log_timing = off", "log_format = json", "log_level = notice"),
        ):
            connection.execute(f"set auto_explain.{setting}")
        yield connection
    client.delete_index("work")


def work(connection: Connection, call: str, given: dict[str, Any]) -> int:
    """Return how many rows the nodes of all plans of a call handled."""
    total = 0

    def add(node: dict[str, Any]) -> None:
        nonlocal total
        removed = sum(value for key, value in node.items() if key.startswith("Rows Removed"))
        total += round((node["Actual Rows"] + removed) * node["Actual Loops"])
        for inner in node.get("Plans", []):
            add(inner)

    def read(notice: psycopg.errors.Diagnostic) -> None:
        found = re.search(r"plan:\n(\{.*\})", notice.message_primary or "", re.DOTALL)
        if found:
            add(json.loads(found.group(1))["Plan"])

    connection.add_notice_handler(read)
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(f"select * from pgvectorize.{call}", given)
    finally:
        connection.remove_notice_handler(read)
    return total


@pytest.mark.parametrize("name", CALLS)
def test_twice_the_input_is_twice_the_work(counted: Connection, name: str) -> None:
    once, twice = (work(counted, *CALLS[name](count)) for count in (FEW, 2 * FEW))
    assert once > FEW / 10
    assert twice < 2.5 * once


# What a plan does not show: each of these goes through all of what the caller passed, for each row.
QUADRATIC = {
    r"array_position\(\s*\$": "the place of an element; use `with ordinality`",
    r"(\w+) := case[^;]*\1 \|\| jsonb_build_object": "an object copied for each key",
    r"@\.key == \$": "a filter read again for each property",
}


@pytest.mark.parametrize("pattern", QUADRATIC)
def test_no_expression_reads_the_whole_input_for_each_row(pattern: str) -> None:
    files = Path("sql/functions").rglob("*.sql")
    found = [file.name for file in files if re.search(pattern, file.read_text(encoding="utf-8"))]
    assert found == [], QUADRATIC[pattern]
