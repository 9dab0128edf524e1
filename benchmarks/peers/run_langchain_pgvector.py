"""LangChain's PGVector, the older store of langchain-postgres; it makes no HNSW index itself."""

from __future__ import annotations

from typing import Any

import sqlalchemy
from langchain_core.embeddings import (  # type: ignore[import-not-found,unused-ignore]
    DeterministicFakeEmbedding,
)
from langchain_postgres import PGVector  # type: ignore[import-not-found,unused-ignore]

from benchmarks.peers.protocol import EF_SEARCH, TOP_K, Filter, Peer, Rows, Where, run


class LangChainPGVector(Peer):
    packages = ("langchain-postgres", "psycopg")
    settings = f"HNSW index made by hand, ef_search {EF_SEARCH} as an option of the connection"

    def __init__(self, where: Where, dimensions: int) -> None:
        self._engine = sqlalchemy.create_engine(
            where.url("postgresql+psycopg", options=f"-c hnsw.ef_search={EF_SEARCH}")
        )
        self._store = PGVector(
            embeddings=DeterministicFakeEmbedding(size=dimensions),
            connection=self._engine,
            embedding_length=dimensions,
            collection_name="docs",
        )

    def load(self, rows: Rows) -> None:
        for numbers, vectors, metadata in rows.batches():
            ids = [str(number) for number in numbers]
            self._store.add_embeddings(ids, vectors.tolist(), metadata, ids)

    def index(self) -> None:
        with self._engine.begin() as connection:
            connection.exec_driver_sql(
                "create index on langchain_pg_embedding using hnsw (embedding vector_cosine_ops)"
            )

    def search(self, query: Any, filter: Filter | None) -> list[int]:
        found = self._store.similarity_search_with_score_by_vector(
            query.tolist(), TOP_K, None if filter is None else filter.as_dict()
        )
        return [int(document.id) for document, _ in found]


if __name__ == "__main__":
    run(LangChainPGVector)
