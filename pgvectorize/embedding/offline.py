"""A small model that works offline: wordllama's, which comes in its package."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np

from pgvectorize.models import EmbeddingModel

MODEL = EmbeddingModel(
    "wordllama",
    "l2_supercat_256",
    dimensions=256,
    pooling="mean",
    normalised=True,
    query_prompt="",
    document_prompt="",
)


class WordLlamaEmbedder:
    """Embeds texts with numpy alone, by the mean of the vectors of their tokens."""

    model = MODEL

    def __init__(self) -> None:
        self._model = _load()

    def embed_documents(self, texts: list[str], /) -> Any:
        """Return unit vectors of texts."""
        with np.errstate(invalid="ignore"):  # a text without tokens has no direction: it is found
            return self._model.embed(texts, norm=True)

    embed_queries = embed_documents


def _load() -> Any:
    """Load the model from the package's own folder; raises `ImportError` without the package.

    By default wordllama looks for the tokenizer in another folder than the one that its package
    has, and would download it.
    """
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        import wordllama
    finally:  # it configures the logging of the whole program
        root.handlers[:] = handlers
        root.setLevel(level)
    folder = Path(wordllama.__file__).parent
    return wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
