"""One index, with the methods of all rooms."""

from __future__ import annotations

from pgvectorize.aio import (
    builds,
    explain,
    indexes,
    metadata_indexes,
    operating,
    reads,
    recall,
    search,
    writes,
)


class AsyncIndex(
    indexes.IndexMethods,
    metadata_indexes.IndexMethods,
    builds.IndexMethods,
    search.IndexMethods,
    explain.IndexMethods,
    writes.IndexMethods,
    reads.IndexMethods,
    recall.IndexMethods,
    operating.IndexMethods,
):
    """One index: write, search, read and delete its vectors.

    Every call raises `IndexNotFound` if no index has the name. Iteration over an index
    reads all its vectors with values and metadata, in pages of 1,000, each as
    `list_vectors` returns it.
    """
