"""Operations on the vectors of an index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from operator import lt
from typing import Any, Literal
from uuid import UUID

from psycopg.sql import SQL, Composed

from pgvectorize.encoding import (
    COPY_HEADER,
    COPY_TRAILER,
    EMPTY_BATCH,
    Batch,
    Binary,
    Rules,
    check_batch,
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

# What is copied is read in small batches: while one is encoded the server works on what
# waits in the socket, 0.2 MB, and should not run out of it. Measured with 384 dimensions and
# four properties, client and server on a core each: 0.86 of the speed of a ready buffer with
# 128 rows, 0.81 with 1,000.
COPY_SIZE = 128


def write(
    operation: Operation,
    index: str,
    batches: Iterable[Batch],
    handshake: Handshake,
    on_copy: Callable[[Operation | None], Plan[None]] | None = None,
    *,
    copies_one: bool = False,
) -> Plan[Mutation]:
    """Write all batches as one change.

    One batch is one function call, unless `copies_one`. More are copied, as `_begin_load`
    says: straight into the index, or where it has rows already into a staging table, which
    is written by one statement. It alone can put all ids in order, which keeps writers from
    deadlocking, and let the first or last of equal ids win.

    `on_copy` is a plan for the moment before the index is written to: with None where it
    is empty and nothing is copied yet, with the operation where all is staged.
    """
    remaining = iter(batches)
    first = next(remaining, None)
    second = next(remaining, None)
    if first is None or (second is None and not copies_one):
        return (yield from write_batch(operation, index, first, handshake))

    rows = yield Statement(  # that there is no such index shows before all is copied
        """
        select is_direct, statement, dimensions, metric, id_bytes, namespace_bytes
        from pgvectorize_private._begin_load(index => %(index)s)
        """,
        {"index": index},
    )
    found = rows[0]
    rules = None
    if found["dimensions"] is not None:
        rules = Rules(
            found["dimensions"], found["metric"], found["id_bytes"], found["namespace_bytes"]
        )
    beginning = (first,) if second is None else (first, second)
    load = _Load(chain(beginning, remaining), rules)
    if found["is_direct"]:
        if on_copy is not None:
            yield from on_copy(None)
        yield Copy(Composed([SQL(found["statement"])]), load.new_rows())
        if load.is_done:
            rows = yield Statement(
                """
                select pgvectorize_private._log_mutation(pgvectorize_private._find_index(name =>
                    %(index)s))
                    as mutation_id
                """,
                {"index": index},
            )
            return Mutation(rows[0]["mutation_id"], len(load.ids), list(load.ids))
        yield Statement("select pgvectorize_private._create_staging_table()")
    yield Copy(
        "copy pg_temp.pgvectorize_staging (id, namespace, embedding, metadata)"
        " from stdin with (format binary)",
        load.rows(),
    )
    if on_copy is not None and not found["is_direct"]:
        yield from on_copy(operation)
    rows = yield Statement(
        """
        select mutation_id, ids
        from pgvectorize_private._write_staged(
            index => %(index)s, operation => %(operation)s, is_checked => %(is_checked)s,
            is_sorted => %(is_sorted)s
        )
        """,
        {
            "index": index,
            "operation": operation,
            "is_checked": rules is not None,
            "is_sorted": load.is_sorted,
        },
    )
    ids = list(load.ids)
    if operation == "insert" and not found["is_direct"]:
        new = set(rows[0]["ids"])
        ids = [id for id in ids if id in new]
    return Mutation(rows[0]["mutation_id"], len(ids), ids)


class _Load:
    """Batches as the data of COPY statements, and what is seen of them on the way.

    `ids` are the distinct ones, in the order first given.
    """

    def __init__(self, batches: Iterable[Batch], rules: Rules | None) -> None:
        self._batches = iter(batches)
        self._rules = rules
        self._last = ""
        self.ids: dict[str, None] = {}
        self.is_sorted = True
        self.is_done = False

    def new_rows(self) -> Iterator[bytes]:
        """Yield rows for an empty index, up to a batch with an id that came before."""
        yield COPY_HEADER
        for batch in self._checked():
            before = len(self.ids)
            self.ids.update(dict.fromkeys(batch.ids))
            if len(self.ids) - before < len(batch):
                self._batches = chain((batch,), self._batches)
                yield COPY_TRAILER
                return
            yield copy_rows(batch, no_namespace="")
        self.is_done = True
        yield COPY_TRAILER

    def rows(self) -> Iterator[bytes]:
        """Yield the rows that are left, for the staging table."""
        yield COPY_HEADER
        for batch in self._checked():
            self.ids.update(dict.fromkeys(batch.ids))
            self._note_order(batch.ids)
            yield copy_rows(batch)
        yield COPY_TRAILER

    def _checked(self) -> Iterator[Batch]:
        for batch in self._batches:
            if self._rules is not None:
                check_batch(batch, self._rules)
            yield batch

    def _note_order(self, ids: list[str]) -> None:
        # strings compare by code points, as `collate "C"` does in UTF-8
        self.is_sorted = (
            self.is_sorted and self._last < ids[0] and all(map(lt, ids, islice(ids, 1, None)))
        )
        self._last = ids[-1]


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
        left join lateral pg_catalog.unnest(page.vectors) with ordinality
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
