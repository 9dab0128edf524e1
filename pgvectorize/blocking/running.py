# Made from aio/running.py by `make sync`; edit that one.
"""Plans run on a pool or on a borrowed connection."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache, partial
from threading import Lock as ThreadLock
from typing import Any, TypeVar

import psycopg
from psycopg import Connection, Cursor, postgres
from psycopg.adapt import AdaptersMap
from psycopg.pq import Format, TransactionStatus
from psycopg.rows import dict_row
from psycopg.types.array import register_all_arrays
from psycopg.types.json import JsonbBinaryLoader
from psycopg_pool import ConnectionPool

from pgvectorize.concurrency import (
    Gate,
    Place,
    Workers,
    gate,
    gather,
    is_readable,
)
from pgvectorize.encoding.wire import Binary, BinaryDumper, VectorLoader
from pgvectorize.errors import InvalidRequest, PgVectorizeError, translate, translated
from pgvectorize.operations.handshake import handshake
from pgvectorize.plans import Copy, Handshake, Plan, Row, Statement

T = TypeVar("T")

_moving = ThreadLock()


class OwnPool(Workers, ConnectionPool[Connection[Any]]):
    """The pool of a client that has connected by itself."""

    def __init__(self, dsn: str, **options: Any) -> None:
        super().__init__(dsn, open=False, check=self.check_readable, **options)

    def check_readable(self, connection: Connection[Any]) -> None:
        """Check a connection before it is used; measured: 2 µs, as nothing is sent.

        An idle server says nothing until it ends the session, by a timeout or a restart. Then
        the other connections may have ended, too.
        """
        if is_readable(connection.fileno()):
            try:
                self.check_connection(connection)
            except psycopg.Error:
                self.check()
                raise

    def abandon(self) -> None:
        """Forget the connections: they belong to another process, or to a loop that is closed.

        psycopg closes those of this process and leaves those of another as they are.
        """
        self._closed = True
        self._pool.clear()


class Runner:
    """What the methods of a client are made on: it runs plans on the client's source."""

    def __init__(self, source: Connection[Any] | ConnectionPool[Any]) -> None:
        self._source = source
        self._handshake: Handshake | None = None
        self._owns_source = False
        self._make_pool: Callable[[], OwnPool] | None = None  # if it owns its source
        self._place: Place | None = None  # if it owns its source
        self._gate: Gate | None = None  # if it borrows its source
        if isinstance(source, Connection) or (
            isinstance(source, ConnectionPool) and not source.closed
        ):
            self._gate = gate(source)
        self._is_pooled = False  # by a pooler on the way to the server
        self._is_strict_by_transaction = False
        self._on_close: Callable[[], None] | None = None

    @property
    def _is_free(self) -> bool:
        """Whether a call may do what cannot be part of a transaction."""
        return self._owns_source and not self._is_strict_by_transaction

    @property
    def _connections(self) -> int:
        """How many connections a call may use at once."""
        if self._owns_source and isinstance(self._source, ConnectionPool):
            return self._source.max_size
        return 1

    def _shake_hands(self) -> Handshake:
        """Check once that library and database fit, and learn the OIDs of types."""
        if self._handshake is None:
            self._handshake = self._run(handshake())
        return self._handshake

    def _run(self, plan: Plan[T], *, atomic: bool = False) -> T:
        """Run a plan on one connection; `atomic` puts a transaction around it."""
        with translated():
            with self._connection() as connection:
                return self._run_on(connection, plan, atomic=atomic)

    def _run_together(self, plans: Sequence[Plan[T]]) -> list[T]:
        """Run plans side by side, each on a connection of its own."""
        running: list[Connection[Any]] = []

        def run(plan: Plan[T]) -> T:
            with translated():
                with self._connection() as connection:
                    running.append(connection)
                    try:
                        return self._run_on(connection, plan)
                    finally:
                        running.remove(connection)

        return gather([partial(run, plan) for plan in plans], running)

    def _run_on(self, connection: Connection[Any], plan: Plan[T], *, atomic: bool = False) -> T:
        pgconn = connection.pgconn
        encoding = pgconn.parameter_status(b"client_encoding") or b"UTF8"
        is_utf8 = encoding.upper() in (b"UTF8", b"UTF-8")  # PgBouncer says it as it was asked
        with _OwnCursor(connection, self._handshake) as cursor:
            if is_utf8 and not atomic and not self._is_strict_by_transaction:
                return self._drive(cursor, plan)
            if pgconn.transaction_status == TransactionStatus.IDLE and not connection.autocommit:
                # begins the caller's transaction, which is not ours to commit
                cursor.execute("select")
            with connection.transaction():
                if self._is_strict_by_transaction:
                    cursor.execute("set local pgvectorize.strict = on")
                if is_utf8:
                    return self._drive(cursor, plan)
                # We send and read UTF-8. A rollback brings the caller's encoding back, too.
                cursor.execute(_SET_ENCODING, ["UTF8"])
                result = self._drive(cursor, plan)
                cursor.execute(_SET_ENCODING, [encoding.decode()])
                return result

    def _drive(self, cursor: Cursor[Row], plan: Plan[T]) -> T:
        pgconn = cursor.connection.pgconn
        failure: PgVectorizeError | None = None
        resume: Callable[[], Statement | Copy] = partial(next, plan)
        while True:
            try:
                step = resume()
            except StopIteration as done:
                result: T = done.value
                return result
            if failure is not None and pgconn.transaction_status == TransactionStatus.INERROR:
                # Nothing more can be done in this transaction, and what the server would say of
                # the next statement, 25P02, hides the reason.
                resume = partial(plan.throw, failure)
                continue
            try:
                rows = self._perform(cursor, step)
            except psycopg.Error as error:
                connection = cursor.connection
                user = "" if connection.closed else connection.info.user
                failure = translate(error, user)
                failure.__cause__ = error
                resume = partial(plan.throw, failure)
            except BaseException as error:  # a plan may have settings to put back
                resume = partial(plan.throw, error)
            else:
                resume = partial(plan.send, rows)

    def _perform(self, cursor: Cursor[Row], step: Statement | Copy) -> list[Row]:
        if isinstance(step, Copy):
            has_begun = False
            try:
                with cursor.copy(step.sql) as copy:
                    has_begun = True
                    with self._gate.copying(cursor.connection) if self._gate else nullcontext():
                        for block in step.data:
                            copy.write(block)
            finally:
                pgconn = cursor.connection.pgconn
                if has_begun and pgconn.transaction_status == TransactionStatus.ACTIVE:
                    # If the server process dies, psycopg leaves the COPY as if it were going on
                    # (57 of 600 times), and nothing can be sent then, not even a rollback.
                    pgconn.finish()
            return []
        try:
            cursor.execute(step.sql, step.params)
        except UnicodeEncodeError as error:
            raise InvalidRequest(
                "a text contains half of a surrogate pair, which is no character",
                hint="Remove it, or decode the text with errors='replace'.",
            ) from error
        return [] if cursor.description is None else cursor.fetchall()

    @contextmanager
    def _connection(self) -> Iterator[Connection[Any]]:
        if self._owns_source:
            self._open_here()
            caller = None
        else:
            if self._gate is None:  # a pool that was not open yet
                self._gate = gate(self._source)
            caller = self._gate.enter()
        if isinstance(self._source, Connection):
            assert self._gate is not None
            with self._gate.lock:
                self._gate.owner = caller
                try:
                    yield self._source
                finally:
                    self._gate.owner = None
        else:
            with self._source.connection() as connection:
                yield connection

    def _open_here(self) -> None:
        """Open the client's pool again if it was opened before a fork, or in another event loop."""
        assert self._place is not None
        assert isinstance(self._source, OwnPool)
        if self._place.is_here() and not self._source.closed:
            return
        with _moving:
            if not self._place.is_here():
                self._leave()
                assert self._make_pool is not None
                self._source = self._make_pool()
                self._place = Place()
        self._source.open()

    def _leave(self) -> None:
        """Forget the client's pool, which belongs to another process or event loop."""
        assert self._place is not None
        self._place.check_left()
        assert isinstance(self._source, OwnPool)
        self._source.abandon()


_SET_ENCODING = "select pg_catalog.set_config('client_encoding', %s, true)"


class _OwnCursor(Cursor[Row]):
    """A cursor whose answers do not depend on how the caller has set up the connection."""

    def __init__(self, connection: Connection[Any], handshake: Handshake | None) -> None:
        super().__init__(connection, row_factory=dict_row)
        self.format = Format.BINARY
        self._adapters = _adapters(None if handshake is None else handshake.vector_oid)


class _JsonbLoader(JsonbBinaryLoader):
    _loads = partial(json.loads)  # whatever psycopg has been told to use


@cache
def _adapters(vector_oid: int | None) -> AdaptersMap:
    """Return psycopg's adapters without what a program has registered for itself, and ours."""
    adapters = AdaptersMap(types=postgres.types)
    postgres.register_default_adapters(adapters)
    register_all_arrays(adapters)
    adapters.register_loader("jsonb", _JsonbLoader)
    adapters.register_dumper(Binary, BinaryDumper)
    if vector_oid is not None:
        adapters.register_loader(vector_oid, VectorLoader)
    return adapters


class Handle:
    """What the methods of an index are made on: a client and a name."""

    def __init__(self, client: Runner, name: str) -> None:
        self._client = client
        self.name = name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    def _run(self, plan: Plan[T], *, atomic: bool = False) -> T:
        self._client._shake_hands()
        return self._client._run(plan, atomic=atomic)
