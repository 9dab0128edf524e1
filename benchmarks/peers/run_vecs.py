"""Supabase's vecs."""

from __future__ import annotations

from typing import Any

import vecs  # type: ignore[import-not-found,unused-ignore]

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


class Vecs(Peer):
    packages = ("vecs", "psycopg2-binary")
    settings = f"HNSW m {M}, ef_construction {EF_CONSTRUCTION}, ef_search {EF_SEARCH}"

    def __init__(self, where: Where, dimensions: int) -> None:
        self._client = vecs.create_client(where.url("postgresql+psycopg2"))
        self._docs = self._client.get_or_create_collection("docs", dimension=dimensions)

    def load(self, rows: Rows) -> None:
        self._docs.upsert(
            (str(number), rows.vectors[number], rows.metadata[number])
            for number in range(len(rows))
        )

    def index(self) -> None:
        self._docs.create_index(
            method=vecs.IndexMethod.hnsw,
            measure=vecs.IndexMeasure.cosine_distance,
            index_arguments=vecs.IndexArgsHNSW(m=M, ef_construction=EF_CONSTRUCTION),
        )

    def search(self, query: Any, filter: Filter | None) -> list[int]:
        condition = None if filter is None else filter.as_dict()
        found = self._docs.query(query, limit=TOP_K, filters=condition, ef_search=EF_SEARCH)
        return [int(id_) for id_ in found]

    def close(self) -> None:
        self._client.disconnect()


if __name__ == "__main__":
    run(Vecs)
