"""The embedding model of an index on the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pgvectorize import Client

Text = Callable[..., str]
Json = Callable[..., Any]
MODEL = {
    "provider": "openai",
    "name": "text-embedding-3-small",
    "dimensions": 1536,
    "normalised": True,
    "queryPrompt": "",
    "documentPrompt": "",
}


@pytest.fixture
def name(client: Client) -> Any:
    yield "test-cli-text"
    client.delete_index("test-cli-text")


def test_create_takes_a_model(cli_text: Text, cli_json: Json, name: str) -> None:
    said = cli_text("create", name, "--model", "openai:text-embedding-3-small")
    assert said == f"Created index '{name}': 1536 dimensions, cosine.\n"
    assert cli_json("get", name)["config"]["model"] == MODEL
    assert cli_json("info", name)["model"] == MODEL
    for command in ("get", "info"):
        assert "openai:text-embedding-3-small" in cli_text(command, name)


def test_an_index_without_a_model(cli_text: Text, cli_json: Json, name: str) -> None:
    cli_text("create", name, "--dimensions", "3", "--metric", "cosine")
    assert cli_json("get", name)["config"]["model"] is None
    assert "model" not in cli_text("get", name)


def test_query_by_text_needs_a_model(
    refused: Text, cli_text: Text, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    cli_text("create", name, "--dimensions", "1536", "--metric", "cosine")
    assert refused("query", name, "--text", "orange cloud") == (
        f'index "{name}" has no embedding model'
    )
    said = refused(
        "query", name, "--text", "orange cloud", "--model", "openai:text-embedding-3-small"
    )
    assert said == ("openai needs a key, and the environment variable OPENAI_API_KEY is not set")


def test_another_model_is_refused(
    refused: Text, cli_text: Text, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0815-4711")
    cli_text("create", name, "--model", "openai:text-embedding-3-small")
    said = refused("query", name, "--text", "a", "--model", "openai:text-embedding-3-large")
    assert "openai:text-embedding-3-small (dimensions=1536" in said
    assert "not of openai:text-embedding-3-large (dimensions=3072" in said


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--text", "a", "--vector", "1"], "give --vector, --vector-id or --text"),
        (["--text", "a", "--vector-id", "1"], "give --vector, --vector-id or --text"),
        (["--model", "wordllama", "--vector", "1"], "--model is what embeds a --text"),
    ],
)
def test_query_refuses_what_does_not_go_together(
    misused: Text, options: list[str], says: str
) -> None:
    assert misused("query", "docs", *options) == f"Error: {says}"


def test_create_wants_dimensions_from_somewhere(misused: Text) -> None:
    assert misused("create", "docs") == (
        "Error: give --dimensions and --metric, or a --preset, or a --model"
    )
