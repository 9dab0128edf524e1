# Made from aio/client.py by `make sync`; edit that one.
"""Connections, and the client with the methods of all rooms."""

from __future__ import annotations

from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
from psycopg import Connection
from psycopg.sql import SQL, Identifier
from psycopg_pool import ConnectionPool

from pgvectorize.blocking import adoption, doctor, grants, indexes, limits, operating
from pgvectorize.blocking.index import Index
from pgvectorize.blocking.running import OwnPool
from pgvectorize.concurrency import Place
from pgvectorize.errors import check_dsn, translated
from pgvectorize.models import EmbeddingModel

if TYPE_CHECKING:
    from pgvectorize.embedding import Embedder


class Client(
    indexes.ClientMethods,
    adoption.ClientMethods,
    grants.ClientMethods,
    limits.ClientMethods,
    operating.ClientMethods,
    doctor.ClientMethods,
):
    """The indexes of a database.

    `Client.connect(dsn)` opens a pool of its own. `Client(connection)` and
    `Client(pool)` borrow one, which this client never closes. Over a borrowed
    connection every call is part of the caller's transaction, if there is one.

    A client can be shared between threads, as its pool can. Over a borrowed connection,
    calls wait for one another, also those of other clients on it. Rows that are written
    cannot be read over the same connection meanwhile: read them into a list first.

    After a fork, and in another event loop once its own is closed, a client opens its own
    pool again. A forked process must not use a borrowed connection or pool.
    """

    @classmethod
    def connect(
        cls,
        dsn: str = "",
        *,
        min_size: int = 1,
        max_size: int = 4,
        timeout: float = 30.0,
        prepared_statements: bool | None = None,
        strict: bool = False,
    ) -> Client:
        """Connect to a database that `pgvectorize migrate` has been run on.

        `dsn` is a libpq connection string or URI; "" uses libpq's `PG*` variables.
        The pool keeps `min_size` to `max_size` connections in autocommit. A call waits
        up to `timeout` seconds for one of them. `strict` enforces Vectorize's own limits
        on every index, as if each had been created with it. Over a borrowed connection,
        run `set pgvectorize.strict = on` there instead.

        A pooler such as PgBouncer may stand between client and server, also in transaction
        mode. The client detects it, and whether it supports `prepared_statements`, as
        PgBouncer does from 1.21 on; False does without them. An HNSW index is then built
        `concurrently` only if it fits into the server's maintenance_work_mem. Pass True
        for a pooler that keeps one session for each connection.

        Raises `ConnectionFailed`, `SchemaOutdated`, `ExtensionUnavailable`,
        `ServerUnsupported`, and `InvalidRequest` if `dsn` cannot be read.
        """
        options: dict[str, Any] = {"autocommit": True, "client_encoding": "utf8"}
        check_dsn(dsn)
        with translated():
            # first without the pool, which would try again until it times out
            with Connection.connect(dsn, **options) as connection:
                handshake = cls(connection)._shake_hands()
                is_pooled = (
                    not prepared_statements and handshake.backend_pid != connection.info.backend_pid
                )
                if prepared_statements is None:
                    prepared_statements = not is_pooled or _may_prepare(connection)
            if not prepared_statements:
                options["prepare_threshold"] = None
            make_pool = partial(
                OwnPool,
                dsn,
                kwargs=options,
                min_size=min_size,
                max_size=max_size,
                timeout=timeout,
                configure=_be_strict if strict and not is_pooled else None,
            )
            pool = make_pool()
            pool.open(wait=True, timeout=timeout)  # a cancelled attempt would be logged
        client = cls(pool)
        client._handshake = handshake
        client._owns_source = True
        client._gate = None
        client._make_pool = make_pool
        client._place = Place()
        client._is_pooled = is_pooled
        client._is_strict_by_transaction = strict and is_pooled
        return client

    def using(self, source: Connection[Any] | ConnectionPool[Any]) -> Client:
        """Return a client of the same database over a connection or pool of yours.

        `client.using(connection).index("docs").upsert(…)` is part of the transaction
        that is open on the connection. Only this client must be closed, not the new one.
        """
        client = type(self)(source)
        client._handshake = self._handshake
        return client

    def close(self) -> None:
        """Close the pool, unless it is borrowed. A second call does nothing."""
        if self._owns_source and self._place is not None:
            if self._place.is_here():
                self._source.close()
            else:
                self._leave()
            self._owns_source = False
        on_close, self._on_close = self._on_close, None
        if on_close is not None and self._place is not None and self._place.is_this_process():
            on_close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def index(
        self, name: str, *, model: str | EmbeddingModel | Embedder | Any | None = None
    ) -> Index:
        """Return a handle on an index, without a round trip; its first call may fail.

        `model` embeds the texts of the handle's calls: a name such as
        `openai:text-embedding-3-small`, or whatever else `embedding.as_embedder` accepts.
        By default it is the model of the index.
        """
        return Index(self, name, model)


def _be_strict(connection: Connection[Any]) -> None:
    connection.execute("set pgvectorize.strict = on")


def _may_prepare(connection: Connection[Any]) -> bool:
    """Return whether the pooler on the way supports prepared statements.

    If it does, it gives them names of its own on the server, and prepares them on each of
    its connections. If not, they stay on one of them under psycopg's name, for whoever
    gets that connection next.
    """
    statement = SQL(
        "select name from pg_catalog.pg_prepared_statements"
        " where starts_with(name, '_pg3_') and position({} in statement) > 0"
    ).format(str(uuid4()))  # by which it finds itself
    try:
        with connection.transaction():  # a transaction stays on one connection
            found = (connection.execute(statement, prepare=True)).fetchone()
            if found is not None:
                connection.execute(SQL("deallocate {}").format(Identifier(found[0])))
    except (psycopg.errors.DuplicatePreparedStatement, psycopg.errors.InvalidSqlStatementName):
        return False  # another client of the pooler has left its own there
    return found is None
