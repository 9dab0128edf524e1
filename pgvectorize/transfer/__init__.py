"""Indexes to files and back: Vectorize's NDJSON, Parquet, and .npy with NDJSON.

Both ways work in constant memory. They use the public, blocking client only.
"""

from pgvectorize.transfer.exporting import ExportSummary, export_vectors
from pgvectorize.transfer.files import Format, Progress, Refusal, format_of
from pgvectorize.transfer.importing import ImportSummary, Mode, OnError, import_vectors

__all__ = [
    "ExportSummary",
    "Format",
    "ImportSummary",
    "Mode",
    "OnError",
    "Progress",
    "Refusal",
    "export_vectors",
    "format_of",
    "import_vectors",
]
