"""Other people's tables, made indexes."""

from __future__ import annotations

from collections.abc import Sequence

from pgvectorize.aio.running import AsyncRunner
from pgvectorize.models import IndexInfo, Library, Metric
from pgvectorize.operations import adoption


class ClientMethods(AsyncRunner):
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
        content_column: str | None = None,
        in_place: bool = False,
        description: str | None = None,
    ) -> IndexInfo:
        """Make an index of a table or view with vectors, written as in SQL: `schema.table`.

        Ids and namespaces may be of any type and become text. Embeddings are pgvector's
        types or arrays of numbers. Metadata is a column of jsonb or json, and
        `metadata_columns` are added to it as properties. `content_column` is a text; a row
        without an embedding needs one.

        The rows are copied and the table stays as it is. With `in_place` the table itself
        becomes the index, without a rewrite: it moves to schema pgvectorize_data, its
        columns are renamed, and `delete_index` will drop it.

        If a row does not fit, nothing is changed and the error lists the ids. Raises
        `InvalidVector`, `InvalidRequest`, `NotFound` and `IndexExists`.
        """
        return await self._run(
            adoption.adopt_index(
                name=name,
                table=table,
                id_column=id_column,
                embedding_column=embedding_column,
                metric=metric,
                namespace_column=namespace_column,
                metadata_column=metadata_column,
                metadata_columns=metadata_columns,
                content_column=content_column,
                in_place=in_place,
                description=description,
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
        """Make an index of a collection that "vecs" or "langchain" keeps in this database.

        The collection is copied. LangChain's documents become the content of the vectors,
        unless `document` is False. Raises as `adopt_index` does.
        """
        return await self._run(
            adoption.adopt_collection(
                name=name,
                library=library,
                collection=collection,
                metric=metric,
                document=document,
                description=description,
            )
        )
