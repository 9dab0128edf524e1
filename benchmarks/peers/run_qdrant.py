"""qdrant-client in its local mode, which compares with every vector, in numpy."""

from __future__ import annotations

from typing import Any

from qdrant_client import QdrantClient, models  # type: ignore[import-not-found,unused-ignore]

from benchmarks.peers.protocol import TOP_K, Filter, Peer, Rows, Where, run


class Qdrant(Peer):
    packages = ("qdrant-client",)
    settings = "local mode on disk: exact"

    def __init__(self, where: Where, dimensions: int) -> None:
        self._client = QdrantClient(path=str(where.folder))
        self._client.create_collection(
            "docs",
            vectors_config=models.VectorParams(size=dimensions, distance=models.Distance.COSINE),
        )

    def load(self, rows: Rows) -> None:
        for numbers, vectors, metadata in rows.batches():
            self._client.upsert(
                "docs", models.Batch(ids=list(numbers), vectors=vectors.tolist(), payloads=metadata)
            )

    def search(self, query: Any, filter: Filter | None) -> list[int]:
        condition = None
        if filter is not None:
            kind = (
                {"match": models.MatchValue(value=filter.operand)}
                if filter.operator == "="
                else {"range": models.Range(lt=filter.operand)}
            )
            condition = models.Filter(must=[models.FieldCondition(key=filter.name, **kind)])
        found = self._client.query_points(
            "docs", query=query, limit=TOP_K, query_filter=condition, with_payload=False
        )
        return [point.id for point in found.points]

    def close(self) -> None:
        self._client.close()


if __name__ == "__main__":
    run(Qdrant)
