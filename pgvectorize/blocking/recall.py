# Made from aio/recall.py by `make sync`; edit that one.
"""How many of the true nearest vectors queries find."""

from __future__ import annotations

import numpy.typing as npt

from pgvectorize.blocking.running import Handle
from pgvectorize.models import RecallPoint
from pgvectorize.operations import recall as measuring


class IndexMethods(Handle):
    def recall(
        self,
        vectors: npt.ArrayLike | None = None,
        *,
        queries: int = 200,
        top_k: int = 10,
        store: bool = True,
    ) -> list[RecallPoint]:
        """Measure what share of the true nearest vectors queries find, for rising `ef_search`.

        The measurement ends when all are found, or at 1,000. The last point, without
        `ef_search`, is the exact search that the others are compared with; it is the only
        one if there is no HNSW index. A vector as near as the last of the true `top_k` is
        right too.

        `vectors`, `(n, dimensions)`, are the queries: give real ones if you have them.
        Otherwise `queries` mixtures of stored vectors are used, drawn at random, which are
        as hard as real queries or a little harder. Each query costs an exact search, about
        half a second with a million vectors, and a dozen others. `top_k`, 1 to 1,000,
        should be what you ask for: a larger one needs a larger `ef_search`.

        The points are stored for the `recall` of queries and replace those before. With
        `store=False` nothing is written, so that it works on a replica.

        Raises `InvalidVector`, and `InvalidRequest`, also if there are fewer than two
        vectors.
        """
        return self._run(
            measuring.recall(
                index=self.name,
                vectors=vectors,
                handshake=self._client._shake_hands(),
                queries=queries,
                top_k=top_k,
                store=store,
            )
        )

    def tune(
        self,
        recall: float,
        *,
        vectors: npt.ArrayLike | None = None,
        queries: int = 200,
        top_k: int = 10,
    ) -> RecallPoint:
        """Find the least `ef_search` that reaches a recall, and set it for the index.

        Queries use it unless they say otherwise. A recall is reached if the measured one is
        higher by more than its standard error, which shrinks with more `queries`. All that
        is measured is stored, and the rest is as for `recall`. What `recall` or `tune` has
        measured with the same parameters within the last hour is not measured again, unless
        the index was written to. Without an HNSW index queries find everything: then nothing
        is set, and the answer has no `ef_search`.

        Measure again when the index has grown much, or was built with other parameters.

        Raises `RecallNotReached` if 1,000 does not reach it, which changes nothing, and
        what `recall` raises.
        """
        return self._run(
            measuring.tune(
                index=self.name,
                recall=recall,
                vectors=vectors,
                handshake=self._client._shake_hands(),
                queries=queries,
                top_k=top_k,
            )
        )
