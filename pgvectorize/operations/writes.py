"""Operations that write, change and delete the vectors of an index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from operator import lt
from typing import Any, Literal, TypeAlias
from uuid import UUID

import numpy.typing as npt
from psycopg.sql import SQL, Composed

from pgvectorize.encoding.batches import (
    EMPTY_BATCH,
    Batch,
    Rules,
    batches,
    check_batch,
    column_batches,
)
from pgvectorize.encoding.wire import (
    COPY_HEADER,
    COPY_TRAILER,
    copy_rows,
    jsonb_array,
    text_array,
    vector_array,
)
from pgvectorize.errors import InvalidRequest, InvalidVector, PgVectorizeError
from pgvectorize.models import (
    BulkLoad,
    Deletion,
    IndexBuild,
    Metadata,
    Mutation,
    VectorInput,
)
from pgvectorize.operations.builds import try_analyze
from pgvectorize.operations.calls import one, one_often, value
from pgvectorize.operations.parameters import argument, checked, needed
from pgvectorize.plans import Copy, Handshake, Plan, Statement

Operation: TypeAlias = Literal["insert", "upsert"]

# Postgres accepts messages of up to 1 GiB. 1,000 vectors of 1,536 dimensions are 6 MB, and larger
# batches were not faster.
BATCH_SIZE = 1_000

# A COPY is read in small batches: while one is encoded, the server works on the 0.2 MB that wait in
# the socket, and should not run out of them. Measured with 384 dimensions and four properties, the
# client and the server on a core each: 0.86 of the speed of a ready buffer with 128 rows a batch,
# 0.81 with 1,000.
COPY_SIZE = 128


def given_batches(
    vectors: Iterable[VectorInput] | None,
    *,
    ids: Sequence[str] | None,
    values: npt.ArrayLike | None,
    namespaces: str | Sequence[str | None] | None,
    metadata: Sequence[Metadata | None] | None,
    content: Sequence[str | None] | None,
    batch_size: int,
    atomic: bool,
) -> Iterable[Batch]:
    """Read what a caller gave, vectors or columns, in batches."""
    batch_size, atomic = argument("batch_size", batch_size), argument("atomic", atomic)
    if batch_size < 1:
        raise InvalidRequest(f"batch_size must be at least 1, got {batch_size}")
    later = min(batch_size, COPY_SIZE) if atomic else None
    columns_given = any(
        column is not None for column in (ids, values, namespaces, metadata, content)
    )
    if vectors is not None and not columns_given:
        return batches(vectors, batch_size, later)
    if vectors is None and ids is not None and (values is not None or content is not None):
        return column_batches(ids, values, namespaces, metadata, content, batch_size, later)
    raise InvalidRequest(
        "give either vectors, or ids with values or content",
        hint="upsert([Vector(…)]), or upsert(ids=[…], values=matrix).",
    )


def write(
    operation: Operation,
    *,
    index: str,
    batches: Iterable[Batch],
    handshake: Handshake,
    on_copy: Callable[[Operation | None], Plan[None]] | None = None,
    copies_one: bool = False,
    is_alone: bool = True,
) -> Plan[Mutation]:
    """Write all batches as one change.

    One batch is one function call, unless `copies_one` is set. More batches are copied, as
    `_begin_load` says: into the index if it is empty, else into a staging table, which one
    statement then writes. Only one statement can put all ids in order, which keeps writers
    from deadlocking, and let the first or the last of equal ids win.

    `on_copy` is a plan for the moment before the index is written to. Its argument is None
    if the index is empty and nothing is copied yet, and the operation if all is staged.
    `is_alone` says that the caller asks nothing else.
    """
    remaining = iter(batches)
    first = next(remaining, None)
    second = next(remaining, None)
    if first is None or (second is None and not copies_one):
        return (
            yield from write_batch(
                operation,
                index=index,
                batch=first,
                handshake=handshake,
                is_alone=is_alone,
            )
        )

    rows = yield Statement(  # before all is copied, so that a wrong name fails early
        """
        select is_direct, statement, dimensions, metric, id_bytes, namespace_bytes,
            content_bytes
        from pgvectorize_private._begin_load(index => %(index)s)
        """,
        checked({"index": index}),
    )
    found = rows[0]
    rules = None
    if found["dimensions"] is not None:
        rules = Rules(
            found["dimensions"],
            found["metric"],
            found["id_bytes"],
            found["namespace_bytes"],
            found["content_bytes"],
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
        "copy pg_temp.pgvectorize_staging (id, namespace, embedding, metadata, content)"
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
            # what is there came by this call, and of equal ids only the last counts
            "operation": "replace" if found["is_direct"] and operation == "upsert" else operation,
            "is_checked": rules is not None,
            "is_sorted": load.is_sorted,
        },
    )
    ids = list(load.ids)
    if operation == "insert" and not found["is_direct"]:
        new = set(rows[0]["ids"])
        ids = [id for id in ids if id in new]
    return Mutation(rows[0]["mutation_id"], len(ids), ids)


def write_or_load(
    operation: Operation,
    *,
    index: str,
    batches: Iterable[Batch],
    handshake: Handshake,
    may_load: bool,
) -> Plan[Mutation]:
    """Write all batches as one change; the first load of an index as `bulk_load` does it.

    `may_load` says that the transaction ends with this plan, and with it the wait of others.
    """
    remaining = iter(batches)
    first = next(remaining, None)
    beginning = () if first is None else (first,)
    is_long = first is not None and len(first) >= BATCH_SIZE
    is_aside = False

    def set_aside(staged: Operation | None) -> Plan[None]:
        nonlocal is_aside
        if staged is None and is_long and may_load:
            rows = yield Statement(
                "select pgvectorize_private._drop_unused_hnsw(index => %(index)s) as is_aside",
                {"index": index},
            )
            is_aside = rows[0]["is_aside"]

    mutation = yield from write(
        operation,
        index=index,
        batches=chain(beginning, remaining),
        handshake=handshake,
        on_copy=set_aside,
    )
    if is_aside:
        yield from _rebuild(index, memory=None, workers=None)
        yield from try_analyze(index)
    return mutation


def _rebuild(index: str, **options: Any) -> Plan[IndexBuild]:
    """Build the HNSW index that was dropped for a load."""
    rows = yield Statement(
        """
        select is_built, index_precision, m, ef_construction, vectors, memory, memory_needed,
            vectors_in_memory, workers
        from pgvectorize_private._rebuild_hnsw_after_load(
            index => %(index)s, memory => %(memory)s, workers => %(workers)s
        )
        """,
        {"index": index, **options},
    )
    return IndexBuild(**rows[0])


class _Load:
    """Batches as the data of COPY statements, and what is learned of them on the way.

    `ids` are the distinct ids, in the order first given.
    """

    def __init__(self, batches: Iterable[Batch], rules: Rules | None) -> None:
        self._batches = iter(batches)
        self._rules = rules
        self._last = ""
        self.ids: dict[str, None] = {}
        self.is_sorted = True
        self.is_done = False

    def new_rows(self) -> Iterator[bytes]:
        """Yield rows for an empty index, and stop before a batch with an id that came before."""
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
    operation: Operation,
    *,
    index: str,
    batch: Batch | None,
    handshake: Handshake,
    is_alone: bool = True,
) -> Plan[Mutation]:
    """Write one batch, or nothing, in one statement."""
    given = batch or EMPTY_BATCH
    return one_often(
        Mutation,
        "insert" if operation == "insert" else "upsert",
        is_alone=is_alone,
        index=index,
        ids=text_array(given.ids),
        embeddings=vector_array(given.values, handshake.vector_oid),
        namespaces=text_array(given.namespaces),
        metadata=jsonb_array(given.metadata),
        content=text_array(given.content) if given.has_content else None,
    )


class Written:
    """What batches wrote, each as a change of its own, and the error of the one that failed."""

    def __init__(self) -> None:
        self.mutation: Mutation | None = None
        self._rows = 0

    def add(self, batch: Batch, mutation: Mutation) -> None:
        self._rows += len(batch)
        if self.mutation is not None:
            mutation = Mutation(
                mutation.mutation_id,
                self.mutation.count + mutation.count,
                self.mutation.ids + mutation.ids,
            )
        self.mutation = mutation

    def say_so(self, error: PgVectorizeError) -> None:
        """Add to the hint of an error what was written before it."""
        if self._rows:
            error.hint = (
                f"{error.hint} The {self._rows} rows in the batches before this one were written."
            ).replace("nothing was changed", "nothing of this batch was written")

    def renumbered(self, error: InvalidVector) -> InvalidVector:
        """Return the error of a batch with its row counted among all rows."""
        message, row = error.message, error.row
        if error.sqlstate is not None and row is not None:  # the database counts within the batch
            place = f"row {row}"  # messages of strict mode, Vectorize's own, name no row
            if message.startswith(place):
                message = f"row {row + self._rows}{message.removeprefix(place)}"
            row += self._rows
        renumbered = InvalidVector(
            message,
            hint=f"The {self._rows} rows in the batches before it were written.",
            sqlstate=error.sqlstate,
            row=row,
        )
        renumbered.code = error.code
        return renumbered


def bulk_load(
    operation: Operation,
    *,
    index: str,
    batches: Iterable[Batch],
    handshake: Handshake,
    rebuild: bool | None,
    memory: str | int | None,
    workers: int | None,
) -> Plan[BulkLoad]:
    """Write all batches as one change, without the HNSW index if that is faster."""
    options = checked({"memory": memory, "workers": workers})
    rebuild = argument("rebuild", rebuild)
    is_aside = False

    def set_aside(staged: Operation | None) -> Plan[None]:
        nonlocal is_aside
        rows = yield Statement(
            """
            select pgvectorize_private._drop_hnsw_for_load(
                index => %(index)s, operation => %(operation)s, rebuild => %(rebuild)s
            ) as is_aside
            """,
            {"index": index, "operation": staged, "rebuild": rebuild},
        )
        is_aside = rows[0]["is_aside"]

    mutation = yield from write(
        operation,
        index=index,
        batches=batches,
        handshake=handshake,
        on_copy=set_aside,
        copies_one=rebuild is True,
        is_alone=False,
    )
    build = (yield from _rebuild(index, **options)) if is_aside else None
    yield from try_analyze(index)
    return BulkLoad(mutation, build)


def delete_by_ids(*, index: str, ids: Iterable[str]) -> Plan[Mutation]:
    return one_often(Mutation, "delete_by_ids", index=index, ids=needed("ids", ids))


delete_namespace = partial(one, Deletion, "delete_namespace")
delete = partial(one, Deletion, "delete")
truncate = partial(value, UUID, "truncate")
update_metadata = partial(one_often, Mutation, "update_metadata")
