"""The client. `client.py` is made from this file by `make sync`; edit this one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import chain, pairwise
from types import TracebackType
from typing import Any, TypeVar
from uuid import UUID, uuid4

import numpy.typing as npt
import psycopg
from psycopg import AsyncConnection, AsyncCursor
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from pgvectorize import operations
from pgvectorize.concurrency import async_gather
from pgvectorize.encoding import (
    Batch,
    Binary,
    BinaryDumper,
    VectorLoader,
    batches,
    column_batches,
    query_matrix,
)
from pgvectorize.errors import (
    InvalidRequest,
    InvalidVector,
    PgVectorizeError,
    check_dsn,
    translate,
    translated,
)
from pgvectorize.models import (
    Access,
    BuildProgress,
    BulkLoad,
    Deletion,
    Explanation,
    Facet,
    Filter,
    Finding,
    Grant,
    IndexBuild,
    IndexDescription,
    IndexInfo,
    IndexPrecision,
    IndexSize,
    IndexStats,
    IndexType,
    IndexUsage,
    Library,
    LimitInfo,
    Matches,
    Metadata,
    MetadataIndex,
    Metric,
    Mutation,
    NamespaceIndex,
    NamespaceInfo,
    PatchMode,
    Preset,
    PrewarmedRelation,
    RecallPoint,
    ReturnMetadata,
    Storage,
    Vacuum,
    ValuesInput,
    Vector,
    VectorInput,
    VectorList,
)
from pgvectorize.plans import Copy, Handshake, Plan, Row, Statement

T = TypeVar("T")

_LEAST_SHARE = 50  # queries, about what makes up for a second connection's round trip


class AsyncClient:
    """The indexes of a database.

    `AsyncClient.connect(dsn)` opens a pool of its own. `AsyncClient(connection)`
    and `AsyncClient(pool)` borrow one: it is never closed here, and on a connection
    every call is part of the caller's transaction, if there is one.

    Safe to share between tasks, as its pool is; over a borrowed connection calls
    wait for one another.
    """

    def __init__(self, source: AsyncConnection[Any] | AsyncConnectionPool[Any]) -> None:
        self._source = source
        self._handshake: Handshake | None = None
        self._owns_source = False
        self._is_pooled = False  # by a pooler on the way to the server
        self._is_strict_by_transaction = False
        self._on_close: Callable[[], None] | None = None

    @classmethod
    async def connect(
        cls,
        dsn: str = "",
        *,
        min_size: int = 1,
        max_size: int = 4,
        timeout: float = 30.0,
        prepared_statements: bool | None = None,
        strict: bool = False,
    ) -> AsyncClient:
        """Connect to a database that `pgvectorize migrate` has been run on.

        `dsn` is a libpq connection string or URI; "" takes libpq's `PG*` variables.
        The pool keeps `min_size` to `max_size` connections in autocommit; `timeout`
        is how many seconds a call waits for one. `strict` enforces Vectorize's own limits
        on every index, as if each had been created with it; over a connection of your
        own, `set pgvectorize.strict = on` there instead.

        A pooler such as PgBouncer may stand between, also in transaction mode. It is
        found out, and whether it knows `prepared_statements`, as PgBouncer does from 1.21
        on; False does without them. An HNSW index is then built `concurrently` only where
        it fits into the server's maintenance_work_mem. True is for a pooler that keeps the
        session of each connection.

        Raises `ConnectionFailed`, `SchemaOutdated`, `ExtensionUnavailable`,
        `ServerUnsupported`, and `InvalidRequest` for a `dsn` that is none.
        """
        options: dict[str, Any] = {"autocommit": True, "client_encoding": "utf8"}
        check_dsn(dsn)
        with translated():
            # first without the pool, which would try again until it times out
            async with await AsyncConnection.connect(dsn, **options) as connection:
                handshake = await cls(connection)._shake_hands()
                is_pooled = (
                    not prepared_statements and handshake.backend_pid != connection.info.backend_pid
                )
                if prepared_statements is None:
                    prepared_statements = not is_pooled or await _may_prepare(connection)
            if not prepared_statements:
                options["prepare_threshold"] = None
            pool = AsyncConnectionPool(
                dsn,
                kwargs=options,
                min_size=min_size,
                max_size=max_size,
                timeout=timeout,
                open=False,
                configure=_be_strict if strict and not is_pooled else None,
            )
            await pool.open()
        client = cls(pool)
        client._handshake = handshake
        client._owns_source = True
        client._is_pooled = is_pooled
        client._is_strict_by_transaction = strict and is_pooled
        return client

    def using(self, source: AsyncConnection[Any] | AsyncConnectionPool[Any]) -> AsyncClient:
        """Return a client of the same database over a connection or pool of yours.

        `client.using(connection).index("docs").upsert(…)` is part of the transaction
        that is open on the connection. Close this client as before; never the other.
        """
        client = type(self)(source)
        client._handshake = self._handshake
        return client

    async def close(self) -> None:
        """Close the pool, unless it is borrowed. The second time does nothing."""
        if self._owns_source:
            self._owns_source = False
            await self._source.close()
        if self._on_close is not None:
            on_close, self._on_close = self._on_close, None
            on_close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def index(self, name: str) -> AsyncIndex:
        """Return a handle on an index. No round trip: whether it exists shows in its use."""
        return AsyncIndex(self, name)

    async def create_index(
        self,
        name: str,
        *,
        dimensions: int | None = None,
        metric: Metric | None = None,
        preset: str | None = None,
        description: str | None = None,
        strict: bool = False,
        storage: Storage = "float32",
        index_precision: IndexPrecision | None = None,
        m: int = 16,
        ef_construction: int | None = None,
        hnsw: bool = True,
    ) -> IndexInfo:
        """Create an index from `dimensions` (1 to 16,000) and `metric`, or from a `preset`.

        A name has 2 to 63 characters: a-z first, then a-z, 0-9, "-" and "_", a-z or
        0-9 last (Vectorize's pattern). `strict` enforces Vectorize's own limits on this
        index, with its messages and codes, so that what works here works there; see
        `limits`.

        `storage` float16 takes half the room; values come back as it rounds them, to
        about three digits, and end at 65,504. `index_precision` is what the HNSW index
        holds: float32 (to 2,000 dimensions), float16 (to 4,000) or binary, the signs of
        the values (to 16,000); by default the first to 948 dimensions, the second to
        4,000, then the third. Scores are exact with each, from the stored values. As signs
        say nothing of lengths, a euclidean index of more than 4,000 dimensions has no HNSW
        index unless binary is asked for; nor has any without `hnsw`: a query then compares
        with every vector, and `has_hnsw` in the answer is False. A larger `m` (16) and
        `ef_construction` (64, or 2 m) make an index that finds more and is built longer.

        Raises `IndexExists` and `InvalidRequest`.
        """
        return await self._run(
            operations.create_index(
                name,
                dimensions,
                metric,
                preset,
                description,
                strict,
                storage,
                index_precision,
                m,
                ef_construction,
                hnsw,
            )
        )

    async def adopt_index(
        self,
        name: str,
        table: str,
        *,
        id_column: str,
        embedding_column: str,
        metric: Metric,
        namespace_column: str | None = None,
        metadata_column: str | None = None,
        metadata_columns: Sequence[str] = (),
        in_place: bool = False,
        description: str | None = None,
    ) -> IndexInfo:
        """Make an index of a table or view with vectors, written as in SQL: `schema.table`.

        Ids and namespaces may be of any type and become text; embeddings are pgvector's
        types or arrays of numbers. Metadata is a column of jsonb or json, to which
        `metadata_columns` are added as properties.

        The rows are copied and the table stays as it is. With `in_place` it becomes the
        index instead, without a rewrite: it moves to schema pgvectorize_data, its columns
        are renamed, and `delete_index` will drop it.

        If a row does not fit, nothing is changed and the error lists the ids. Raises
        `InvalidVector`, `InvalidRequest`, `NotFound` and `IndexExists`.
        """
        return await self._run(
            operations.adopt_index(
                name,
                table,
                id_column,
                embedding_column,
                metric,
                namespace_column,
                metadata_column,
                metadata_columns,
                in_place,
                description,
            )
        )

    async def adopt_collection(
        self,
        name: str,
        library: Library,
        collection: str,
        *,
        metric: Metric,
        document: bool = True,
        description: str | None = None,
    ) -> IndexInfo:
        """Make an index of a collection that "vecs" or "langchain" left in this database.

        It is copied. LangChain's documents go into the metadata as property "text",
        unless there is one or `document` is False. Raises as `adopt_index` does.
        """
        return await self._run(
            operations.adopt_collection(name, library, collection, metric, document, description)
        )

    async def get_index(self, name: str) -> IndexInfo:
        """Return the configuration of an index; raises `IndexNotFound`."""
        return await self._run(operations.get_index(name))

    async def list_indexes(self) -> list[IndexInfo]:
        """Return the configuration of every index, by name."""
        return await self._run(operations.list_indexes())

    async def update_index(
        self,
        name: str,
        *,
        new_name: str | None = None,
        description: str | None = None,
        count_queries: bool | None = None,
        ef_search: int | None = None,
    ) -> IndexInfo:
        """Change the name or the description of an index; "" removes the description.

        `count_queries` says whether its queries are counted for `usage`, which costs
        each an insert of one row; on a replica or read-only they are not counted.
        `ef_search`, 1 to 1,000, is what queries use unless they say otherwise, and 0 brings
        the default back; `tune` finds one by the recall that is wanted.

        The table is renamed with it, which waits for running queries and writes of the
        index to end. Handles on the old name find nothing from then on.

        Raises `IndexNotFound`, `IndexExists` and `InvalidRequest`.
        """
        return await self._run(
            operations.update_index(name, new_name, description, count_queries, ef_search)
        )

    async def delete_index(self, name: str) -> None:
        """Delete an index with all its vectors; raises `IndexNotFound`.

        Waits for running queries and writes of the index to end.
        """
        await self._run(operations.delete_index(name))

    async def usage(self, index: str | None = None) -> list[IndexUsage]:
        """Return what one index or each stores and how often it was queried, by month.

        Newest month first, with what the same would cost at Vectorize, before what its
        plans include for an account. Queries count from when `update_index` says so.
        """
        return await self._run(operations.usage(index))

    async def doctor(self, index: str | None = None) -> list[Finding]:
        """Return what is wrong with one index or each, and with the server, the worst first.

        Each finding has the SQL that fixes it. It changes nothing and needs only the right
        to read; what the role may not see is a finding, too. What keeps this library from
        working with a database is found by `pgvectorize.schema.diagnose(dsn)`, as no client
        can connect then; the command `pgvectorize doctor` shows both.
        """
        return await self._run(operations.doctor(index))

    async def size(
        self,
        vectors: int,
        *,
        dimensions: int | None = None,
        preset: str | None = None,
        storage: Storage = "float32",
        index_precision: IndexPrecision | None = None,
        m: int = 16,
        metadata_bytes: int = 100,
        id_bytes: int = 16,
    ) -> IndexSize:
        """Return how much room and memory an index of so many `vectors` would take.

        Give `dimensions`, or a `preset`; the rest is as for `create_index`, and what
        metadata, as JSON, and an id take on average. Sizes are those after a load and a
        build, within some 5 %; updates and deletes leave room that is used again later.

        Raises `InvalidRequest`.
        """
        return await self._run(
            operations.size(
                vectors,
                dimensions,
                preset,
                storage,
                index_precision,
                m,
                metadata_bytes,
                id_bytes,
            )
        )

    async def limits(self) -> list[LimitInfo]:
        """Return every limit: what holds here, and in strict mode, with its source."""
        return await self._run(operations.limits())

    async def presets(self) -> list[Preset]:
        """Return the known embedding models with their dimensions and metric."""
        return await self._run(operations.presets())

    async def grant(self, role: str, access: Access) -> None:
        """Give a role what it needs, with every index there is and every one to come.

        A "reader" may search and read, a "writer" insert, change and delete vectors as
        well, the "owner" all, as create, build and delete indexes, migrate and grant. A
        role has one of the three: to grant another replaces it.

        There is one owner, to which everything belongs. To have several, grant it to a
        role made for that, of which they are members. Only the owner, a member of it or a
        superuser may grant. Raises `PermissionDenied` and `InvalidRequest`.
        """
        await self._run(operations.grant(role, access))

    async def revoke(self, role: str) -> None:
        """Take from a role all that `grant` gives; that it has nothing is no error.

        What the owner had belongs to the role that is connected from then on. Raises
        `PermissionDenied` and `InvalidRequest`.
        """
        await self._run(operations.revoke(role))

    async def list_grants(self) -> list[Grant]:
        """Return the owner, the writers and the readers, by name."""
        return await self._run(operations.list_grants())

    async def _run(self, plan: Plan[T], *, atomic: bool = False) -> T:
        """Run a plan on one connection; `atomic` puts a transaction around it."""
        with translated():
            async with self._connection() as connection:
                if not atomic and not self._is_strict_by_transaction:
                    return await self._drive(connection, plan)
                idle = connection.info.transaction_status == TransactionStatus.IDLE
                if idle and not connection.autocommit:
                    # begins the caller's transaction, which is not ours to commit
                    await connection.execute("select")
                async with connection.transaction():
                    if self._is_strict_by_transaction:
                        await connection.execute("set local pgvectorize.strict = on")
                    return await self._drive(connection, plan)

    async def _drive(self, connection: AsyncConnection[Any], plan: Plan[T]) -> T:
        async with connection.cursor(row_factory=dict_row, binary=True) as cursor:
            # on the cursor, so that a borrowed connection stays as it was; measured: 3.4 µs
            cursor.adapters.register_dumper(Binary, BinaryDumper)
            if self._handshake is not None:
                cursor.adapters.register_loader(self._handshake.vector_oid, VectorLoader)
            resume: Callable[[], Statement | Copy] = partial(next, plan)
            while True:
                try:
                    step = resume()
                except StopIteration as done:
                    result: T = done.value
                    return result
                try:
                    rows = await self._perform(cursor, step)
                except psycopg.Error as error:
                    user = "" if connection.closed else connection.info.user
                    failure = translate(error, user, getattr(step, "params", None))
                    failure.__cause__ = error
                    resume = partial(plan.throw, failure)
                except BaseException as error:  # a plan may have settings to put back
                    resume = partial(plan.throw, error)
                else:
                    resume = partial(plan.send, rows)

    async def _perform(self, cursor: AsyncCursor[Row], step: Statement | Copy) -> list[Row]:
        if isinstance(step, Copy):
            has_begun = False
            try:
                async with cursor.copy(step.sql) as copy:
                    has_begun = True
                    for block in step.data:
                        await copy.write(block)
            finally:
                pgconn = cursor.connection.pgconn
                if has_begun and pgconn.transaction_status == TransactionStatus.ACTIVE:
                    # psycopg leaves a COPY whose server process died as if it were going on:
                    # seen in 57 of 600, and nothing, not even a rollback, could be sent then
                    pgconn.finish()
            return []
        try:
            await cursor.execute(step.sql, step.params)
        except UnicodeEncodeError as error:
            raise InvalidRequest(
                "a text contains half of a surrogate pair, which is no character",
                hint="Remove it, or decode the text with errors='replace'.",
            ) from error
        return [] if cursor.description is None else await cursor.fetchall()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection[Any]]:
        if isinstance(self._source, AsyncConnection):
            yield self._source
        else:
            is_broken = False
            try:
                async with self._source.connection() as connection:
                    try:
                        yield connection
                    finally:
                        is_broken = connection.broken
            finally:
                if is_broken:  # if the server was restarted, so are the others: no more calls fail
                    await self._source.check()

    def _shares(self, count: int, connections: int | None) -> list[slice]:
        """Divide so many rows among connections, or leave them whole where few or borrowed."""
        if connections is not None and connections < 1:
            raise InvalidRequest(f"connections must be at least 1, got {connections}")
        shares = 1
        if self._owns_source and isinstance(self._source, AsyncConnectionPool):
            most = self._source.max_size
            shares = min(connections or max(most // 2, 1), most, max(count // _LEAST_SHARE, 1))
        bounds = [count * share // shares for share in range(shares + 1)]
        return [slice(*pair) for pair in pairwise(bounds)]

    @property
    def _is_free(self) -> bool:
        """Whether a call may do what cannot be part of a transaction."""
        return self._owns_source and not self._is_strict_by_transaction

    async def _shake_hands(self) -> Handshake:
        """Check once that library and database fit, and learn the types' OIDs."""
        if self._handshake is None:
            self._handshake = await self._run(operations.handshake())
        return self._handshake


class AsyncIndex:
    """One index: write, search, read and delete its vectors.

    Every call raises `IndexNotFound` where no index has the name. Iterating over an
    index reads all its vectors, whole, in pages of 1,000 as `list_vectors` has them.
    """

    def __init__(self, client: AsyncClient, name: str) -> None:
        self._client = client
        self.name = name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    async def info(self) -> IndexInfo:
        """Return the index's configuration."""
        return await self._client.get_index(self.name)

    async def describe(self, *, exact: bool = False) -> IndexDescription:
        """Return the dimensions, the number of vectors, and the newest visible mutation.

        Above 100,000 the number is an estimate, from the table's size and statistics;
        `exact` counts instead, which takes a scan.
        """
        return await self._run(operations.describe(self.name, exact))

    async def insert(
        self,
        vectors: Iterable[VectorInput] | None = None,
        *,
        ids: Sequence[str] | None = None,
        values: npt.ArrayLike | None = None,
        namespaces: str | Sequence[str | None] | None = None,
        metadata: Sequence[Metadata | None] | None = None,
        batch_size: int = operations.BATCH_SIZE,
        atomic: bool = True,
    ) -> Mutation:
        """Insert vectors, keeping those whose id is already there; the first of equal ids wins.

        The answer's `ids` are the vectors that were new. Otherwise as `upsert`.
        """
        given = _batches(vectors, ids, values, namespaces, metadata, batch_size, atomic)
        return await self._write("insert", given, atomic)

    async def upsert(
        self,
        vectors: Iterable[VectorInput] | None = None,
        *,
        ids: Sequence[str] | None = None,
        values: npt.ArrayLike | None = None,
        namespaces: str | Sequence[str | None] | None = None,
        metadata: Sequence[Metadata | None] | None = None,
        batch_size: int = operations.BATCH_SIZE,
        atomic: bool = True,
    ) -> Mutation:
        """Insert vectors, replacing those whose id is already there; the last of equal ids wins.

        Give `vectors`, any iterable of `Vector`, tuples `(id, values, namespace,
        metadata)` whose last two may be left out, or dicts with these keys. Or give
        columns: `ids`, `values` as `(n, dimensions)`, and if wanted `namespaces` (one
        for all, or one each) and `metadata`. Values become float32.

        Values, metadata and namespace are replaced whole, not merged; a vector that is
        already there unchanged is not written again. The iterable may be of any
        length and is read in batches of `batch_size`. All of it is one all-or-nothing
        change, visible at once; with `atomic=False` each batch is a change of its own,
        those before a bad one stay, and the answer sums them up.

        Raises `InvalidVector`, which names the row, counted from 1.
        """
        given = _batches(vectors, ids, values, namespaces, metadata, batch_size, atomic)
        return await self._write("upsert", given, atomic)

    async def bulk_load(
        self,
        vectors: Iterable[VectorInput] | None = None,
        *,
        ids: Sequence[str] | None = None,
        values: npt.ArrayLike | None = None,
        namespaces: str | Sequence[str | None] | None = None,
        metadata: Sequence[Metadata | None] | None = None,
        mode: operations.Operation = "upsert",
        rebuild: bool | None = None,
        memory: str | int | None = None,
        workers: int | None = None,
    ) -> BulkLoad:
        """Write many vectors and leave the HNSW index ready, in the least time.

        To insert a vector into an HNSW index takes about four times as long as its share
        of a build, so an index that is empty, or gets a third of what it holds or more,
        loses its HNSW index first and gets it again in the end, as `build` makes it with
        `memory` and `workers`. It is one transaction all the same: after a crash all is
        as before. But from when the HNSW index goes to the end, queries of this index
        wait; `rebuild=False` forbids that, True asks for it, however few are written.

        Vectors, and what becomes of ids that are there, are as for `upsert` and `insert`,
        which `mode` names. Raises as they do, and `IndexBusy` with `rebuild=True`.
        """
        if mode not in ("upsert", "insert"):
            raise InvalidRequest(f'mode "{mode}" is not known', hint="It is upsert or insert.")
        given = _batches(
            vectors, ids, values, namespaces, metadata, operations.BATCH_SIZE, atomic=True
        )
        handshake = await self._client._shake_hands()
        return await self._run(
            operations.bulk_load(mode, self.name, given, handshake, rebuild, memory, workers),
            atomic=True,
        )

    async def build(
        self,
        *,
        m: int | None = None,
        ef_construction: int | None = None,
        index_precision: IndexPrecision | None = None,
        memory: str | int | None = None,
        workers: int | None = None,
        rebuild: bool = False,
        concurrently: bool = True,
    ) -> IndexBuild:
        """Build the HNSW index, where there is none, or another instead of the one there is.

        `m`, `ef_construction` and `index_precision` are as for `create_index`; None keeps
        what it is. Nothing happens where it is there as asked for, unless `rebuild` is
        True, as after an upgrade of pgvector or many deletions. What a killed build left
        behind is mended.

        `memory`, bytes or "4GB", is the most that it may take: by default the server's
        maintenance_work_mem, and at least 1 GB. `workers` is how many processes help, by
        default the server's max_parallel_maintenance_workers. Where it does not fit into
        memory, the answer says so, and the build takes many times as long.

        A new one is built `concurrently` beside the one in use, then takes its place in a
        moment: nobody waits, and queries are right throughout. That needs a connection of
        its own, straight to the server: with `concurrently=False`, and over a borrowed
        connection, it is part of a transaction instead, and writers wait for its end.

        Raises `InvalidRequest`, and `IndexBusy` where another session builds, or a long
        transaction keeps the new one from its place.
        """
        build = operations.build
        if concurrently and self._client._is_free:
            build = partial(operations.build_concurrently, has_session=not self._client._is_pooled)
        return await self._run(
            build(
                self.name,
                m=m,
                ef_construction=ef_construction,
                index_precision=index_precision,
                memory=memory,
                workers=workers,
                rebuild=rebuild,
            )
        )

    async def build_progress(self) -> list[BuildProgress]:
        """Return how far the builds of this index have come that run now, in any session."""
        return await self._run(operations.build_progress(self.name))

    async def drop_hnsw(self) -> IndexInfo:
        """Drop the HNSW index: queries compare with every vector, until `build` makes it again.

        Writes are many times as fast without it. Waits for running queries and writes of
        the index to end. Raises `IndexBusy`.
        """
        return await self._run(operations.drop_hnsw(self.name))

    async def stats(self, *, exact: bool = False) -> IndexStats:
        """Return the rows of the index, its room, its use and its builds.

        Above 100,000 vectors they and the namespaces are estimated; `exact` counts them,
        which takes a scan. Takes no rights but to read.
        """
        return await self._run(operations.stats(self.name, exact))

    async def vacuum(self, *, analyze: bool = True, rebuild: bool | None = None) -> Vacuum:
        """Remove deleted and replaced rows, and bring the statistics up to date.

        Searches and writes go on. Where more than 3 % of the rows are dead, the HNSW index
        is first built anew, beside the one in use: to take dead vectors out of it takes
        longer than that, and leaves their room. `rebuild` decides otherwise; what a build
        takes is said in `build`. That `analyze` is left out seldom makes sense.

        Rows that older transactions may see stay: then `remaining_rows` is not 0, and
        `doctor` names those transactions. The second time there is nothing to do. Through
        a pooler it is built only where it fits into maintenance_work_mem.

        It cannot be part of a transaction, so it is refused over a borrowed connection.
        Raises `InvalidRequest`, `PermissionDenied` and, while another session builds or
        vacuums, `IndexBusy`.
        """
        if not self._client._is_free:
            raise InvalidRequest(
                "a vacuum cannot be part of a transaction",
                hint="Use a client with connections of its own: pgvectorize.connect(dsn)",
            )
        return await self._run(
            operations.vacuum(self.name, analyze, rebuild, has_session=not self._client._is_pooled)
        )

    async def prewarm(self) -> list[PrewarmedRelation]:
        """Read the index into memory, as after a start of the server; return what was read.

        The HNSW index, the others, the table and its vectors go into the shared buffers,
        from which others have to go, as far as they fit, the HNSW index first of all; the
        rest is read into the system's cache. Takes as long as to read all from the disk.

        Raises `DatabaseError` where the database lacks the extension pg_prewarm, and
        `PermissionDenied`.
        """
        return await self._run(operations.prewarm(self.name))

    async def recall(
        self,
        vectors: npt.ArrayLike | None = None,
        *,
        queries: int = 200,
        top_k: int = 10,
        store: bool = True,
    ) -> list[RecallPoint]:
        """Measure what share of the true nearest queries find, at one `ef_search` after another.

        It ends where all is found, or at 1,000; the last point, without `ef_search`, is the
        exact search that the others are compared with. An index without an HNSW index has
        that one only. What ties with the last of the true `top_k` nearest is right too.

        `vectors`, `(n, dimensions)`, are the queries: take real ones if you have them. Else
        `queries` mixtures of stored vectors are used, drawn by lot, which are as hard as what
        is not stored or a little harder. Each takes an exact search, about half a second for
        a million vectors, and a dozen others. `top_k`, 1 to 1,000, should be what you ask
        for: a greater one takes a greater `ef_search`.

        The points are kept for the `recall` of queries, in the place of those before. With
        `store=False` nothing is written, so that it works on a replica.

        Raises `InvalidRequest`, also where there are fewer than two vectors, and
        `InvalidVector`.
        """
        handshake = await self._client._shake_hands()
        return await self._run(
            operations.recall(self.name, vectors, handshake, queries, top_k, store)
        )

    async def tune(
        self,
        recall: float,
        *,
        vectors: npt.ArrayLike | None = None,
        queries: int = 200,
        top_k: int = 10,
    ) -> RecallPoint:
        """Find the least `ef_search` that reaches a recall, and set it for the index.

        Queries use it unless they say otherwise. It counts as reached where it is so by
        more than its standard error; the more `queries`, the less that is. All that is
        measured is kept, and the rest is as for `recall`. Without an HNSW index queries find
        all: then nothing is set, and the answer has no `ef_search`.

        Measure again when the index has grown much, or was built with other parameters.

        Raises `RecallNotReached` where 1,000 does not reach it, which changes nothing, and
        as `recall` does.
        """
        handshake = await self._client._shake_hands()
        return await self._run(
            operations.tune(self.name, recall, vectors, handshake, queries, top_k)
        )

    async def query(
        self,
        vector: ValuesInput,
        *,
        top_k: int = 5,
        namespace: str | Sequence[str | None] | None = None,
        filter: Filter | None = None,
        return_values: bool = False,
        return_metadata: ReturnMetadata | bool = "none",
        ef_search: int | None = None,
        exact: bool = False,
        exclude_ids: Sequence[str] | None = None,
        min_score: float | None = None,
        max_distance: float | None = None,
        offset: int = 0,
        recall: float | None = None,
    ) -> Matches:
        """Return the vectors nearest to `vector`, `(dimensions,)`, best first, equal scores by id.

        It returns min(top_k, number of matching vectors) matches, always. `top_k` is 1
        to 1,000. `namespace` (one, or several; None among several means the vectors
        without one), `filter` and `exclude_ids` narrow down what is searched, before
        the `top_k` are taken. `return_metadata` is "none", "indexed" (properties with a
        metadata index), "all", or a boolean for none and all.

        `ef_search`, 1 to 1,000, is how many candidates the HNSW scan keeps: more finds
        more and is slower; the default is what `tune` found, or 100, or 200 below 256
        dimensions, of which 0.6 with a filter, and never fewer than `top_k`. `recall` takes
        the `ef_search` that reached such a share of the true nearest when `tune` measured
        it. `exact` compares with every matching vector instead.

        `max_distance` leaves out matches that are farther away: the distance is the
        score for euclidean and dot-product, and 1 - score for cosine, where `min_score`
        says the same of the score.

        `offset` skips so many matches, to read an answer page by page. Pages fit together
        up to `ef_search`, if each page has the same, or with `exact`, up to 10,000. Pages
        that would overlap are refused: with a filter, a namespace or `exclude_ids`, and beyond
        `ef_search`. It is faster to ask for all matches at once, up to 1,000, and to get
        their metadata page by page with `get_by_ids`.

        Raises `InvalidVector`, `InvalidFilter` and `InvalidRequest`.
        """
        return await self._run(
            operations.query(
                self.name,
                vector,
                top_k=top_k,
                namespace=namespace,
                filter=filter,
                return_values=return_values,
                return_metadata=return_metadata,
                ef_search=ef_search,
                exact=exact,
                exclude_ids=exclude_ids,
                min_score=min_score,
                max_distance=max_distance,
                offset=offset,
                recall=recall,
            )
        )

    async def explain(
        self,
        vector: ValuesInput,
        *,
        top_k: int = 5,
        namespace: str | Sequence[str | None] | None = None,
        filter: Filter | None = None,
        return_values: bool = False,
        return_metadata: ReturnMetadata | bool = "none",
        ef_search: int | None = None,
        exact: bool = False,
        exclude_ids: Sequence[str] | None = None,
        min_score: float | None = None,
        max_distance: float | None = None,
        offset: int = 0,
        recall: float | None = None,
    ) -> Explanation:
        """Run a query and say in words which way it took, and why, and what would help.

        It takes what `query` takes, and does what `query` does, but for the index's own
        function, which plans the query of a vector alone once a session. It costs the
        query and, with a namespace or a filter, a count of all matches; it is not counted
        as a query. Raises what `query` raises.
        """
        return await self._run(
            operations.explain(
                self.name,
                vector,
                top_k=top_k,
                namespace=namespace,
                filter=filter,
                return_values=return_values,
                return_metadata=return_metadata,
                ef_search=ef_search,
                exact=exact,
                exclude_ids=exclude_ids,
                min_score=min_score,
                max_distance=max_distance,
                offset=offset,
                recall=recall,
            )
        )

    async def query_by_id(
        self,
        id: str,
        *,
        top_k: int = 5,
        namespace: str | Sequence[str | None] | None = None,
        filter: Filter | None = None,
        return_values: bool = False,
        return_metadata: ReturnMetadata | bool = "none",
        ef_search: int | None = None,
        exact: bool = False,
        exclude_ids: Sequence[str] | None = None,
        min_score: float | None = None,
        max_distance: float | None = None,
        offset: int = 0,
        recall: float | None = None,
    ) -> Matches:
        """Return the vectors nearest to a stored one, itself among them; as `query` otherwise.

        Raises `VectorNotFound`.
        """
        return await self._run(
            operations.query_by_id(
                self.name,
                id,
                top_k=top_k,
                namespace=namespace,
                filter=filter,
                return_values=return_values,
                return_metadata=return_metadata,
                ef_search=ef_search,
                exact=exact,
                exclude_ids=exclude_ids,
                min_score=min_score,
                max_distance=max_distance,
                offset=offset,
                recall=recall,
            )
        )

    async def query_many(
        self,
        vectors: npt.ArrayLike,
        *,
        top_k: int = 5,
        namespace: str | Sequence[str | None] | None = None,
        filter: Filter | None = None,
        return_values: bool = False,
        return_metadata: ReturnMetadata | bool = "none",
        ef_search: int | None = None,
        exact: bool = False,
        exclude_ids: Sequence[str] | None = None,
        min_score: float | None = None,
        max_distance: float | None = None,
        offset: int = 0,
        filters: Sequence[Filter | None] | None = None,
        recall: float | None = None,
        connections: int | None = None,
    ) -> list[Matches]:
        """Answer many queries, `(n, dimensions)`, in one round trip; as `query` otherwise.

        `filters` adds one filter of its own, or None, to each query. From 100 queries on
        they are shared among `connections` of the client's pool, by default half of it,
        so that the server works at them on several cores: one round trip each, and each
        sees the index as it is when its share begins. Over a borrowed connection, and
        with `connections=1`, all is one statement.
        """
        handshake = await self._client._shake_hands()
        matrix = query_matrix(vectors)
        if filters is not None and len(filters) != len(matrix):
            raise InvalidRequest(
                f"{len(filters)} filters for {len(matrix)} vectors",
                hint="Give one filter a vector, None for none; or one for all as filter.",
            )
        plans = [
            operations.query_many(
                self.name,
                matrix[share],
                handshake,
                None if filters is None else filters[share],
                top_k=top_k,
                namespace=namespace,
                filter=filter,
                return_values=return_values,
                return_metadata=return_metadata,
                ef_search=ef_search,
                exact=exact,
                exclude_ids=exclude_ids,
                min_score=min_score,
                max_distance=max_distance,
                offset=offset,
                recall=recall,
            )
            for share in self._client._shares(len(matrix), connections)
        ]
        if len(plans) == 1:
            return await self._run(plans[0])
        answers = await async_gather([partial(self._run, plan) for plan in plans])
        return list(chain.from_iterable(answers))

    async def count(
        self,
        *,
        namespace: str | Sequence[str | None] | None = None,
        filter: Filter | None = None,
    ) -> int:
        """Return how many vectors there are, or how many match; takes a scan."""
        return await self._run(operations.count(self.name, namespace, filter))

    async def get_by_ids(self, ids: Iterable[str]) -> list[Vector]:
        """Return vectors by id, in the order the ids were first given.

        Ids that are not there are left out.
        """
        return await self._run(operations.get_by_ids(self.name, ids))

    async def delete_by_ids(self, ids: Iterable[str]) -> Mutation:
        """Delete vectors by id; the answer's `ids` are those that were there."""
        return await self._run(operations.delete_by_ids(self.name, ids))

    async def delete(
        self,
        *,
        filter: Filter | None = None,
        namespace: str | None = None,
        dry_run: bool = False,
    ) -> Deletion:
        """Delete the vectors that match a filter, those of a namespace, or what is in both.

        `dry_run` only counts them. Raises `InvalidRequest` where neither is given: to
        delete all vectors, `truncate`. Raises `InvalidFilter`.
        """
        return await self._run(operations.delete(self.name, filter, namespace, dry_run))

    async def delete_namespace(self, namespace: str) -> Deletion:
        """Delete all vectors of a namespace; that there are none is no error."""
        return await self._run(operations.delete_namespace(self.name, namespace))

    async def truncate(self) -> UUID:
        """Delete all vectors at once, however many they are; return a mutation id.

        Waits for running queries and writes of the index to end, and keeps new ones
        waiting until the transaction ends. Metadata and namespace indexes stay.
        """
        return await self._run(operations.truncate(self.name))

    async def update_metadata(
        self,
        patch: Metadata,
        *,
        ids: Iterable[str] | None = None,
        filter: Filter | None = None,
        namespace: str | None = None,
        mode: PatchMode = "merge",
    ) -> Mutation:
        """Change the metadata of vectors, by id or by filter and namespace, and nothing else.

        "merge" applies a JSON Merge Patch (RFC 7396): keys of `patch` replace those that
        are there, None removes a key, objects are merged at every depth. "replace" makes
        `patch` the metadata. What is unchanged is not written again.

        Raises `InvalidRequest` and `InvalidFilter`.
        """
        return await self._run(
            operations.update_metadata(self.name, patch, ids, filter, namespace, mode)
        )

    async def list_vectors(
        self,
        *,
        count: int = 100,
        cursor: str | None = None,
        namespace: str | None = None,
        filter: Filter | None = None,
        return_values: bool = False,
        return_metadata: ReturnMetadata | bool = "none",
    ) -> VectorList:
        """Return a page of `count` vectors, 1 to 1,000, in a stable order.

        Pass the page's `next_cursor` as `cursor`, with the same `namespace` and `filter`
        and within an hour, to get the next. What is inserted after the first page does not
        appear; what is changed appears as it then is, what is deleted no longer.
        `total_count` is as of the first page, which takes a scan to count.

        Raises `InvalidFilter`, and `InvalidRequest` for a cursor that has expired or is not
        one of this index, namespace and filter.
        """
        return await self._run(
            operations.list_vectors(
                self.name, count, cursor, namespace, filter, return_values, return_metadata
            )
        )

    async def list_namespaces(self) -> list[NamespaceInfo]:
        """Return the namespaces with how many vectors each holds, by name; takes a scan.

        First, as None, come the vectors without a namespace.
        """
        return await self._run(operations.list_namespaces(self.name))

    async def facets(
        self,
        property_name: str,
        *,
        filter: Filter | None = None,
        namespace: str | None = None,
        top_k: int = 20,
        buckets: int | None = None,
    ) -> list[Facet]:
        """Count the values of a metadata property, the `top_k` most frequent first.

        With `buckets`, count its numbers in that many ranges of equal width instead, from
        the least number to the greatest. A value is a string, a number or a boolean;
        each that stands in an array counts, once a vector. Where the property is missing,
        None or an object, the vector is in no facet. Takes a scan.

        Raises `InvalidRequest` and `InvalidFilter`.
        """
        return await self._run(
            operations.facets(self.name, property_name, filter, namespace, top_k, buckets)
        )

    async def __aiter__(self) -> AsyncIterator[Vector]:
        cursor: str | None = None
        while True:
            vectors, cursor = await self._run(operations.page(self.name, 1_000, cursor))
            for vector in vectors:
                yield vector
            if cursor is None:
                return

    async def create_metadata_index(self, property_name: str, index_type: IndexType) -> UUID:
        """Create a metadata index, which makes filters on a property fast; return a mutation id.

        It covers the vectors that are there already. From then on filters compare the
        property as `index_type`, "string", "number" or "boolean". Dots in the name
        reach into nested objects. To create the same one again does nothing, and what
        a killed build left behind is mended.

        Built `concurrently`, so that nobody waits; over a borrowed connection it is
        part of the caller's transaction instead, and writers wait.

        Raises `InvalidRequest`, also where one of another type exists, and `IndexBusy`.
        """
        if self._client._is_free:
            plan = operations.build_metadata_index(self.name, property_name, index_type)
        else:
            plan = operations.create_metadata_index(self.name, property_name, index_type)
        return await self._run(plan)

    async def list_metadata_indexes(self) -> list[MetadataIndex]:
        """Return the metadata indexes, by property name."""
        return await self._run(operations.list_metadata_indexes(self.name))

    async def delete_metadata_index(self, property_name: str) -> UUID:
        """Delete the metadata index on a property; return a mutation id.

        Filters on the property still work, more slowly, and are type-strict again.
        Raises `MetadataIndexNotFound`.
        """
        return await self._run(operations.delete_metadata_index(self.name, property_name))

    async def create_namespace_index(self, namespace: str) -> IndexBuild:
        """Create an HNSW index of its own for a big namespace; return how.

        A query in that one namespace, with a filter or without, then walks only its
        vectors; others do not use it. A namespace earns one when it holds many thousands
        of vectors and yet few of all. A write into it keeps two HNSW indexes up to
        date, so there are at most 8. Precision and parameters are those of the HNSW
        index of all vectors, with which it is built, dropped and changed from then on.
        To create the same one again does nothing, and what a killed build left behind
        is mended.

        Built `concurrently`, so that nobody waits; over a borrowed connection it is
        part of the caller's transaction instead, and writers wait.

        Raises `InvalidRequest` and `IndexBusy`.
        """
        if self._client._is_free:
            return await self._run(
                operations.build_namespace_index(
                    self.name, namespace, has_session=not self._client._is_pooled
                )
            )
        return await self._run(operations.create_namespace_index(self.name, namespace))

    async def list_namespace_indexes(self) -> list[NamespaceIndex]:
        """Return the HNSW indexes of single namespaces, by namespace."""
        return await self._run(operations.list_namespace_indexes(self.name))

    async def delete_namespace_index(self, namespace: str) -> None:
        """Delete the HNSW index of a namespace; that of all vectors serves it again.

        Waits for running queries and writes of the index to end. Raises
        `NamespaceIndexNotFound` and `IndexBusy`.
        """
        await self._run(operations.delete_namespace_index(self.name, namespace))

    async def _run(self, plan: Plan[T], *, atomic: bool = False) -> T:
        await self._client._shake_hands()
        return await self._client._run(plan, atomic=atomic)

    async def _write(
        self, operation: operations.Operation, given: Iterable[Batch], atomic: bool
    ) -> Mutation:
        handshake = await self._client._shake_hands()
        if atomic:
            return await self._run(
                operations.write(operation, self.name, given, handshake), atomic=True
            )
        result: Mutation | None = None
        written = 0
        try:
            for batch in given:
                plan = operations.write_batch(operation, self.name, batch, handshake)
                mutation = await self._run(plan)
                written += len(batch)
                if result is not None:
                    mutation = Mutation(
                        mutation.mutation_id,
                        result.count + mutation.count,
                        result.ids + mutation.ids,
                    )
                result = mutation
        except InvalidVector as error:
            raise _after(written, error) from error
        except PgVectorizeError as error:
            if written:
                error.hint = (
                    f"{error.hint} The {written} rows in the batches before this one were written."
                ).replace("nothing was changed", "nothing of this batch was written")
            raise
        if result is None:
            return await self._run(operations.write_batch(operation, self.name, None, handshake))
        return result


async def _be_strict(connection: AsyncConnection[Any]) -> None:
    await connection.execute("set pgvectorize.strict = on")


async def _may_prepare(connection: AsyncConnection[Any]) -> bool:
    """Say whether the pooler on the way knows prepared statements.

    Then it gives them names of its own on the server, and prepares them on each of its
    connections. Else they are there under psycopg's name, on one of them, for whomever
    gets it next.
    """
    statement = SQL(
        "select name from pg_catalog.pg_prepared_statements"
        " where starts_with(name, '_pg3_') and position({} in statement) > 0"
    ).format(str(uuid4()))  # by which it finds itself
    try:
        async with connection.transaction():  # which stays on one of them
            found = await (await connection.execute(statement, prepare=True)).fetchone()
            if found is not None:
                await connection.execute(SQL("deallocate {}").format(Identifier(found[0])))
    except (psycopg.errors.DuplicatePreparedStatement, psycopg.errors.InvalidSqlStatementName):
        return False  # another client of the pooler has left its own there
    return found is None


def _after(written: int, error: InvalidVector) -> InvalidVector:
    """Return the error of a batch as one of all the rows, of which some are written."""
    message, row = error.message, error.row
    if error.sqlstate is not None and row is not None:  # the database counts within the batch
        message = f"row {row + written}{message.removeprefix(f'row {row}')}"
        row += written
    renumbered = InvalidVector(
        message,
        hint=f"The {written} rows in the batches before it were written.",
        sqlstate=error.sqlstate,
        row=row,
    )
    renumbered.code = error.code
    return renumbered


def _batches(
    vectors: Iterable[VectorInput] | None,
    ids: Sequence[str] | None,
    values: npt.ArrayLike | None,
    namespaces: str | Sequence[str | None] | None,
    metadata: Sequence[Metadata | None] | None,
    batch_size: int,
    atomic: bool,
) -> Iterable[Batch]:
    if batch_size < 1:
        raise InvalidRequest(f"batch_size must be at least 1, got {batch_size}")
    later = min(batch_size, operations.COPY_SIZE) if atomic else None
    columns_given = any(column is not None for column in (ids, values, namespaces, metadata))
    if vectors is not None and not columns_given:
        return batches(vectors, batch_size, later)
    if vectors is None and ids is not None and values is not None:
        return column_batches(ids, values, namespaces, metadata, batch_size, later)
    raise InvalidRequest(
        "give either vectors, or ids and values",
        hint="upsert([Vector(…)]), or upsert(ids=[…], values=matrix).",
    )
