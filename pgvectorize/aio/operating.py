"""Size, statistics, usage, vacuum and prewarm."""

from __future__ import annotations

from pgvectorize.aio.running import AsyncHandle, AsyncRunner
from pgvectorize.errors import InvalidRequest
from pgvectorize.models import (
    IndexPrecision,
    IndexSize,
    IndexStats,
    IndexUsage,
    PrewarmedRelation,
    Storage,
    Vacuum,
)
from pgvectorize.operations import operating


class ClientMethods(AsyncRunner):
    async def usage(self, index: str | None = None) -> list[IndexUsage]:
        """Return what one index or each stores and how often it was queried, by month.

        The newest month comes first. Each row has what the same would cost at Vectorize,
        before what its plans include for an account. Queries are counted from when
        `update_index` turned that on.
        """
        return await self._run(operating.usage(index=index))

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
        content_bytes: int = 0,
    ) -> IndexSize:
        """Estimate the disk space and the memory that an index of so many `vectors` needs.

        Give `dimensions`, or a `preset`. `metadata_bytes`, `id_bytes` and `content_bytes`
        are the average sizes of metadata, as JSON, of an id and of content, which Postgres
        may compress; the rest is as for `create_index`. The sizes are those after a load
        and a build, within some 5 %. Updates and deletes leave space that is used again
        later.

        Raises `InvalidRequest`.
        """
        return await self._run(
            operating.size(
                vectors=vectors,
                dimensions=dimensions,
                preset=preset,
                storage=storage,
                index_precision=index_precision,
                m=m,
                metadata_bytes=metadata_bytes,
                id_bytes=id_bytes,
                content_bytes=content_bytes,
            )
        )


class IndexMethods(AsyncHandle):
    async def stats(self, *, exact: bool = False) -> IndexStats:
        """Return the rows of the index, its disk space, its use and its builds.

        Above 100,000 vectors the numbers of vectors and namespaces are estimates; `exact`
        counts them, which needs a scan of the table. It needs only the right to read.
        """
        return await self._run(operating.stats(index=self.name, exact=exact))

    async def vacuum(self, *, analyze: bool = True, rebuild: bool | None = None) -> Vacuum:
        """Remove deleted and replaced rows, and bring the statistics up to date.

        Searches and writes go on. If more than 3 % of the rows are dead, the HNSW index is
        first rebuilt beside the one in use: that is faster than to take dead vectors out
        of it, and gives their space back. `rebuild` decides otherwise, and `build` in the
        answer says what was built. There is seldom a reason to leave out `analyze`.

        Rows that older transactions may see stay. Then `remaining_rows` is not 0, and
        `doctor` names those transactions. A second call finds nothing to do. Through a
        pooler the HNSW index is rebuilt only if it fits into maintenance_work_mem.

        A vacuum cannot be part of a transaction, so it is refused over a borrowed
        connection. Raises `InvalidRequest`, `PermissionDenied` and, while another session
        builds or vacuums, `IndexBusy`.
        """
        if not self._client._is_free:
            raise InvalidRequest(
                "a vacuum cannot be part of a transaction",
                hint="Use a client with connections of its own: pgvectorize.connect(dsn)",
            )
        return await self._run(
            operating.vacuum(
                index=self.name,
                analyze=analyze,
                rebuild=rebuild,
                has_session=not self._client._is_pooled,
            )
        )

    async def prewarm(self) -> list[PrewarmedRelation]:
        """Read the index into memory, as after a start of the server; return what was read.

        The HNSW index is read first, then the other Postgres indexes, the table and its
        vectors. They go into the shared buffers as far as they fit, in the place of other
        pages, and the rest into the system's cache. It takes as long as to read all of
        it from the disk.

        Raises `DatabaseError` if the database lacks the extension pg_prewarm, and
        `PermissionDenied`.
        """
        return await self._run(operating.prewarm(index=self.name))
