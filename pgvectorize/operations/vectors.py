"""Operations on the vectors of an index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Literal

from pgvectorize.encoding import (
    COPY_HEADER,
    COPY_TRAILER,
    EMPTY_BATCH,
    Batch,
    copy_rows,
    jsonb_array,
    text_array,
    vector_array,
)
from pgvectorize.errors import InvalidRequest
from pgvectorize.models import Mutation, Vector, VectorList
from pgvectorize.plans import Copy, Handshake, Plan, Statement

Operation = Literal["insert", "upsert"]

# What one statement may carry is bounded by Postgres' message of 1 GiB; 1,000 vectors
# of 1,536 dimensions are 6 MB, and larger batches were not faster.
BATCH_SIZE = 1_000


def write(
    operation: Operation, index: str, batches: Iterable[Batch], handshake: Handshake
) -> Plan[Mutation]:
    """Write all batches as one change.

    One batch is one function call. More are copied to a staging table and written
    by one statement: it alone can put all ids in order, which keeps writers from
    deadlocking, and let the first or last of equal ids win.
    """
    remaining = iter(batches)
    first = next(remaining, None)
    second = next(remaining, None)
    if first is None or second is None:
        return (yield from write_batch(operation, index, first, handshake))

    yield Statement("select pgvectorize._stage()")
    yield Copy(
        "copy pg_temp.pgvectorize_staging (id, namespace, embedding, metadata)"
        " from stdin with (format binary)",
        _copy_data(chain((first, second), remaining)),
    )
    rows = yield Statement(
        """
        select mutation_id, count, ids
        from pgvectorize._write_staged(index => %(index)s, operation => %(operation)s)
        """,
        {"index": index, "operation": operation},
    )
    return Mutation(**rows[0])


def write_batch(
    operation: Operation, index: str, batch: Batch | None, handshake: Handshake
) -> Plan[Mutation]:
    """Write one batch, or nothing, in one statement."""
    given = batch or EMPTY_BATCH
    params: dict[str, Any] = {
        "index": index,
        "ids": text_array(given.ids),
        "embeddings": vector_array(given.values, handshake.vector_oid),
        "namespaces": text_array(given.namespaces),
        "metadata": jsonb_array(given.metadata),
    }
    if operation == "insert":
        rows = yield Statement(
            """
            select mutation_id, count, ids
            from pgvectorize.insert(
                index => %(index)s, ids => %(ids)s, embeddings => %(embeddings)s,
                namespaces => %(namespaces)s, metadata => %(metadata)s
            )
            """,
            params,
        )
    else:
        rows = yield Statement(
            """
            select mutation_id, count, ids
            from pgvectorize.upsert(
                index => %(index)s, ids => %(ids)s, embeddings => %(embeddings)s,
                namespaces => %(namespaces)s, metadata => %(metadata)s
            )
            """,
            params,
        )
    return Mutation(**rows[0])


def get_by_ids(index: str, ids: Iterable[str]) -> Plan[list[Vector]]:
    rows = yield Statement(
        """
        select id, namespace, values, metadata
        from pgvectorize.get_by_ids(index => %(index)s, ids => %(ids)s)
        """,
        {"index": index, "ids": _ids(ids)},
    )
    return [Vector(**row) for row in rows]


def delete_by_ids(index: str, ids: Iterable[str]) -> Plan[Mutation]:
    rows = yield Statement(
        """
        select mutation_id, count, ids
        from pgvectorize.delete_by_ids(index => %(index)s, ids => %(ids)s)
        """,
        {"index": index, "ids": _ids(ids)},
    )
    return Mutation(**rows[0])


def list_vectors(index: str, count: int, cursor: str | None) -> Plan[VectorList]:
    rows = yield Statement(
        """
        select ids, count, total_count, is_truncated, next_cursor
        from pgvectorize.list_vectors(
            index => %(index)s, count => %(count)s, cursor => %(cursor)s
        )
        """,
        {"index": index, "count": count, "cursor": cursor},
    )
    return VectorList(**rows[0])


def page(index: str, count: int, cursor: str | None) -> Plan[tuple[list[Vector], str | None]]:
    """Read a page of whole vectors, and the cursor of the next."""
    listed = yield from list_vectors(index, count, cursor)
    vectors = yield from get_by_ids(index, listed.ids)
    return vectors, listed.next_cursor


def _copy_data(batches: Iterable[Batch]) -> Iterator[bytes]:
    yield COPY_HEADER
    for batch in batches:
        yield copy_rows(batch)
    yield COPY_TRAILER


def _ids(ids: Iterable[str]) -> list[str]:
    if isinstance(ids, str):
        raise InvalidRequest(f"ids is the string {ids!r}", hint="Pass a list of ids.")
    return list(ids)
