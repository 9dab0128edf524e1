"""LangChain's PGVectorStore, the newer store of langchain-postgres."""

from __future__ import annotations

from typing import Any

from langchain_core.embeddings import (  # type: ignore[import-not-found,unused-ignore]
    DeterministicFakeEmbedding,
)
from langchain_postgres import (  # type: ignore[import-not-found,unused-ignore]
    Column,
    PGEngine,
    PGVectorStore,
)
from langchain_postgres.v2.indexes import (  # type: ignore[import-not-found,unused-ignore]
    DistanceStrategy,
    HNSWIndex,
    HNSWQueryOptions,
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

COLUMNS = {"pos": "TEXT", "scattered": "FLOAT"}


class LangChainPGVectorStore(Peer):
    packages = ("langchain-postgres", "asyncpg")
    settings = (
        f"HNSW m {M}, ef_construction {EF_CONSTRUCTION}, ef_search {EF_SEARCH};"
        " the filters' properties are columns"
    )

    def __init__(self, where: Where, dimensions: int) -> None:
        engine = PGEngine.from_connection_string(where.url("postgresql+asyncpg"))
        engine.init_vectorstore_table(
            table_name="docs",
            vector_size=dimensions,
            id_column=Column("id", "TEXT"),
            metadata_columns=[Column(name, kind) for name, kind in COLUMNS.items()],
        )
        self._store = PGVectorStore.create_sync(
            engine,
            embedding_service=DeterministicFakeEmbedding(size=dimensions),
            table_name="docs",
            id_column="id",
            metadata_columns=list(COLUMNS),
            distance_strategy=DistanceStrategy.COSINE_DISTANCE,
            index_query_options=HNSWQueryOptions(ef_search=EF_SEARCH),
        )

    def load(self, rows: Rows) -> None:
        for numbers, vectors, metadata in rows.batches():
            ids = [str(number) for number in numbers]
            self._store.add_embeddings(ids, vectors.tolist(), metadata, ids)

    def index(self) -> None:
        self._store.apply_vector_index(HNSWIndex(m=M, ef_construction=EF_CONSTRUCTION))

    def search(self, query: Any, filter: Filter | None) -> list[int]:
        condition = None if filter is None else filter.as_dict()
        found = self._store.similarity_search_with_score_by_vector(
            query.tolist(), k=TOP_K, filter=condition
        )
        return [int(document.id) for document, _ in found]


if __name__ == "__main__":
    run(LangChainPGVectorStore)
