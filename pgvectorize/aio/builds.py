"""HNSW indexes, of all vectors and of single namespaces."""

from __future__ import annotations

from functools import partial

from pgvectorize.aio.running import AsyncHandle
from pgvectorize.models import BuildProgress, IndexBuild, IndexInfo, IndexPrecision, NamespaceIndex
from pgvectorize.operations import builds
from pgvectorize.operations.parameters import argument


class IndexMethods(AsyncHandle):
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
        """Build the HNSW index if there is none, or another in the place of the one in use.

        `m`, `ef_construction` and `index_precision` are as for `create_index`; None keeps
        what the index has. If the HNSW index is already as asked for, nothing happens,
        unless `rebuild` is True, as after an upgrade of pgvector or many deletions. What a
        killed build left behind is repaired.

        `memory`, bytes or text such as "4GB", is the most that the build may use. The
        default is the server's maintenance_work_mem, and at least 1 GB. `workers` is how
        many processes help; the default is the server's max_parallel_maintenance_workers.
        If the HNSW index does not fit into the memory, the answer says so, and the build
        takes many times as long.

        The new HNSW index is built `concurrently` beside the one in use, and then replaces
        it in a moment: nobody waits, and queries are right throughout. That needs a
        connection of its own, straight to the server. With `concurrently=False`, and over
        a borrowed connection, the build is part of a transaction instead, and writers wait
        until that ends.

        Raises `InvalidRequest`, and `IndexBusy` if another session builds, or if a long
        transaction keeps the new HNSW index from its place.
        """
        run = builds.build
        if argument("concurrently", concurrently) and self._client._is_free:
            run = partial(builds.build_concurrently, has_session=not self._client._is_pooled)
        return await self._run(
            run(
                index=self.name,
                m=m,
                ef_construction=ef_construction,
                index_precision=index_precision,
                memory=memory,
                workers=workers,
                rebuild=rebuild,
            )
        )

    async def build_progress(self) -> list[BuildProgress]:
        """Return how far the builds of this index are that run now, in any session."""
        return await self._run(builds.build_progress(index=self.name))

    async def drop_hnsw(self) -> IndexInfo:
        """Drop the HNSW index: queries compare with every vector, until `build` makes it again.

        Writes are many times as fast without it. It waits until running queries and writes
        of the index have ended. Raises `IndexBusy`.
        """
        return await self._run(builds.drop_hnsw(index=self.name))

    async def create_namespace_index(self, namespace: str) -> IndexBuild:
        """Create an HNSW index of its own for a large namespace; return how it was built.

        A query in that one namespace, with or without a filter, then searches only its
        vectors; other queries do not use it. It pays for a namespace with many thousands
        of vectors that are still a small part of all. A write into the namespace updates
        two HNSW indexes, so there are at most 8. Precision and parameters are those of the
        HNSW index of all vectors, and `build` and `drop_hnsw` include it from then on. If
        the same one exists, nothing happens, and what a killed build left behind is
        repaired.

        It is built `concurrently`, so that nobody waits. Over a borrowed connection it is
        part of the caller's transaction instead, and writers wait.

        Raises `InvalidRequest` and `IndexBusy`.
        """
        create = builds.create_namespace_index
        if self._client._is_free:
            create = partial(builds.build_namespace_index, has_session=not self._client._is_pooled)
        return await self._run(create(index=self.name, namespace=namespace))

    async def list_namespace_indexes(self) -> list[NamespaceIndex]:
        """Return the HNSW indexes of single namespaces, by namespace."""
        return await self._run(builds.list_namespace_indexes(index=self.name))

    async def delete_namespace_index(self, namespace: str) -> None:
        """Delete the HNSW index of a namespace; queries use that of all vectors again.

        It waits until running queries and writes of the index have ended. Raises
        `NamespaceIndexNotFound` and `IndexBusy`.
        """
        await self._run(builds.delete_namespace_index(index=self.name, namespace=namespace))
