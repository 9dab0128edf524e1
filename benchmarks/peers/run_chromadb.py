"""Chroma, embedded, on disk."""

from __future__ import annotations

from typing import Any

import chromadb  # type: ignore[import-not-found,unused-ignore]

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


class Chroma(Peer):
    packages = ("chromadb",)
    settings = (
        f"HNSW max_neighbors {M}, ef_construction {EF_CONSTRUCTION}, ef_search {EF_SEARCH},"
        " built as rows are added"
    )

    def __init__(self, where: Where, dimensions: int) -> None:
        self._client = chromadb.PersistentClient(
            path=str(where.folder), settings=chromadb.Settings(anonymized_telemetry=False)
        )
        self._docs = self._client.create_collection(
            "docs",
            embedding_function=None,
            configuration={
                "hnsw": {
                    "space": "cosine",
                    "max_neighbors": M,
                    "ef_construction": EF_CONSTRUCTION,
                    "ef_search": EF_SEARCH,
                }
            },
        )

    def load(self, rows: Rows) -> None:
        for numbers, vectors, metadata in rows.batches():
            self._docs.add(
                ids=[str(number) for number in numbers], embeddings=vectors, metadatas=metadata
            )

    def search(self, query: Any, filter: Filter | None) -> list[int]:
        found = self._docs.query(
            query_embeddings=[query],
            n_results=TOP_K,
            where=None if filter is None else filter.as_dict(),
            include=["distances"],
        )
        return [int(id_) for id_ in found["ids"][0]]


if __name__ == "__main__":
    run(Chroma)
