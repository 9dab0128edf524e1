"""What can be done, as generators that yield statements; see `pgvectorize.plans`."""

from pgvectorize.operations.indexes import (
    build_metadata_index,
    create_index,
    create_metadata_index,
    delete_index,
    delete_metadata_index,
    describe,
    get_index,
    handshake,
    list_indexes,
    list_metadata_indexes,
    presets,
)
from pgvectorize.operations.search import count, query, query_by_id, query_many
from pgvectorize.operations.vectors import (
    BATCH_SIZE,
    Operation,
    delete_by_ids,
    get_by_ids,
    list_vectors,
    page,
    write,
    write_batch,
)

__all__ = [
    "BATCH_SIZE",
    "Operation",
    "build_metadata_index",
    "count",
    "create_index",
    "create_metadata_index",
    "delete_by_ids",
    "delete_index",
    "delete_metadata_index",
    "describe",
    "get_by_ids",
    "get_index",
    "handshake",
    "list_indexes",
    "list_metadata_indexes",
    "list_vectors",
    "page",
    "presets",
    "query",
    "query_by_id",
    "query_many",
    "write",
    "write_batch",
]
