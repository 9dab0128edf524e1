"""all-MiniLM-L6-v2, from the package that carries it, run by numpy alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks import embed
from pgvectorize import EmbeddingModel
from pgvectorize.embedding import TextEmbedder, as_embedder

MODEL = EmbeddingModel(
    "sentence-transformers", "all-MiniLM-L6-v2", 384, pooling="mean", normalised=True
)


def minilm() -> TextEmbedder:
    model = embed.Model(embed.model_folder())

    def run(texts: list[str]) -> Any:
        vectors = np.empty((len(texts), embed.DIMENSIONS), dtype=np.float32)
        for rows, tokens in embed.blocks(embed.tokenized(texts)):
            vectors[rows] = model.embed(tokens)
        return vectors

    return as_embedder(run, model=MODEL)
