"""The model that works offline: wordllama's, from its package."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from pgvectorize import EmbeddingModel, InvalidEmbedding
from pgvectorize.embedding import TextEmbedder, as_embedder
from tests.embedding.stories import QUESTION, STORIES

pytest.importorskip("wordllama", reason="wordllama has no wheel for this Python")


@pytest.fixture(scope="module")
def embedder() -> TextEmbedder:
    return as_embedder("wordllama")


def test_the_announcements_question_finds_its_story(embedder: TextEmbedder) -> None:
    scores = embedder.embed_documents(STORIES) @ embedder.embed_queries([QUESTION])[0]
    assert scores.argmax() == 0
    assert scores[0] > 0.7
    assert scores[1:].max() < 0.1


def test_its_identity(embedder: TextEmbedder) -> None:
    assert embedder.identify() == EmbeddingModel(
        "wordllama",
        "l2_supercat_256",
        dimensions=256,
        pooling="mean",
        normalised=True,
        query_prompt="",
        document_prompt="",
    )
    assert as_embedder(embedder.model).model == embedder.model


def test_vectors_have_length_1(embedder: TextEmbedder) -> None:
    vectors = embedder.embed_documents([*STORIES, "ä", "漢字", "🧡", "1", "?"])
    assert vectors.shape == (8, 256)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)


def test_a_text_has_one_vector_whatever_is_beside_it(embedder: TextEmbedder) -> None:
    alone = [embedder.embed_documents([story])[0] for story in STORIES]
    beside = embedder.embed_documents([*STORIES, "a much longer text, " * 100])[:3]
    np.testing.assert_allclose(beside, alone, atol=1e-6)
    asked = asyncio.run(embedder.aembed_queries(STORIES))
    np.testing.assert_allclose(asked, alone, atol=1e-6)


def test_a_text_without_a_direction_is_refused(
    embedder: TextEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = embedder._documents.blocking.__self__._model  # type: ignore[union-attr]
    monkeypatch.setattr(model, "embedding", np.zeros_like(model.embedding))
    with pytest.raises(InvalidEmbedding, match="text 1: value 1 is nan"):
        embedder.embed_documents(["orange cloud"])


def test_it_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a connection")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert as_embedder("wordllama").embed_queries([QUESTION]).shape == (1, 256)


def test_the_logging_of_the_program_stays_as_it_is() -> None:
    code = (
        "import logging; from pgvectorize.embedding import as_embedder; as_embedder('wordllama'); "
        "root = logging.getLogger(); print(root.handlers, root.level)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"[] {logging.WARNING}"
    assert done.stderr == ""
