# Made from aio/search.py by `make sync`; edit that one.
"""The nearest vectors."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy.typing as npt

from pgvectorize.blocking.running import Handle
from pgvectorize.encoding.values import query_rows
from pgvectorize.models import Filter, Matches, ReturnMetadata, ValuesInput
from pgvectorize.operations import search


class IndexMethods(Handle):
    def query(
        self,
        vector: ValuesInput,
        *,
        top_k: int = 5,
        namespace: str | Sequence[str | None] | None = None,
        filter: Filter | None = None,
        return_values: bool = False,
        return_metadata: ReturnMetadata | bool = "none",
        return_content: bool = False,
        ef_search: int | None = None,
        exact: bool = False,
        exclude_ids: Sequence[str] | None = None,
        min_score: float | None = None,
        max_distance: float | None = None,
        offset: int = 0,
        recall: float | None = None,
    ) -> Matches:
        """Return the vectors nearest to `vector`, `(dimensions,)`, best first, equal scores by id.

        The number of matches is always the smaller one of `top_k`, 1 to 1,000, and the
        number of vectors that match. A pending vector has no values and never matches.
        `namespace`, `filter` and `exclude_ids` choose what
        is searched, before the `top_k` are taken. `namespace` is one name or several; None
        among several means the vectors without one. `return_metadata` is "none",
        "indexed" (properties with a metadata index), "all", or a boolean for all and none.
        `return_content` returns the text of each match.

        `ef_search`, 1 to 1,000, is how many candidates the HNSW search keeps: more finds
        more and is slower. The default is what `tune` set, else 100, or 200 below 256
        dimensions, times 0.6 with a filter; it is never fewer than `top_k`. `recall` uses
        the `ef_search` that found such a share of the true nearest vectors when `tune` or
        `recall` measured it. `exact` compares with every matching vector instead.

        `max_distance` leaves out matches that are farther away. The distance is the score
        for euclidean and dot-product, and 1 - score for cosine; for cosine `min_score`
        says the same by the score.

        `offset` skips so many matches, to read an answer page by page. Pages fit together
        up to `ef_search`, if each page has the same, or with `exact`, up to 10,000. Pages
        that would overlap are refused: with a filter, a namespace or `exclude_ids`, and
        beyond `ef_search`. It is faster to ask for all matches at once, up to 1,000, and to
        get their metadata page by page with `get_by_ids`.

        Raises `InvalidVector`, `InvalidFilter` and `InvalidRequest`.
        """
        return self._run(
            search.query(
                index=self.name,
                vector=vector,
                top_k=top_k,
                namespace=namespace,
                filter=filter,
                return_values=return_values,
                return_metadata=return_metadata,
                return_content=return_content,
                ef_search=ef_search,
                exact=exact,
                exclude_ids=exclude_ids,
                min_score=min_score,
                max_distance=max_distance,
                offset=offset,
                recall=recall,
            )
        )

    def query_by_id(
        self,
        id: str,
        *,
        top_k: int = 5,
        namespace: str | Sequence[str | None] | None = None,
        filter: Filter | None = None,
        return_values: bool = False,
        return_metadata: ReturnMetadata | bool = "none",
        return_content: bool = False,
        ef_search: int | None = None,
        exact: bool = False,
        exclude_ids: Sequence[str] | None = None,
        min_score: float | None = None,
        max_distance: float | None = None,
        offset: int = 0,
        recall: float | None = None,
    ) -> Matches:
        """Return the vectors nearest to a stored one, itself among them; otherwise as `query`.

        Raises `VectorNotFound`, and `InvalidRequest` if the stored vector is pending.
        """
        return self._run(
            search.query_by_id(
                index=self.name,
                id=id,
                top_k=top_k,
                namespace=namespace,
                filter=filter,
                return_values=return_values,
                return_metadata=return_metadata,
                return_content=return_content,
                ef_search=ef_search,
                exact=exact,
                exclude_ids=exclude_ids,
                min_score=min_score,
                max_distance=max_distance,
                offset=offset,
                recall=recall,
            )
        )

    def query_many(
        self,
        vectors: npt.ArrayLike,
        *,
        top_k: int = 5,
        namespace: str | Sequence[str | None] | None = None,
        filter: Filter | None = None,
        return_values: bool = False,
        return_metadata: ReturnMetadata | bool = "none",
        return_content: bool = False,
        ef_search: int | None = None,
        exact: bool = False,
        exclude_ids: Sequence[str] | None = None,
        min_score: float | None = None,
        max_distance: float | None = None,
        offset: int = 0,
        filters: Sequence[Filter | None] | None = None,
        recall: float | None = None,
        connections: int | None = None,
    ) -> list[Matches]:
        """Answer many queries, `(n, dimensions)`, in one round trip and in their order.

        Each is as `query`. `filters` adds one more filter, or None, to each query. From 100
        queries on they are shared among `connections` of the client's pool, by default half
        of it, so that the server uses several cores. Each share is one round trip, and sees
        the index as it is when that begins. Over a borrowed connection, and with
        `connections=1`, all queries are one statement.
        """
        handshake = self._client._shake_hands()
        rows = query_rows(vectors)
        each_filter = search.list_filters(filters, len(rows))
        plans = [
            search.query_many(
                index=self.name,
                vectors=rows[share],
                handshake=handshake,
                filters=None if each_filter is None else each_filter[share],
                top_k=top_k,
                namespace=namespace,
                filter=filter,
                return_values=return_values,
                return_metadata=return_metadata,
                return_content=return_content,
                ef_search=ef_search,
                exact=exact,
                exclude_ids=exclude_ids,
                min_score=min_score,
                max_distance=max_distance,
                offset=offset,
                recall=recall,
            )
            for share in search.shares(len(rows), connections, self._client._connections)
        ]
        if len(plans) == 1:
            return self._run(plans[0])
        answers = self._client._run_together(plans)
        return list(chain.from_iterable(answers))

    def query_text(
        self,
        text: str,
        *,
        top_k: int = 5,
        namespace: str | Sequence[str | None] | None = None,
        filter: Filter | None = None,
        return_values: bool = False,
        return_metadata: ReturnMetadata | bool = "none",
        return_content: bool = False,
        ef_search: int | None = None,
        exact: bool = False,
        exclude_ids: Sequence[str] | None = None,
        min_score: float | None = None,
        max_distance: float | None = None,
        offset: int = 0,
        recall: float | None = None,
    ) -> Matches:
        """Return the vectors nearest to a text, which the index's embedding model embeds.

        Otherwise as `query`. The model is the one of `create_index`, or the one that was given
        to `client.index`; if both are there they must be the same.

        Raises `ModelMismatch`, `EmbeddingError`, and `InvalidRequest` if there is no model.
        """
        embedder = self._text_embedder()
        (vector,) = embedder.embed_queries([text])
        return self.query(
            vector,
            top_k=top_k,
            namespace=namespace,
            filter=filter,
            return_values=return_values,
            return_metadata=return_metadata,
            return_content=return_content,
            ef_search=ef_search,
            exact=exact,
            exclude_ids=exclude_ids,
            min_score=min_score,
            max_distance=max_distance,
            offset=offset,
            recall=recall,
        )

    def query_texts(
        self,
        texts: Sequence[str],
        *,
        top_k: int = 5,
        namespace: str | Sequence[str | None] | None = None,
        filter: Filter | None = None,
        return_values: bool = False,
        return_metadata: ReturnMetadata | bool = "none",
        return_content: bool = False,
        ef_search: int | None = None,
        exact: bool = False,
        exclude_ids: Sequence[str] | None = None,
        min_score: float | None = None,
        max_distance: float | None = None,
        offset: int = 0,
        filters: Sequence[Filter | None] | None = None,
        recall: float | None = None,
        connections: int | None = None,
    ) -> list[Matches]:
        """Answer many queries by text, in their order; as `query_text` and `query_many`."""
        embedder = self._text_embedder()
        return self.query_many(
            embedder.embed_queries(texts),
            top_k=top_k,
            namespace=namespace,
            filter=filter,
            return_values=return_values,
            return_metadata=return_metadata,
            return_content=return_content,
            ef_search=ef_search,
            exact=exact,
            exclude_ids=exclude_ids,
            min_score=min_score,
            max_distance=max_distance,
            offset=offset,
            filters=filters,
            recall=recall,
            connections=connections,
        )
