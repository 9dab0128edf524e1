"""pgvectorize itself, driven as the others are."""

from __future__ import annotations

from typing import Any

import pgvectorize
from benchmarks.peers.protocol import TOP_K, Filter, Peer, Rows, Where, run
from pgvectorize import schema

NAME = "peer"


class Pgvectorize(Peer):
    packages = ("pgvectorize", "psycopg")
    settings = "defaults; metadata indexes on the filters' properties"

    def __init__(self, where: Where, dimensions: int) -> None:
        dsn = where.url("postgresql")
        schema.migrate(dsn)
        self._client = pgvectorize.connect(dsn)
        self._client.create_index(NAME, dimensions=dimensions, metric="cosine")
        self._index = self._client.index(NAME)
        self._index.drop_hnsw()

    def load(self, rows: Rows) -> None:
        ids = [str(number) for number in range(len(rows))]
        self._index.bulk_load(ids=ids, values=rows.vectors, metadata=rows.metadata, rebuild=False)

    def index(self) -> None:
        self._index.build(concurrently=False)
        self._index.create_metadata_index("scattered", "number")
        self._index.create_metadata_index("pos", "string")

    def search(self, query: Any, filter: Filter | None) -> list[int]:
        condition = None if filter is None else filter.as_dict()
        return [int(match.id) for match in self._index.query(query, top_k=TOP_K, filter=condition)]

    def close(self) -> None:
        self._client.close()


if __name__ == "__main__":
    run(Pgvectorize)
