"""Operations on the vectors of an index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Literal
from uuid import UUID

from pgvectorize.encoding import (
    COPY_HEADER,
    COPY_TRAILER,
    EMPTY_BATCH,
    Batch,
    Binary,
    copy_rows,
    json_text,
    jsonb,
    jsonb_array,
    text_array,
    vector_array,
)
from pgvectorize.errors import InvalidRequest
from pgvectorize.models import (
    Deletion,
    Facet,
    Filter,
    ListedVector,
    Metadata,
    Mutation,
    PatchMode,
    ReturnMetadata,
    Vector,
    VectorList,
)
from pgvectorize.operations.parameters import filter_parameter
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

    yield Statement(  # that there is no such index shows before all is copied
        "select pgvectorize._stage() from pgvectorize._index(name => %(index)s)", {"index": index}
    )
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


def delete(
    index: str, filter: Filter | None, namespace: str | None, dry_run: bool
) -> Plan[Deletion]:
    rows = yield Statement(
        """
        select mutation_id, count
        from pgvectorize.delete(
            index => %(index)s, filter => %(filter)s, namespace => %(namespace)s,
            dry_run => %(dry_run)s
        )
        """,
        {
            "index": index,
            "filter": filter_parameter(filter),
            "namespace": namespace,
            "dry_run": dry_run,
        },
    )
    return Deletion(**rows[0])


def delete_namespace(index: str, namespace: str) -> Plan[Deletion]:
    rows = yield Statement(
        """
        select mutation_id, count
        from pgvectorize.delete_namespace(index => %(index)s, namespace => %(namespace)s)
        """,
        {"index": index, "namespace": namespace},
    )
    return Deletion(**rows[0])


def truncate(index: str) -> Plan[UUID]:
    rows = yield Statement(
        "select pgvectorize.truncate(index => %(index)s) as mutation_id", {"index": index}
    )
    mutation_id: UUID = rows[0]["mutation_id"]
    return mutation_id


def update_metadata(
    index: str,
    patch: Metadata,
    ids: Iterable[str] | None,
    filter: Filter | None,
    namespace: str | None,
    mode: PatchMode,
) -> Plan[Mutation]:
    rows = yield Statement(
        """
        select mutation_id, count, ids
        from pgvectorize.update_metadata(
            index => %(index)s, patch => %(patch)s, ids => %(ids)s, filter => %(filter)s,
            namespace => %(namespace)s, mode => %(mode)s
        )
        """,
        {
            "index": index,
            "patch": _patch(patch),
            "ids": None if ids is None else _ids(ids),
            "filter": filter_parameter(filter),
            "namespace": namespace,
            "mode": mode,
        },
    )
    return Mutation(**rows[0])


def list_vectors(
    index: str,
    count: int,
    cursor: str | None,
    namespace: str | None,
    filter: Filter | None,
    return_values: bool,
    return_metadata: ReturnMetadata | bool,
) -> Plan[VectorList]:
    if isinstance(return_metadata, bool):
        return_metadata = "all" if return_metadata else "none"
    rows = yield Statement(
        """
        select page.count, page.total_count, page.is_truncated, page.next_cursor,
            page.cursor_expiration_timestamp,
            listed.id, listed.namespace, listed.values, listed.metadata
        from pgvectorize.list_vectors(
            index => %(index)s, count => %(count)s, cursor => %(cursor)s,
            namespace => %(namespace)s, filter => %(filter)s,
            return_values => %(return_values)s, return_metadata => %(return_metadata)s
        ) as page
        left join lateral unnest(page.vectors) with ordinality
            as listed (id, namespace, values, metadata, position) on true
        order by listed.position
        """,
        {
            "index": index,
            "count": count,
            "cursor": cursor,
            "namespace": namespace,
            "filter": filter_parameter(filter),
            "return_values": return_values,
            "return_metadata": return_metadata,
        },
    )
    page = rows[0]
    return VectorList(
        [
            ListedVector(row["id"], row["namespace"], row["values"], row["metadata"])
            for row in rows
            if row["id"] is not None  # the one row of an empty page
        ],
        page["count"],
        page["total_count"],
        page["is_truncated"],
        page["next_cursor"],
        page["cursor_expiration_timestamp"],
    )


def page(index: str, count: int, cursor: str | None) -> Plan[tuple[list[Vector], str | None]]:
    """Read a page of whole vectors, and the cursor of the next."""
    listed = yield from list_vectors(index, count, cursor, None, None, True, "all")
    vectors = [
        Vector(vector.id, vector.values, vector.namespace, vector.metadata)
        for vector in listed.vectors
        if vector.values is not None
    ]
    return vectors, listed.next_cursor


def facets(
    index: str,
    property_name: str,
    filter: Filter | None,
    namespace: str | None,
    top_k: int,
    buckets: int | None,
) -> Plan[list[Facet]]:
    rows = yield Statement(
        """
        select value, lower, upper, count
        from pgvectorize.facets(
            index => %(index)s, property_name => %(property_name)s, filter => %(filter)s,
            namespace => %(namespace)s, top_k => %(top_k)s, buckets => %(buckets)s
        )
        """,
        {
            "index": index,
            "property_name": property_name,
            "filter": filter_parameter(filter),
            "namespace": namespace,
            "top_k": top_k,
            "buckets": buckets,
        },
    )
    return [
        Facet(
            row["value"],
            None if row["lower"] is None else float(row["lower"]),
            None if row["upper"] is None else float(row["upper"]),
            row["count"],
        )
        for row in rows
    ]


def _copy_data(batches: Iterable[Batch]) -> Iterator[bytes]:
    yield COPY_HEADER
    for batch in batches:
        yield copy_rows(batch)
    yield COPY_TRAILER


def _ids(ids: Iterable[str]) -> list[str]:
    if isinstance(ids, str):
        raise InvalidRequest(f"ids is the string {ids!r}", hint="Pass a list of ids.")
    return list(ids)


def _patch(patch: Metadata) -> Binary:
    try:
        return jsonb(json_text(patch))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest(
            f"patch: it cannot be written as JSON: {error}",
            hint="A patch holds strings, numbers, booleans, None, lists and dicts.",
        ) from error
