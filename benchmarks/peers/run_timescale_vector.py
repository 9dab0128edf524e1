"""Timescale's client, without its extension vectorscale, which needs a server of its own."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg2  # type: ignore[import-untyped,import-not-found,unused-ignore]
from timescale_vector import client  # type: ignore[import-not-found,unused-ignore]

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


class TimescaleVector(Peer):
    packages = ("timescale-vector", "psycopg2-binary")
    settings = (
        f"HNSW m {M}, ef_construction {EF_CONSTRUCTION}, ef_search {EF_SEARCH}; table as it makes"
        " it, without the extension vectorscale"
    )

    def __init__(self, where: Where, dimensions: int) -> None:
        dsn = where.url("postgresql")
        self._store = client.Sync(dsn, "docs", dimensions)
        statement = self._store.builder.get_create_query()
        with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
            cursor.execute(statement.replace("CREATE EXTENSION IF NOT EXISTS vectorscale;", ""))

    def load(self, rows: Rows) -> None:
        for numbers, vectors, metadata in rows.batches():
            self._store.upsert(
                [
                    (uuid.UUID(int=number), described, "", vector)
                    for number, vector, described in zip(numbers, vectors, metadata, strict=True)
                ]
            )

    def index(self) -> None:
        self._store.create_embedding_index(client.HNSWIndex(M, EF_CONSTRUCTION))

    def search(self, query: Any, filter: Filter | None) -> list[int]:
        options: dict[str, Any] = {}
        if filter is not None and filter.operator == "=":
            options["filter"] = {filter.name: filter.operand}
        elif filter is not None:
            options["predicates"] = client.Predicates(
                (filter.name, filter.operator, filter.operand)
            )
        found = self._store.search(
            query, limit=TOP_K, query_params=client.HNSWIndexParams(EF_SEARCH), **options
        )
        return [row[0].int for row in found]

    def close(self) -> None:
        self._store.close()


if __name__ == "__main__":
    run(TimescaleVector)
