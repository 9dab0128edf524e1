from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

import pgvectorize
from pgvectorize.cli import main

# of Vectorize's announcement
# the announcement's scores, cut after six digits; pgvector's sums are float4
GOLDEN = {"5": "0.999909", "4": "0.789848", "2": "0.611976"}


def in_order(text: str, *parts: str) -> bool:
    return re.search(".*".join(map(re.escape, parts)), text, re.DOTALL) is not None


@pytest.mark.slow
def test_the_demo_shows_the_main_job_and_may_be_run_again(
    empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["migrate", "--dsn", empty_database]).exit_code == 0

    def run() -> str:
        result = CliRunner().invoke(main, ["demo", "--dsn", empty_database])
        assert result.exit_code == 0, result.output
        assert result.stderr == ""
        assert "\x1b" not in result.stdout
        return result.stdout

    first = run()
    shown = re.findall(r"^│ ([1-5]) +│ (\d\.\d{9}) │ .*/products/sku/", first, re.MULTILINE)
    # the scores are sums of float4s, whose last digit differs between processors
    assert {id: score[:8] for id, score in shown} == GOLDEN
    assert [id for id, _ in shown] == ["5", "4", "2"]
    assert in_order(first, "58.8, 6.7, 3.4", "75.1, 67.1, 29.9", "15.1, 19.2, 15.8")

    assert "2,885 vectors" in first
    assert in_order(first, "query(moon, top_k=3", "John F Kennedy", "Donald J Trump")
    assert in_order(first, '"$gte": 1980', '"$in"', "Ronald Reagan", "Barack Obama")
    assert in_order(first, 'namespace="republican"', "Donald J Trump", "Richard Nixon")
    assert in_order(first, "query_by_id(", "1.000", "John F Kennedy", "Richard Nixon")
    assert in_order(first, "join pgvectorize_demo.passages using (id)", "0.491", "Artemis")
    assert in_order(first, "in your database", "pgvectorize query demo-speeches", "psql ")
    assert "already" not in first

    with pgvectorize.connect(empty_database) as client, psycopg.connect(empty_database) as plain:
        assert client.index("demo-speeches").count() == 2_885
        before = written(plain)
        assert before[0] == (2_885,)

    second = run()
    assert second.count("it is there already") == 2
    with psycopg.connect(empty_database) as plain:
        assert written(plain) == before


def written(connection: psycopg.Connection[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Return what would change if a row were written again: its xmin."""
    return connection.execute(
        """
        select count(*) from pgvectorize_demo.passages
        union all
        select max(xmin::text::bigint) from pgvectorize_demo.passages
        union all
        select max(xmin::text::bigint) from pgvectorize_data."demo-speeches"
        """
    ).fetchall()


def test_the_demo_does_not_migrate_a_server(empty_database: str) -> None:
    result = CliRunner().invoke(main, ["demo", "--dsn", empty_database])
    assert result.exit_code == 1
    assert "Hint: Run: pgvectorize migrate" in result.stderr


def test_the_demo_is_told_in_words(misused: Callable[..., str]) -> None:
    assert "not JSON" in misused("demo", "--json")
