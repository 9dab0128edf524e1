"""doctor, stats, size, vacuum, prewarm."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.sql import SQL, Identifier

from pgvectorize import Client, Finding, Index, schema
from pgvectorize.cli import main
from tests.migrations.conftest import OLDER_FUNCTIONS

VALUES = np.random.default_rng(2).normal(size=(1_200, 64)).astype(np.float32)


@pytest.fixture
def index(client: Client, make_index: Callable[..., str]) -> Index:
    index = client.index(make_index(dimensions=64, metric="cosine"))
    index.bulk_load(ids=[str(row) for row in range(1_200)], values=VALUES, namespaces="books")
    return index


def run(dsn: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--dsn", dsn, *arguments])


# doctor


def diagnosed(dsn: str, code: str) -> Finding:
    """What is found where no client can connect, by Python and by the command alike."""
    (finding,) = [each for each in schema.diagnose(dsn) if each.code == code]
    result = run(dsn, "doctor", "--json")
    assert result.exit_code == 3
    assert [each["code"] for each in json.loads(result.stdout)] == [
        each.code for each in schema.diagnose(dsn)
    ]
    return finding


def test_a_database_with_nothing_in_it_is_diagnosed_and_fixed(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        missing = diagnosed(empty_database, "pgvector_missing")
        assert missing.severity == "error"
        connection.execute(str(missing.fix).encode())
    behind = diagnosed(empty_database, "schema_behind")
    assert (behind.severity, behind.fix) == ("error", "pgvectorize migrate")
    assert run(empty_database, "migrate").exit_code == 0
    assert schema.diagnose(empty_database) == []
    healthy = run(empty_database, "doctor", "--fail-on", "error")
    assert healthy.exit_code == 0


@pytest.mark.parametrize(
    ("change", "code", "severity", "fix"),
    [
        (
            "update pgvectorize_private.schema_version set version_num = '9999'",
            "schema_ahead",
            "error",
            "pip install --upgrade pgvectorize",
        ),
        (
            "update pg_extension set extversion = '0.7.4' where extname = 'vector'",
            "pgvector_old",
            "error",
            "alter extension vector update;",
        ),
        (
            OLDER_FUNCTIONS,
            "functions_differ",
            "warning",
            "pgvectorize migrate",
        ),
        (
            "drop function pgvectorize_private._parse_version",
            "functions_differ",
            "warning",
            "pgvectorize migrate",
        ),
    ],
)
def test_a_library_and_a_database_that_do_not_fit(
    empty_database: str, change: str, code: str, severity: str, fix: str
) -> None:
    schema.migrate(empty_database)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(change.encode())
    (finding,) = schema.diagnose(empty_database)
    assert (finding.code, finding.severity, finding.fix) == (code, severity, fix)
    if fix == "pgvectorize migrate":
        assert run(empty_database, "migrate").exit_code == 0
        assert schema.diagnose(empty_database) == []
    else:
        assert diagnosed(empty_database, code) == finding


def test_an_encoding_that_cannot_be_is_diagnosed(dsn: str) -> None:
    name = Identifier("pgvectorize_test_latin")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(SQL("drop database if exists {}").format(name))
        connection.execute(
            SQL(
                "create database {} template template0 encoding 'LATIN1' "
                "locale_provider libc lc_collate 'C' lc_ctype 'C'"
            ).format(name)
        )
        try:
            finding = diagnosed(f"{dsn} dbname=pgvectorize_test_latin", "server_unsupported")
            assert "has to be UTF8" in finding.finding
        finally:
            connection.execute(SQL("drop database {} with (force)").format(name))


def test_the_exit_code_says_whether_something_was_found(
    cli: Callable[..., Result], dsn: str, index: Index
) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            f'alter table pgvectorize_data."{index.name}" set (autovacuum_enabled = off)'.encode()
        )
    result = cli("doctor", index.name)
    assert result.exit_code == 3
    assert f"warning ({index.name}): Autovacuum is off for its table" in result.stdout
    assert "[autovacuum_off]\n    alter table" in result.stdout
    assert cli("doctor", index.name, "--fail-on", "error").exit_code == 0
    assert cli("doctor", index.name, "--fail-on", "notice").exit_code == 3
    found = json.loads(cli("doctor", index.name, "--json").stdout)
    (mine,) = [each for each in found if each["code"] == "autovacuum_off"]
    assert set(mine) == {
        "severity",
        "code",
        "name",
        "finding",
        "fix",
        "action",
        "arguments",
        "command",
    }
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(mine["fix"].encode())
    assert "autovacuum_off" not in cli("doctor", index.name).stdout


def test_a_doctor_that_cannot_look_exits_with_1(
    cli: Callable[..., Result], refused: Callable[..., str], misused: Callable[..., str]
) -> None:
    assert run("host=127.0.0.1 port=1", "doctor").exit_code == 1
    assert refused("doctor", "nowhere") == 'index "nowhere" does not exist'
    assert "'--fail-on'" in misused("doctor", "--fail-on", "anything")


def test_a_database_without_faults_is_called_so(empty_database: str) -> None:
    schema.migrate(empty_database)
    result = run(empty_database, "doctor")
    if "pgvector_old" in result.stdout:  # Debian 13's
        assert result.exit_code == 3
        return
    assert (result.exit_code, result.stdout) == (0, "Nothing is wrong.\n")
    assert run(empty_database, "doctor", "--json").stdout == "[]\n"


# stats and size


def test_stats_are_shown(
    cli_text: Callable[..., str],
    cli_json: Callable[..., Any],
    index: Index,
    counted: Callable[..., None],
) -> None:
    counted(lambda: "1,200 live, 0 dead" in cli_text("stats", index.name))
    text = cli_text("stats", index.name)
    assert "float32, m 16, ef_construction 64" in text
    known = cli_json("stats", index.name, "--exact")
    assert (known["vectorCount"], known["namespaceCount"], known["isEstimate"]) == (1200, 1, False)
    assert known["totalBytes"] == index.stats().total_bytes
    assert [each["kind"] for each in known["indexes"]] == [
        "hnsw",
        "ids",
        "namespaces",
        "pending",
    ]
    assert known["lastAnalyze"].endswith("Z")
    assert known["indexes"][0]["lastScan"] is None
    index.drop_hnsw()
    assert "none" in cli_text("stats", index.name)


def test_a_size_is_reckoned(
    cli_text: Callable[..., str],
    cli_json: Callable[..., Any],
    refused: Callable[..., str],
    misused: Callable[..., str],
    client: Client,
) -> None:
    text = cli_text("size", "--vectors", "1000000", "--dimensions", "768")
    assert "HNSW index, float32" in text
    reckoned = client.size(1_000_000, dimensions=768)
    assert f"{reckoned.hnsw_bytes / 2**30:,.1f} GB" in text
    preset = cli_json(
        "size", "--vectors", "1000", "--preset", "openai/text-embedding-3-small", "--m", "8"
    )
    assert preset["hnswPrecision"] == "float16"
    assert preset["totalBytes"] == preset["tableBytes"] + preset["hnswBytes"]
    assert "dimensions must be between" in refused("size", "--vectors", "1000")
    assert "--vectors" in misused("size", "--dimensions", "3")


# vacuum and prewarm


def test_an_index_is_vacuumed(
    cli_text: Callable[..., str], cli_json: Callable[..., Any], index: Index
) -> None:
    assert "0 dead rows before, 0 now" in cli_text("vacuum", index.name)
    done = cli_json("vacuum", index.name, "--rebuild", "--no-analyze")
    assert done.pop("seconds") > 0
    assert done.pop("build")["vectors"] == 1_200
    assert done == {"index": index.name, "deadRows": 0, "remainingRows": 0}
    assert "rebuilt first" in cli_text("vacuum", index.name, "--rebuild")
    assert cli_json("vacuum", index.name, "--no-rebuild")["build"] is None


def test_what_a_vacuum_must_leave_is_said(
    cli_text: Callable[..., str], dsn: str, index: Index
) -> None:
    with psycopg.connect(dsn) as reader, psycopg.connect(dsn, autocommit=True) as writer:
        writer.execute(
            f'alter table pgvectorize_data."{index.name}" set (autovacuum_enabled = off)'.encode()
        )
        reader.execute("set transaction isolation level repeatable read")
        reader.execute("select 1")
        Client(writer).index(index.name).delete_by_ids(["1", "2"])
        writer.execute("select pg_stat_force_next_flush()")
        text = cli_text("vacuum", index.name, "--no-rebuild")
    assert "about 2 dead rows before, 2 now." in text
    assert f"pgvectorize doctor {index.name}" in text


def test_an_index_is_read_into_memory(
    cli_text: Callable[..., str],
    cli_json: Callable[..., Any],
    refused: Callable[..., str],
    dsn: str,
    index: Index,
) -> None:
    assert "pg_prewarm is not in this database" in refused("prewarm", index.name)
    with psycopg.connect(dsn, autocommit=True) as connection:
        if not connection.execute(
            "select from pg_available_extensions where name = 'pg_prewarm'"
        ).fetchall():
            pytest.skip("the server has no pg_prewarm")
        connection.execute("create extension pg_prewarm")
        try:
            text = cli_text("prewarm", index.name)
            read = cli_json("prewarm", index.name)
        finally:
            connection.execute("drop extension pg_prewarm")
    assert "into the shared buffers." in text
    assert {each["isBuffered"] for each in read} == {True}
    assert read[-1]["relation"].endswith("_embedding_hnsw")


def test_doctor_suggests_one_rebuild(
    monkeypatch: pytest.MonkeyPatch, cli_text: Callable[..., str]
) -> None:
    """A vacuum rebuilds, too, if many vectors were deleted."""

    def found(*_: object) -> list[Finding]:
        build, other = ({"index": name, "rebuild": True} for name in ("docs", "other"))
        return [
            Finding("warning", "rows_dead", "docs", "x", None, "vacuum", {"index": "docs"}),
            Finding("warning", "hnsw_bloated", "docs", "y", None, "build", build),
            Finding("warning", "hnsw_bloated", "other", "y", None, "build", other),
        ]

    monkeypatch.setattr(Client, "doctor", found)
    said = cli_text("doctor", "--fail-on", "error")
    assert re.findall("pgvectorize .*", said) == [
        "pgvectorize vacuum docs",
        "pgvectorize vacuum docs",
        "pgvectorize rebuild other",
    ]
