"""Operations that measure how many of the true nearest vectors a query finds."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from pgvectorize.encoding.values import query_rows
from pgvectorize.encoding.wire import Binary, vector_array
from pgvectorize.models import RecallPoint
from pgvectorize.operations.calls import many, one
from pgvectorize.plans import Handshake, Plan


def recall(
    *, vectors: npt.ArrayLike | None, handshake: Handshake, **arguments: Any
) -> Plan[list[RecallPoint]]:
    return many(RecallPoint, "recall", vectors=_vectors(vectors, handshake), **arguments)


def tune(
    *, vectors: npt.ArrayLike | None, handshake: Handshake, **arguments: Any
) -> Plan[RecallPoint]:
    return one(RecallPoint, "tune", vectors=_vectors(vectors, handshake), **arguments)


def _vectors(vectors: npt.ArrayLike | None, handshake: Handshake) -> Binary | None:
    return None if vectors is None else vector_array(query_rows(vectors), handshake.vector_oid)
