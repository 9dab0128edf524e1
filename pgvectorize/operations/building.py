"""Operations on the HNSW index of an index: build, drop, watch, and load past it."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from psycopg.sql import SQL, Composed

from pgvectorize.encoding import Batch
from pgvectorize.errors import (
    DatabaseError,
    IndexBusy,
    InvalidRequest,
    PgVectorizeError,
    SchemaOutdated,
)
from pgvectorize.models import (
    BuildProgress,
    BulkLoad,
    IndexBuild,
    IndexInfo,
    IndexPrecision,
)
from pgvectorize.operations.indexes import INFO, check_clash
from pgvectorize.operations.vectors import Operation, write
from pgvectorize.plans import Handshake, Plan, Statement

if TYPE_CHECKING:
    from typing_extensions import LiteralString

# Not enough shared memory is "disk full" to Postgres: the shared memory is a file system.
_NO_MEMORY = ("53100", "53200")
# A second for the lock and half a second for the others, so many times: two minutes or less.
_PATIENCE = 80
_RESET: LiteralString = "select pgvectorize_private._reset_build_settings()"

_BUILD: LiteralString = (
    "is_built, index_precision, m, ef_construction, vectors, memory, memory_needed, "
    "vectors_in_memory, workers"
)


def build(index: str, **options: Any) -> Plan[IndexBuild]:
    """Build the HNSW index within the transaction, if there is one."""
    rows = yield Statement(
        f"""
        select {_BUILD}
        from pgvectorize.build(
            index => %(index)s, m => %(m)s, ef_construction => %(ef_construction)s,
            index_precision => %(index_precision)s, memory => %(memory)s,
            workers => %(workers)s, rebuild => %(rebuild)s
        )
        """,
        {"index": index, **_options(**options)},
    )
    return IndexBuild(**rows[0])


def build_concurrently(index: str, *, has_session: bool = True, **options: Any) -> Plan[IndexBuild]:
    """As `build`, without making anybody wait; not in a transaction.

    Without `has_session`, where a pooler may put each statement on another connection to
    the server, there are no settings that are the build's own: it must do with the
    server's maintenance_work_mem.
    """
    answer = yield from _concurrently(
        index,
        """
        select statement, is_waiting, (build).*
        from pgvectorize_private._next_hnsw_statement(
            index => %(index)s, m => %(m)s, ef_construction => %(ef_construction)s,
            index_precision => %(index_precision)s, memory => %(memory)s,
            workers => %(workers)s, rebuild => %(rebuild)s, attempt => %(attempt)s
        )
        """,
        {"index": index, **_options(**options)},
        has_session,
    )
    if answer.is_built:
        yield Statement(
            "select pgvectorize_private._try_analyze(pgvectorize_private._find_index(name =>"
            " %(index)s))",
            {"index": index},
        )
    return answer


def create_namespace_index(index: str, namespace: str) -> Plan[IndexBuild]:
    """Build the HNSW index of a namespace within the transaction, if there is one."""
    rows = yield Statement(
        f"""
        select {_BUILD}
        from pgvectorize.create_namespace_index(
            index => %(index)s, namespace => %(namespace)s
        )
        """,
        {"index": index, "namespace": namespace},
    )
    return IndexBuild(**rows[0])


def build_namespace_index(index: str, namespace: str, has_session: bool = True) -> Plan[IndexBuild]:
    """As `create_namespace_index`, without making writers wait; see `build_concurrently`."""
    return (
        yield from _concurrently(
            index,
            """
            select statement, is_waiting, (build).*
            from pgvectorize_private._next_namespace_hnsw_statement(
                index => %(index)s, namespace => %(namespace)s, attempt => %(attempt)s
            )
            """,
            {"index": index, "namespace": namespace},
            has_session,
        )
    )


def _concurrently(
    index: str, step: LiteralString, options: dict[str, Any], has_session: bool
) -> Plan[IndexBuild]:
    """Ask for one step after another, and take it, until all is built and in its place."""
    built: IndexBuild | None = None
    attempt = clashes = waits = 0
    while True:
        try:
            rows = yield Statement(step, {**options, "attempt": attempt})
            state = rows[0]
            if state["is_waiting"]:
                waits += 1
                if waits == _PATIENCE:
                    raise IndexBusy(
                        f'index "{index}" is locked: its HNSW index cannot be put in place',
                        hint="A long transaction uses the index. Run this again: what is built "
                        "need not be built anew.",
                    )
                yield Statement("select pg_catalog.pg_sleep(0.5)")
                continue
            build = IndexBuild(*(state[field.name] for field in fields(IndexBuild)))
            if state["statement"] is None:
                break
            # Whole from our own SQL function, as in `build_metadata_index`.
            create = Composed([SQL(state["statement"].replace("%", "%%"))])
            yield from (_run if has_session else _run_without_settings)(index, create, build)
            built = build
        except (DatabaseError, SchemaOutdated) as error:
            if error.sqlstate in _NO_MEMORY and attempt < 2:
                attempt += 1
                continue
            clashes += 1
            check_clash(index, error, clashes)
            # look again: what the other session did is found there
    return built or replace(build, is_built=False)


# What ends a build before its time: an error, or the caller, who cancels the call.
_ENDED = (PgVectorizeError, CancelledError, KeyboardInterrupt)


def _run(index: str, create: Composed, build: IndexBuild) -> Plan[None]:
    """Run `create index concurrently` under its settings, and clean up where it fails."""
    yield Statement(
        "select pgvectorize_private._set_build_settings(%(memory)s, %(workers)s, is_local =>"
        " false)",
        {"memory": build.memory, "workers": build.workers},
    )
    try:
        yield Statement(create)
    except _ENDED:  # the connection goes back to a pool
        try:
            yield Statement(_RESET)
            yield from _clear(index)
        except PgVectorizeError:
            pass  # the connection is lost, or another builds: the next build cleans up
        raise
    yield Statement(_RESET)


def _run_without_settings(index: str, create: Composed, build: IndexBuild) -> Plan[None]:
    """Run `create index concurrently` with the server's settings, if they suffice."""
    rows = yield Statement(
        "select pg_catalog.pg_size_bytes(pg_catalog.current_setting('maintenance_work_mem'))"
        " as memory"
    )
    if build.memory_needed > rows[0]["memory"]:
        raise InvalidRequest(
            f'the HNSW index of "{index}" needs {-(-build.memory_needed // 2**20):,} MB to be '
            f"built, but maintenance_work_mem is {rows[0]['memory'] // 2**20:,} MB, and a pooler "
            "is in the way of setting more",
            hint="Connect straight to the server. Or build in a transaction, while writers wait: "
            "with concurrently=False, or client.using(connection).",
        )
    try:
        yield Statement(create)
    except _ENDED:
        with suppress(PgVectorizeError):  # as above
            yield from _clear(index)
        raise


def _clear(index: str) -> Plan[None]:
    yield Statement(
        "select pgvectorize_private._clean_up_failed_build(index => %(index)s)", {"index": index}
    )


def drop_hnsw(index: str) -> Plan[IndexInfo]:
    rows = yield Statement(
        f"""
        select {INFO}
        from pgvectorize.drop_hnsw(index => %(index)s)
        """,
        {"index": index},
    )
    return IndexInfo(**rows[0])


def build_progress(index: str | None) -> Plan[list[BuildProgress]]:
    rows = yield Statement(
        """
        select name, pid, phase, done, total, fraction
        from pgvectorize.build_progress(index => %(index)s)
        """,
        {"index": index},
    )
    return [BuildProgress(**row) for row in rows]


def bulk_load(
    operation: Operation,
    index: str,
    batches: Iterable[Batch],
    handshake: Handshake,
    rebuild: bool | None,
    memory: str | int | None,
    workers: int | None,
) -> Plan[BulkLoad]:
    """Write all batches as one change, without the HNSW index where that is faster."""
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
        operation, index, batches, handshake, set_aside, copies_one=rebuild is True
    )
    build: IndexBuild | None = None
    if is_aside:
        rows = yield Statement(
            f"""
            select {_BUILD}
            from pgvectorize_private._rebuild_hnsw_after_load(
                index => %(index)s, memory => %(memory)s, workers => %(workers)s
            )
            """,
            {"index": index, "memory": _size(memory), "workers": workers},
        )
        build = IndexBuild(**rows[0])
    yield Statement(
        "select pgvectorize_private._try_analyze(pgvectorize_private._find_index(name =>"
        " %(index)s))",
        {"index": index},
    )
    return BulkLoad(mutation, build)


def _options(
    *,
    m: int | None,
    ef_construction: int | None,
    index_precision: IndexPrecision | None,
    memory: str | int | None,
    workers: int | None,
    rebuild: bool,
) -> dict[str, Any]:
    return {
        "m": m,
        "ef_construction": ef_construction,
        "index_precision": index_precision,
        "memory": _size(memory),
        "workers": workers,
        "rebuild": rebuild,
    }


def _size(memory: str | int | None) -> str | None:
    return None if memory is None else str(memory)
