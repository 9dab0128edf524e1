"""LanceDB, embedded, on disk."""

from __future__ import annotations

from typing import Any

import lancedb  # type: ignore[import-not-found,unused-ignore]
import pyarrow  # type: ignore[import-untyped,unused-ignore]

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


class LanceDB(Peer):
    packages = ("lancedb",)
    settings = (
        f"IVF_HNSW_SQ of one partition, m {M}, ef_construction {EF_CONSTRUCTION}, ef {EF_SEARCH},"
        " refined from the stored vectors; scalar indexes on the filters' properties"
    )

    def __init__(self, where: Where, dimensions: int) -> None:
        self._database = lancedb.connect(str(where.folder))
        self._dimensions = dimensions
        self._docs: Any = None

    def load(self, rows: Rows) -> None:
        for numbers, vectors, metadata in rows.batches(10_000):
            flat = pyarrow.array(vectors.reshape(-1))
            columns = {
                "number": pyarrow.array(list(numbers)),
                "vector": pyarrow.FixedSizeListArray.from_arrays(flat, self._dimensions),
                **{name: [row[name] for row in metadata] for name in metadata[0]},
            }
            if self._docs is None:
                self._docs = self._database.create_table("docs", pyarrow.table(columns))
            else:
                self._docs.add(pyarrow.table(columns))

    def index(self) -> None:
        self._docs.create_index(
            metric="cosine",
            index_type="IVF_HNSW_SQ",
            num_partitions=1,
            m=M,
            ef_construction=EF_CONSTRUCTION,
        )
        self._docs.create_scalar_index("scattered")
        if "pos" in self._docs.schema.names:
            self._docs.create_scalar_index("pos", index_type="BITMAP")

    def search(self, query: Any, filter: Filter | None) -> list[int]:
        search = self._docs.search(query).metric("cosine").ef(EF_SEARCH).refine_factor(2)
        if filter is not None:
            operand = f"'{filter.operand}'" if filter.operator == "=" else filter.operand
            search = search.where(f"{filter.name} {filter.operator} {operand}", prefilter=True)
        found = search.select(["number"]).limit(TOP_K).to_arrow()
        return [int(number) for number in found["number"].to_pylist()]


if __name__ == "__main__":
    run(LanceDB)
