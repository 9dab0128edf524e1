"""The rule of `--json`, for every command: every field that the client returns, and its name."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

import pgvectorize
from pgvectorize import Client, schema, transfer
from pgvectorize.cli import COMMANDS, main

VECTORIZES = {"created_on", "modified_on"}  # the only fields that Vectorize spells in snake case

SEARCH = (
    *("--vector", "1", "2", "3"),
    *("--return-values", "--return-metadata", "all", "--return-content"),
)
# For each command: its arguments, what the client returns, and what the command adds.
# INDEX is an index with vectors; a command may have run before one that needs what it makes.
ANSWERS: dict[str, tuple[list[str], type | None, set[str]]] = {
    "create": (["NEW", "--dimensions", "3", "--metric", "cosine"], pgvectorize.IndexInfo, set()),
    "update": (["NEW", "--description", "x"], pgvectorize.IndexInfo, set()),
    "delete": (["NEW", "--force"], None, set()),
    "get": (["INDEX"], pgvectorize.IndexInfo, set()),
    "list": ([], pgvectorize.IndexInfo, set()),
    "info": (["INDEX"], pgvectorize.IndexDescription, set()),
    "presets": ([], pgvectorize.Preset, set()),
    "insert": (["INDEX", "--file", "FILE"], pgvectorize.Mutation, {"index"}),
    "upsert": (["INDEX", "--file", "FILE"], pgvectorize.Mutation, {"index"}),
    "get-vectors": (["INDEX", "--ids", "a"], pgvectorize.Vector, set()),
    "list-vectors": (["INDEX", *SEARCH[4:]], pgvectorize.VectorList, set()),
    "list-namespaces": (["INDEX"], pgvectorize.NamespaceInfo, set()),
    "update-metadata": (["INDEX", "--ids", "a", "--patch", "{}"], pgvectorize.Mutation, set()),
    "query": (["INDEX", *SEARCH], pgvectorize.Matches, set()),
    "explain": (["INDEX", *SEARCH], pgvectorize.Explanation, set()),
    "facets": (["INDEX", "--property-name", "color"], pgvectorize.Facet, set()),
    "create-metadata-index": (
        ["INDEX", "--property-name", "color", "--type", "string"],
        None,
        {"mutationId"},
    ),
    "list-metadata-index": (["INDEX"], pgvectorize.MetadataIndex, set()),
    "delete-metadata-index": (["INDEX", "--property-name", "color"], None, {"mutationId"}),
    "build": (["INDEX"], pgvectorize.IndexBuild, {"index", "seconds"}),
    "rebuild": (["INDEX"], pgvectorize.IndexBuild, {"index", "seconds"}),
    "reindex": (["INDEX"], pgvectorize.IndexBuild, {"index", "seconds"}),
    "create-namespace-index": (["INDEX", "--namespace", "n"], pgvectorize.IndexBuild, set()),
    "list-namespace-index": (["INDEX"], pgvectorize.NamespaceIndex, set()),
    "delete-namespace-index": (["INDEX", "--namespace", "n"], None, set()),
    "recall": (["INDEX", "--queries", "2"], pgvectorize.RecallPoint, set()),
    "tune": (["INDEX", "--recall", "0.5", "--queries", "2"], pgvectorize.RecallPoint, {"index"}),
    "drop-hnsw": (["INDEX"], pgvectorize.IndexInfo, set()),
    "doctor": ([], pgvectorize.Finding, {"command"}),
    "stats": (["INDEX"], pgvectorize.IndexStats, set()),
    "size": (["--vectors", "9", "--dimensions", "3"], pgvectorize.IndexSize, set()),
    "vacuum": (["INDEX"], pgvectorize.Vacuum, {"index", "seconds"}),
    "prewarm": (["INDEX"], pgvectorize.PrewarmedRelation, set()),
    "usage": ([], pgvectorize.IndexUsage, set()),
    "limits": ([], pgvectorize.LimitInfo, set()),
    "export": (
        ["INDEX", "--output", "OUTPUT"],
        transfer.ExportSummary,
        {"index", "output", "format", "rowsPerSecond"},
    ),
    "import": (
        ["INDEX", "--file", "FILE"],
        transfer.ImportSummary,
        {"index", "file", "format", "rowsPerSecond"},
    ),
    "adopt": (
        ["NEW", "--table", "TABLE", "--id", "id", "--embedding", "embedding", "--metric", "cosine"],
        pgvectorize.IndexInfo,
        {"vectorCount"},
    ),
    "migrate": ([], None, {"changed", "before", "after"}),
    "current": ([], None, {"current", "wanted", "upToDate"}),
    "grant": (["reader", "pgvectorize_json"], pgvectorize.Grant, set()),
    "list-grants": ([], pgvectorize.Grant, set()),
    "revoke": (["pgvectorize_json"], pgvectorize.Grant, set()),
    "delete-vectors": (["INDEX", "--namespace", "n", "--force"], pgvectorize.Deletion, set()),
    "truncate": (["INDEX", "--force"], None, {"mutationId"}),
}


def spelt(kind: type) -> set[str]:
    """The fields of a dataclass as JSON has them."""
    found = set()
    for field in fields(kind):
        first, *rest = field.name.split("_")
        found.add(field.name if field.name in VECTORIZES else first + "".join(map(str.title, rest)))
    return found


@pytest.fixture
def database(empty_database: str, tmp_path: Path) -> str:
    """A database with an index, and a table and a role beside it."""
    schema.migrate(empty_database)
    with pgvectorize.connect(empty_database) as client:
        client.create_index("docs", dimensions=3, metric="cosine")
        client.index("docs").upsert(
            [("a", [1, 2, 3], "n", {"color": "red"}, "text"), ("b", [1, 0, 0], "n")]
        )
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create table public.vectors (id text primary key, embedding vector(3))")
        connection.execute("insert into public.vectors values ('a', '[1, 2, 3]')")
        connection.execute("alter table pgvectorize_data.docs set (autovacuum_enabled = off)")
        with suppress(psycopg.errors.UndefinedFile, psycopg.errors.FeatureNotSupported):
            connection.execute("create extension pg_prewarm")
        with suppress(psycopg.errors.DuplicateObject):
            connection.execute("create role pgvectorize_json")
    vector = {"id": "a", "values": [3, 2, 1], "namespace": "n", "metadata": {"color": "red"}}
    vector |= {"content": "text"}
    (tmp_path / "x.ndjson").write_text(json.dumps(vector))
    return empty_database


def test_json_has_every_field_of_what_the_client_returns(database: str, tmp_path: Path) -> None:
    names = {name for group in COMMANDS.values() for name in group}
    assert names - set(ANSWERS) == {"demo"}  # which prints no JSON
    meant = {
        "INDEX": "docs",
        "NEW": "new",
        "FILE": str(tmp_path / "x.ndjson"),
        "OUTPUT": str(tmp_path / "y.ndjson"),
        "TABLE": "public.vectors",
    }

    def run(*args: str) -> Any:
        result: Result = CliRunner().invoke(main, [*args, "--json", "--dsn", database])
        assert result.exit_code in (0, 3), (args, result.output)
        return json.loads(result.stdout)

    with psycopg.connect(database) as connection:
        has_prewarm = connection.execute(
            "select from pg_extension where extname = 'pg_prewarm'"
        ).fetchall()
    for name, (arguments, kind, added) in ANSWERS.items():
        if name == "prewarm" and not has_prewarm:
            continue
        answer = run(name, *(meant.get(word, word) for word in arguments))
        if isinstance(answer, list):
            assert answer, name
            answer = answer[0]
        if kind is None and not added:
            assert answer is None, name
            continue
        keys = set(answer)
        if kind is pgvectorize.IndexInfo:
            keys = (keys - {"config"}) | set(answer["config"])
        assert keys == added | (set() if kind is None else spelt(kind)), name

    run("upsert", "docs", "--file", meant["FILE"])
    match, *_ = run("query", "docs", *SEARCH)["matches"]
    assert set(match) == spelt(pgvectorize.Match)
    listed, *_ = run("list-vectors", "docs", *SEARCH[4:])["vectors"]
    assert set(listed) == spelt(pgvectorize.ListedVector)
    assert set(run("delete-vectors", "docs", "--ids", "a")) == spelt(pgvectorize.Mutation)
    for state in run("current")["current"], run("migrate")["after"]:
        assert set(state) == spelt(schema.SchemaState)
    assert set(run("stats", "docs")["indexes"][0]) == spelt(pgvectorize.PostgresIndex)
    rebuilt = run("vacuum", "docs", "--rebuild")["build"]
    assert rebuilt is None or set(rebuilt) == spelt(pgvectorize.IndexBuild)


def test_what_is_none_is_left_out_of_matches_only(
    cli_json: Callable[..., Any], client: Client, make_index: Callable[..., str]
) -> None:
    name = make_index()
    client.index(name).upsert([("a", [1, 2, 3])])
    assert set(cli_json("query", name, "--vector", "1", "2", "3")["matches"][0]) == {"id", "score"}
    assert cli_json("list-vectors", name)["vectors"] == [{"id": "a"}]
    (vector,) = cli_json("get-vectors", name, "--ids", "a")
    assert vector == {"id": "a", "values": [1, 2, 3], "namespace": None, "metadata": None}
