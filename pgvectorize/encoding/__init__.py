"""Python values to Postgres' formats and back; nothing here knows of a connection."""

from pgvectorize.encoding.batches import (
    EMPTY_BATCH,
    Batch,
    Rules,
    batches,
    check_batch,
    column_batches,
)
from pgvectorize.encoding.documents import json_text
from pgvectorize.encoding.values import Matrix, query_matrix
from pgvectorize.encoding.wire import (
    COPY_HEADER,
    COPY_TRAILER,
    Binary,
    BinaryDumper,
    VectorLoader,
    copy_rows,
    jsonb,
    jsonb_array,
    query_vector,
    text_array,
    vector_array,
)

__all__ = [
    "COPY_HEADER",
    "COPY_TRAILER",
    "EMPTY_BATCH",
    "Batch",
    "Binary",
    "BinaryDumper",
    "Matrix",
    "Rules",
    "VectorLoader",
    "batches",
    "check_batch",
    "column_batches",
    "copy_rows",
    "json_text",
    "jsonb",
    "jsonb_array",
    "query_matrix",
    "query_vector",
    "text_array",
    "vector_array",
]
