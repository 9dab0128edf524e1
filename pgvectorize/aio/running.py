"""Plans run on a pool or on a borrowed connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import cache, partial
from threading import Lock as ThreadLock
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import psycopg
from psycopg import AsyncConnection, AsyncCursor, AsyncRawCursor, abc, postgres
from psycopg._preparing import Prepare
from psycopg.adapt import AdaptersMap, Transformer
from psycopg.errors import error_from_result
from psycopg.generators import execute
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.rows import dict_row, tuple_row
from psycopg.types.array import register_all_arrays
from psycopg_pool import AsyncConnectionPool

from pgvectorize.concurrency import (
    AsyncGate,
    AsyncPlace,
    AsyncWorkers,
    async_gate,
    async_gather,
    is_readable,
)
from pgvectorize.encoding.wire import Binary, BinaryDumper, JsonbLoader, VectorLoader, parameter
from pgvectorize.errors import InvalidRequest, PgVectorizeError, translate, translated
from pgvectorize.operations import indexes
from pgvectorize.operations.handshake import handshake
from pgvectorize.plans import Copy, Handshake, Plan, Prepared, Row, Statement

if TYPE_CHECKING:
    from pgvectorize.embedding import TextEmbedder

T = TypeVar("T")

_moving = ThreadLock()


class OwnPool(AsyncWorkers, AsyncConnectionPool[AsyncConnection[Any]]):
    """The pool of a client that has connected by itself."""

    def __init__(self, dsn: str, **options: Any) -> None:
        super().__init__(dsn, open=False, check=self.check_readable, **options)

    async def check_readable(self, connection: AsyncConnection[Any]) -> None:
        """Check a connection before it is used; measured: 2 µs, as nothing is sent.

        An idle server says nothing until it ends the session, by a timeout or a restart. Then
        the other connections may have ended, too.
        """
        if is_readable(connection.fileno()):
            try:
                await self.check_connection(connection)
            except psycopg.Error:
                await self.check()
                raise

    def abandon(self) -> None:
        """Forget the connections: they belong to another process, or to a loop that is closed.

        psycopg closes those of this process and leaves those of another as they are.
        """
        self._closed = True
        self._pool.clear()


class AsyncRunner:
    """What the methods of a client are made on: it runs plans on the client's source."""

    def __init__(self, source: AsyncConnection[Any] | AsyncConnectionPool[Any]) -> None:
        self._source = source
        self._handshake: Handshake | None = None
        self._owns_source = False
        self._make_pool: Callable[[], OwnPool] | None = None  # if it owns its source
        self._place: AsyncPlace | None = None  # if it owns its source
        self._gate: AsyncGate | None = None  # if it borrows its source
        if isinstance(source, AsyncConnection) or (
            isinstance(source, AsyncConnectionPool) and not source.closed
        ):
            self._gate = async_gate(source)
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
        if self._owns_source and isinstance(self._source, AsyncConnectionPool):
            return self._source.max_size
        return 1

    async def _shake_hands(self) -> Handshake:
        """Check once that library and database fit, and learn the OIDs of types."""
        if self._handshake is None:
            self._handshake = await self._run(handshake())
        return self._handshake

    async def _run(self, plan: Plan[T], *, atomic: bool = False) -> T:
        """Run a plan on one connection; `atomic` makes all that it does one change."""
        try:
            async with self._connection() as connection:
                return await self._run_on(connection, plan, atomic=atomic)
        except psycopg.Error as error:
            raise translate(error) from error

    async def _run_together(self, plans: Sequence[Plan[T]]) -> list[T]:
        """Run plans side by side, each on a connection of its own."""
        running: list[AsyncConnection[Any]] = []

        async def run(plan: Plan[T]) -> T:
            with translated():
                async with self._connection() as connection:
                    running.append(connection)
                    try:
                        return await self._run_on(connection, plan)
                    finally:
                        running.remove(connection)

        return await async_gather([partial(run, plan) for plan in plans], running)

    async def _run_on(
        self, connection: AsyncConnection[Any], plan: Plan[T], *, atomic: bool = False
    ) -> T:
        try:
            step = next(plan)
        except StopIteration as done:
            result: T = done.value
            return result
        pgconn = connection.pgconn
        encoding = pgconn.parameter_status(b"client_encoding") or b"UTF8"
        is_utf8 = encoding.upper() in (b"UTF8", b"UTF-8")  # PgBouncer says it as it was asked
        is_idle = pgconn.transaction_status == _IDLE
        if atomic and is_idle and connection.autocommit and type(step) is Prepared:
            atomic = not step.is_alone  # one statement is a transaction, in one round trip
        if is_utf8 and not atomic and not self._is_strict_by_transaction:
            return await self._drive(connection, plan, step)
        if is_idle and not connection.autocommit:
            # begins the caller's transaction, which is not ours to commit
            await self._perform(connection, Statement("select"))
        async with connection.transaction():
            if self._is_strict_by_transaction:
                await self._perform(connection, Statement("set local pgvectorize.strict = on"))
            if is_utf8:
                return await self._drive(connection, plan, step)
            # We send and read UTF-8. A rollback brings the caller's encoding back, too.
            await self._perform(connection, _set_encoding("UTF8"))
            result = await self._drive(connection, plan, step)
            await self._perform(connection, _set_encoding(encoding.decode()))
            return result

    async def _drive(
        self, connection: AsyncConnection[Any], plan: Plan[T], step: Statement | Copy
    ) -> T:
        """Perform a step, and what the plan asks next, up to its end."""
        failure: PgVectorizeError | None = None
        try:
            while True:
                if failure is not None and connection.pgconn.transaction_status == _INERROR:
                    # Nothing more can be done in this transaction, and what the server would say
                    # of the next statement, 25P02, hides the reason.
                    step = plan.throw(failure)
                    continue
                try:
                    rows = await self._perform(connection, step)
                except psycopg.Error as error:
                    user = "" if connection.closed else connection.info.user
                    failure = translate(error, user)
                    failure.__cause__ = error
                    thrown: BaseException = failure
                except BaseException as error:  # a plan may have settings to put back
                    thrown = error
                else:
                    step = plan.send(rows)
                    continue
                step = plan.throw(thrown)
        except StopIteration as done:
            result: T = done.value
            return result

    async def _perform(self, connection: AsyncConnection[Any], step: Statement | Copy) -> list[Any]:
        vector_oid = None if self._handshake is None else self._handshake.vector_oid
        try:
            if type(step) is Prepared:
                return await _ask(connection, step, vector_oid)
            async with _own_cursor(AsyncCursor(connection), vector_oid) as cursor:
                if isinstance(step, Copy):
                    await self._copy(cursor, step)
                    return []
                await cursor.execute(step.sql, step.params)
                return [] if cursor.description is None else await cursor.fetchall()
        except UnicodeEncodeError as error:
            raise InvalidRequest(
                "a text contains half of a surrogate pair, which is no character",
                hint="Remove it, or decode the text with errors='replace'.",
            ) from error

    async def _copy(self, cursor: AsyncCursor[Row], step: Copy) -> None:
        has_begun = False
        try:
            async with cursor.copy(step.sql) as copy:
                has_begun = True
                with self._gate.copying(cursor.connection) if self._gate else nullcontext():
                    for block in step.data:
                        await copy.write(block)
        finally:
            pgconn = cursor.connection.pgconn
            if has_begun and pgconn.transaction_status == TransactionStatus.ACTIVE:
                # If the server process dies, psycopg leaves the COPY as if it were going on
                # (57 of 600 times), and nothing can be sent then, not even a rollback.
                pgconn.finish()

    def _connection(self) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
        return AsyncLease(self) if self._owns_source else self._borrowed()

    @asynccontextmanager
    async def _borrowed(self) -> AsyncIterator[AsyncConnection[Any]]:
        if self._gate is None:  # a pool that was not open yet
            self._gate = async_gate(self._source)
        caller = self._gate.enter()
        if isinstance(self._source, AsyncConnection):
            async with self._gate.lock:
                self._gate.owner = caller
                try:
                    yield self._source
                finally:
                    self._gate.owner = None
        else:
            async with self._source.connection() as connection:
                yield connection

    async def _own_pool(self) -> OwnPool:
        """Return the client's pool, which is a new one after a fork and in another event loop."""
        assert self._place is not None
        assert isinstance(self._source, OwnPool)
        if self._place.is_here() and not self._source.closed:
            return self._source
        with _moving:
            if not self._place.is_here():
                self._leave()
                assert self._make_pool is not None
                self._source = self._make_pool()
                self._place = AsyncPlace()
        await self._source.open()
        return self._source

    def _leave(self) -> None:
        """Forget the client's pool, which belongs to another process or event loop."""
        assert self._place is not None
        self._place.check_left()
        assert isinstance(self._source, OwnPool)
        self._source.abandon()


class AsyncLease:
    """A connection of a client's own pool, for one call.

    `pool.connection()` does the same, commits, and takes 8 µs longer.
    """

    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def __aenter__(self) -> AsyncConnection[Any]:
        self._pool = await self._runner._own_pool()
        self._connection = await self._pool.getconn()
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        await self._pool.putconn(self._connection)


_IDLE = TransactionStatus.IDLE
_INERROR = TransactionStatus.INERROR
_TUPLES_OK = ExecStatus.TUPLES_OK
_BINARY = Format.BINARY


def _set_encoding(encoding: str) -> Statement:
    return Statement(
        "select pg_catalog.set_config('client_encoding', %(encoding)s, true)",
        {"encoding": encoding},
    )


async def _ask(
    connection: AsyncConnection[Any], step: Prepared, vector_oid: int | None
) -> list[tuple[Any, ...]]:
    """Run a statement that psycopg has prepared on this connection, or let psycopg run it.

    A cursor makes its converters again for each statement, which costs as much as all the rest.
    """
    params = [parameter(value) for value in step.params.values()]
    pgconn = connection.pgconn
    prepared: Any = connection._prepared
    query = _Query(step.sql, (0,) * len(params))  # as psycopg knows it
    status, name = prepared.get(query)
    begins = not connection.autocommit and pgconn.transaction_status == _IDLE
    if status is not Prepare.YES or begins or connection._pipeline is not None:
        given = [None if each is None else Binary(each) for each in params]
        async with _own_cursor(AsyncRawCursor(connection), vector_oid, tuple_row) as cursor:
            await cursor.execute(step.sql, given)
            rows: list[tuple[Any, ...]] = await cursor.fetchall()
            return rows
    async with connection.lock:
        pgconn.send_query_prepared(name, params, [_BINARY] * len(params), _BINARY)
        result = (await connection.wait(execute(pgconn)))[-1]
    if result.status != _TUPLES_OK:
        raise error_from_result(result)
    prepared.maybe_add_to_cache(query, status, name)  # as the one that was used last
    transformers = _transformers(vector_oid)
    try:
        transformer = transformers.pop()
    except IndexError:
        transformer = Transformer(_adapters(vector_oid))
    transformer.set_pgresult(result)
    rows = transformer.load_rows(0, result.ntuples, tuple)
    transformer.set_pgresult(None)
    transformers.append(transformer)
    return rows


class _Query(NamedTuple):
    query: bytes
    types: tuple[int, ...]


def _own_cursor(cursor: Any, vector_oid: int | None, row_factory: Any = dict_row) -> Any:
    """Make answers not depend on how the caller has set up the connection."""
    cursor.row_factory = row_factory
    cursor.format = _BINARY
    cursor._adapters = _adapters(vector_oid)
    return cursor


@cache
def _transformers(vector_oid: int | None) -> list[abc.Transformer]:
    """Return psycopg's converters that nobody uses now; `pop` and `append` suit threads."""
    return []


@cache
def _adapters(vector_oid: int | None) -> AdaptersMap:
    """Return psycopg's adapters without what a program has registered for itself, and ours."""
    adapters = AdaptersMap(types=postgres.types)
    postgres.register_default_adapters(adapters)
    register_all_arrays(adapters)
    adapters.register_loader("jsonb", JsonbLoader)
    adapters.register_dumper(Binary, BinaryDumper)
    if vector_oid is not None:
        adapters.register_loader(vector_oid, VectorLoader)
    return adapters


class AsyncHandle:
    """What the methods of an index are made on: a client, a name, and what embeds texts."""

    def __init__(self, client: AsyncRunner, name: str, model: Any = None) -> None:
        self._client = client
        self.name = name
        self._model = model
        self._embedder: TextEmbedder | None = None  # of `_model`, once it was asked for

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    async def _run(self, plan: Plan[T], *, atomic: bool = False) -> T:
        await self._client._shake_hands()
        return await self._client._run(plan, atomic=atomic)

    async def _text_embedder(self) -> TextEmbedder:
        """Return what embeds texts for the index: the model of the handle, or the index's own.

        Raises `ModelMismatch` if the two differ.
        """
        # imported here: it takes tens of milliseconds, and most programs embed nothing
        from pgvectorize.embedding.providers import async_as_embedder

        wanted = (await self._run(indexes.get_index(name=self.name))).model
        if self._model is None:
            if wanted is None:
                raise InvalidRequest(
                    f'index "{self.name}" has no embedding model',
                    hint='Name the one that made its vectors: client.index(name, model="…").',
                )
            return await async_as_embedder(wanted)
        if self._embedder is None:
            self._embedder = await async_as_embedder(self._model)
        if wanted is not None:
            wanted.check(self._embedder.model)
        return self._embedder
