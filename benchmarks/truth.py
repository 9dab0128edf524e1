"""The right answers, by brute force in numpy, and how much of them was found."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from benchmarks.cache import cached_array, folder
from benchmarks.datasets import Array, DataSet

TOP_K = 10
BLOCK_ROWS = 50_000
# of a similarity: single precision, added up in another order
ROUNDING = 2e-6


class Truth:
    """What the nearest rows of a data set are, under cosine, for its first `queries` queries."""

    def __init__(self, data: DataSet, queries: int) -> None:
        self._data = data
        self._queries = unit(data.queries[:queries])
        self._places = {id_: place for place, id_ in enumerate(data.ids)}

    def answer(self, matching: Array | None = None) -> Answer:
        """Return the right answers among all rows, or those of a boolean mask `(n,)`."""
        if matching is not None:
            return Answer(self, self._bounds(np.flatnonzero(matching)), matching)
        rows, queries = len(self._data), len(self._queries)
        digest = zlib.crc32(self._data.vectors.tobytes())
        path = folder("truth") / f"{self._data.name}-{rows}-{digest:08x}-{queries}-{TOP_K}.npy"
        bounds = cached_array(path, lambda: self._bounds(np.arange(rows)))
        return Answer(self, bounds, np.ones(rows, dtype=bool))

    def similarities(self, query: int, ids: Sequence[str]) -> tuple[Array, Array]:
        """Return the rows that have the ids, and how similar they are to a query."""
        places = np.array([self._places[id_] for id_ in ids], dtype=np.int64)
        return places, unit(self._data.vectors[places]) @ self._queries[query]

    def _bounds(self, places: Array) -> Array:
        """Return the similarity that the last of the best `TOP_K` rows has, for each query."""
        best = np.full((len(self._queries), TOP_K), -2, dtype=np.float32)
        for start in range(0, len(places), BLOCK_ROWS):
            block = unit(self._data.vectors[places[start : start + BLOCK_ROWS]])
            candidates = np.hstack([best, self._queries @ block.T])
            best = np.partition(candidates, -TOP_K, axis=1)[:, -TOP_K:]
        bounds: Array = best.min(axis=1)
        return bounds


class Answer:
    """The right answer to each query under one filter."""

    def __init__(self, truth: Truth, bounds: Array, matching: Array) -> None:
        self._truth = truth
        self._bounds = bounds
        self._matching = matching
        self.wanted = min(TOP_K, int(matching.sum()))

    def recall(self, answers: Iterable[tuple[int, Any]]) -> float:
        """Return the mean share of the right rows that were found, 0 to 1.

        A row is right if it matches and is as similar as the last of the best `TOP_K`, so
        that among equals any will do.
        """
        if not self.wanted:
            return 1.0
        shares = []
        for query, answer in answers:
            places, similar = self._truth.similarities(query, found_ids(answer)[:TOP_K])
            is_right = self._matching[places] & (similar >= self._bounds[query] - ROUNDING)
            shares.append(min(np.count_nonzero(is_right) / self.wanted, 1))
        return float(np.mean(shares))

    def short(self, answers: Iterable[tuple[int, Any]]) -> int:
        """Return how many answers have fewer rows that match than min(top_k, matching rows)."""
        found = (self._truth.similarities(query, found_ids(answer))[0] for query, answer in answers)
        return sum(int(self._matching[places].sum()) < self.wanted for places in found)


def found_ids(answer: Iterable[Any]) -> list[str]:
    """Return the ids of what the client or a statement that selects them first answered."""
    return [row[0] if isinstance(row, tuple) else row.id for row in answer]


def unit(vectors: Array) -> Array:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Array = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
    return scaled
