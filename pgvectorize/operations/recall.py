"""Operations that measure how much of the true nearest an index finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy.typing as npt

from pgvectorize.encoding import Binary, query_matrix, vector_array
from pgvectorize.models import RecallPoint
from pgvectorize.plans import Handshake, Plan, Statement

if TYPE_CHECKING:
    from typing_extensions import LiteralString

_POINT: LiteralString = "ef_search, recall, standard_error, milliseconds, queries, top_k"


def recall(
    index: str,
    vectors: npt.ArrayLike | None,
    handshake: Handshake,
    queries: int,
    top_k: int,
    store: bool,
) -> Plan[list[RecallPoint]]:
    rows = yield Statement(
        f"""
        select {_POINT}
        from pgvectorize.recall(
            index => %(index)s, queries => %(queries)s, top_k => %(top_k)s,
            vectors => %(vectors)s, store => %(store)s
        )
        """,
        {
            "index": index,
            "queries": queries,
            "top_k": top_k,
            "vectors": _vectors(vectors, handshake),
            "store": store,
        },
    )
    return [RecallPoint(**row) for row in rows]


def tune(
    index: str,
    recall: float,
    vectors: npt.ArrayLike | None,
    handshake: Handshake,
    queries: int,
    top_k: int,
) -> Plan[RecallPoint]:
    rows = yield Statement(
        f"""
        select {_POINT}
        from pgvectorize.tune(
            index => %(index)s, recall => %(recall)s, queries => %(queries)s,
            top_k => %(top_k)s, vectors => %(vectors)s
        )
        """,
        {
            "index": index,
            "recall": recall,
            "queries": queries,
            "top_k": top_k,
            "vectors": _vectors(vectors, handshake),
        },
    )
    return RecallPoint(**rows[0])


def _vectors(vectors: npt.ArrayLike | None, handshake: Handshake) -> Binary | None:
    return None if vectors is None else vector_array(query_matrix(vectors), handshake.vector_oid)
