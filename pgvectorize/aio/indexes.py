"""The life of an index: create, describe, change and delete it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgvectorize.aio.running import AsyncHandle, AsyncRunner
from pgvectorize.models import (
    EmbeddingModel,
    IndexDescription,
    IndexInfo,
    IndexPrecision,
    Metric,
    Storage,
)
from pgvectorize.operations import indexes

if TYPE_CHECKING:
    from pgvectorize.embedding import Embedder


class ClientMethods(AsyncRunner):
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
        model: str | EmbeddingModel | Embedder | Any | None = None,
    ) -> IndexInfo:
        """Create an index from `dimensions` (1 to 16,000) and `metric`, a `preset` or a `model`.

        A name has 2 to 63 characters: a-z first, then a-z, 0-9, "-" and "_", a-z or
        0-9 last (Vectorize's pattern). `strict` enforces Vectorize's own limits on this
        index, with its messages and codes, so that what works here works there; see
        `limits`.

        `storage` float16 needs half the space. Values are then rounded to about three
        digits, and the largest is 65,504.

        `index_precision` is what the HNSW index holds: float32 (up to 2,000 dimensions),
        float16 (up to 4,000) or binary, the signs of the values (up to 16,000). The
        default is float32 up to 948 dimensions, float16 up to 4,000, and binary above.
        Scores are always exact, because they come from the stored values. Signs say
        nothing about lengths, so a euclidean index of more than 4,000 dimensions has no
        HNSW index unless you ask for binary.

        Without an HNSW index, also with `hnsw=False`, a query compares with every vector,
        and `has_hnsw` in the answer is False. A larger `m` (16) and `ef_construction` (64,
        or 2 m) give an HNSW index that finds more and takes longer to build.

        `model` is the embedding model that makes the vectors: a name such as
        `openai:text-embedding-3-small`, or whatever else `embedding.as_embedder` accepts. The
        index remembers its identity, and `query_text` uses it. Dimensions come from it, and
        the metric is cosine unless it is given. If the dimensions are not known, the model
        is loaded and embeds one word.

        Raises `IndexExists` and `InvalidRequest`.
        """
        identity = None
        if model is not None:
            from pgvectorize.embedding.providers import async_identified

            identity = await async_identified(model)
        return await self._run(
            indexes.create_index(
                name=name,
                dimensions=dimensions,
                metric=metric,
                preset=preset,
                description=description,
                strict=strict,
                storage=storage,
                index_precision=index_precision,
                m=m,
                ef_construction=ef_construction,
                hnsw=hnsw,
                model=identity,
            )
        )

    async def get_index(self, name: str) -> IndexInfo:
        """Return the configuration of an index; raises `IndexNotFound`."""
        return await self._run(indexes.get_index(name=name))

    async def list_indexes(self) -> list[IndexInfo]:
        """Return the configuration of every index, by name."""
        return await self._run(indexes.list_indexes())

    async def update_index(
        self,
        name: str,
        *,
        new_name: str | None = None,
        description: str | None = None,
        count_queries: bool | None = None,
        ef_search: int | None = None,
    ) -> IndexInfo:
        """Change the name, the description or the settings of an index; None changes nothing.

        A `description` of "" removes it. `count_queries` says whether queries are counted
        for `usage`, which costs an insert of one row for each; queries on a replica or in
        a read-only transaction are not counted. `ef_search`, 1 to 1,000, is what queries
        use unless they say otherwise, and 0 restores the default; `tune` finds one for
        the recall that you want.

        A new name renames the table too, after running queries and writes of the index
        have ended. Handles on the old name find nothing from then on.

        Raises `IndexNotFound`, `IndexExists` and `InvalidRequest`.
        """
        return await self._run(
            indexes.update_index(
                name=name,
                new_name=new_name,
                description=description,
                count_queries=count_queries,
                ef_search=ef_search,
            )
        )

    async def delete_index(self, name: str) -> None:
        """Delete an index with all its vectors; raises `IndexNotFound`.

        It waits until running queries and writes of the index have ended.
        """
        await self._run(indexes.delete_index(name=name))


class IndexMethods(AsyncHandle):
    async def info(self) -> IndexInfo:
        """Return the configuration of the index."""
        return await self._run(indexes.get_index(name=self.name))

    async def describe(self, *, exact: bool = False) -> IndexDescription:
        """Return dimensions, model, the number of vectors, and the newest visible mutation.

        Above 100,000 vectors the number is an estimate from the size and the statistics
        of the table; `exact` counts them instead, which needs a scan of the table.
        """
        return await self._run(indexes.describe(index=self.name, exact=exact))
