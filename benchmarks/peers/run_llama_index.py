"""LlamaIndex' PGVectorStore."""

from __future__ import annotations

from typing import Any

from llama_index.core.schema import TextNode  # type: ignore[import-not-found,unused-ignore]
from llama_index.core.vector_stores import (  # type: ignore[import-not-found,unused-ignore]
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
)
from llama_index.vector_stores.postgres import (  # type: ignore[import-not-found,unused-ignore]
    PGVectorStore,
)

from benchmarks.peers.protocol import (
    EF_CONSTRUCTION,
    EF_SEARCH,
    TOP_K,
    Filter,
    M,
    Peer,
    Rows,
    Where,
    run,
)

OPERATORS = {"=": FilterOperator.EQ, "<": FilterOperator.LT}


class LlamaIndex(Peer):
    packages = ("llama-index-vector-stores-postgres", "psycopg2-binary")
    settings = (
        f"HNSW m {M}, ef_construction {EF_CONSTRUCTION}, ef_search {EF_SEARCH}, made after the"
        " load; metadata indexes on the filters' properties"
    )

    def __init__(self, where: Where, dimensions: int) -> None:
        self._where = where
        self._dimensions = dimensions
        self._store = self._opened()

    def _opened(self, **options: Any) -> Any:
        return PGVectorStore(
            connection_string=self._where.url("postgresql+psycopg2"),
            async_connection_string=self._where.url("postgresql+asyncpg"),
            table_name="docs",
            schema_name="public",
            embed_dim=self._dimensions,
            use_jsonb=True,
            indexed_metadata_keys={("pos", "text"), ("scattered", "float")},
            initialization_fail_on_error=True,
            **options,
        )

    def load(self, rows: Rows) -> None:
        for numbers, vectors, metadata in rows.batches():
            self._store.add(
                [
                    TextNode(
                        id_=str(number), text="", embedding=vector.tolist(), metadata=described
                    )
                    for number, vector, described in zip(numbers, vectors, metadata, strict=True)
                ]
            )

    def index(self) -> None:
        self._store = self._opened(
            hnsw_kwargs={
                "hnsw_m": M,
                "hnsw_ef_construction": EF_CONSTRUCTION,
                "hnsw_ef_search": EF_SEARCH,
                "hnsw_dist_method": "vector_cosine_ops",
            }
        )
        self._store.query(VectorStoreQuery(query_embedding=[1.0] * self._dimensions))

    def search(self, query: Any, filter: Filter | None) -> list[int]:
        filters = None
        if filter is not None:
            operator = OPERATORS[filter.operator]
            filters = MetadataFilters(
                filters=[MetadataFilter(key=filter.name, value=filter.operand, operator=operator)]
            )
        found = self._store.query(
            VectorStoreQuery(
                query_embedding=query.tolist(), similarity_top_k=TOP_K, filters=filters
            )
        )
        return [int(id_) for id_ in found.ids]


if __name__ == "__main__":
    run(LlamaIndex)
