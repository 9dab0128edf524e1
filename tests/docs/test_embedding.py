"""The blocks of docs/embedding.md run, in their order, on one database and without a network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

import pgvectorize
from pgvectorize import schema
from pgvectorize.cli import main
from pgvectorize.embedding import TextEmbedder

pytest.importorskip("wordllama", reason="wordllama has no wheel for this Python")

PAGE = (Path(__file__).parents[2] / "docs" / "embedding.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)


def test_the_blocks_run(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    schema.migrate(empty_database)
    monkeypatch.setattr(
        pgvectorize,
        "connect",
        lambda dsn=empty_database, **options: pgvectorize.Client.connect(dsn, **options),
    )
    names: dict[str, Any] = {}
    for language, block in BLOCKS:
        if language == "python":
            exec(block, names)  # noqa: S102
        elif language == "sql":
            with psycopg.connect(empty_database) as connection:
                connection.execute(block.encode())
        else:
            for line in block.splitlines():
                arguments = [part.strip('"') for part in re.findall(r'"[^"]*"|\S+', line)]
                main(["--dsn", empty_database, *arguments[1:]], standalone_mode=False)
    embedder = names["embedder"]
    assert isinstance(embedder, TextEmbedder)
    np.testing.assert_array_equal(embedder.embed_queries(["banana"]), [[6, 3]])
    with pgvectorize.Client.connect(empty_database) as client:
        models = {info.name: info.model for info in client.list_indexes()}
    assert {name: model.provider for name, model in models.items() if model} == {
        "articles": "openai",
        "letters": "wordllama",
        "stories": "wordllama",
    }
