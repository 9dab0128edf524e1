"""Operations on HNSW indexes, of all vectors and of single namespaces: build, watch, drop."""

from __future__ import annotations

from asyncio import CancelledError
from contextlib import suppress
from dataclasses import fields, replace
from functools import partial
from typing import Any, LiteralString

from psycopg.sql import SQL, Composed

from pgvectorize.errors import (
    DatabaseError,
    IndexBusy,
    InvalidRequest,
    PgVectorizeError,
    SchemaOutdated,
)
from pgvectorize.models import BuildProgress, IndexBuild, IndexInfo, NamespaceIndex
from pgvectorize.operations.calls import many, nothing, one
from pgvectorize.operations.parameters import checked, needed
from pgvectorize.plans import Plan, Statement

# Two builds that begin in the same instant can deadlock, or fail with "tuple concurrently
# updated", which has no better code. Between two steps the table may go, or get another name.
_CLASHES = ("40P01", "XX000", "42P01")
# Not enough shared memory is "disk full" to Postgres: the shared memory is a file system.
_NO_MEMORY = ("53100", "53200")
# So many times: a try waits for the lock a second longer than deadlock_timeout, which makes two
# seconds by default, and the others get half a second. That is 200 seconds.
_PATIENCE = 80

build = partial(one, IndexBuild, "build")
build_progress = partial(many, BuildProgress, "build_progress")
create_namespace_index = partial(one, IndexBuild, "create_namespace_index")
drop_hnsw = partial(one, IndexInfo, "drop_hnsw")
list_namespace_indexes = partial(many, NamespaceIndex, "list_namespace_indexes")


def delete_namespace_index(*, index: str, namespace: str) -> Plan[None]:
    namespace = needed("namespace", namespace)
    return nothing("delete_namespace_index", index=index, namespace=namespace)


def build_concurrently(*, index: str, has_session: bool = True, **options: Any) -> Plan[IndexBuild]:
    """Build as `build` does, but outside of a transaction, so that nobody waits.

    `has_session` is False if a pooler may run each statement on another connection to the
    server. The build then has no settings of its own, only the server's
    maintenance_work_mem.
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
        {"index": index, **options},
        has_session,
    )
    if answer.is_built:
        yield from try_analyze(index)
    return answer


def build_namespace_index(
    *, index: str, namespace: str, has_session: bool = True
) -> Plan[IndexBuild]:
    """Do as `create_namespace_index`, but outside of a transaction; see `build_concurrently`."""
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
    """Ask for the next statement and run it, until the HNSW index is built and in use."""
    options = checked(options)
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
                        "need not be built again.",
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
            # the next statement depends on what the other session did
    return built or replace(build, is_built=False)


# What ends a build early: an error, or a caller who cancels the call.
_ENDED = (PgVectorizeError, CancelledError, KeyboardInterrupt)


def _run(index: str, create: Composed, build: IndexBuild) -> Plan[None]:
    """Run `create index concurrently` with its settings, and clean up if it fails."""
    yield Statement(
        "select pgvectorize_private._set_build_settings(%(memory)s, %(workers)s, is_local =>"
        " false)",
        {"memory": build.memory, "workers": build.workers},
    )
    try:
        yield Statement(create)
    except _ENDED:  # the connection goes back to a pool
        try:
            yield from _reset()
            yield from _clear(index)
        except PgVectorizeError:
            pass  # the connection is lost, or another builds: the next build cleans up
        raise
    yield from _reset()


def _run_without_settings(index: str, create: Composed, build: IndexBuild) -> Plan[None]:
    """Run `create index concurrently` with the server's settings, if there is enough memory."""
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


def _reset() -> Plan[None]:
    yield Statement("select pgvectorize_private._reset_build_settings()")


def check_clash(index: str, error: PgVectorizeError, clashes: int = 1) -> None:
    """Raise the error of a build, unless it came from a clash that may be over."""
    if error.sqlstate not in _CLASHES:
        raise error
    if clashes > 10:
        raise changed(index) from error


def changed(index: str) -> IndexBusy:
    return IndexBusy(
        f'index "{index}" is being changed by other sessions all the time',
        hint="Try again when they have ended.",
    )


def try_analyze(index: str) -> Plan[None]:
    yield Statement(
        "select pgvectorize_private._try_analyze(pgvectorize_private._find_index(name =>"
        " %(index)s))",
        {"index": index},
    )
