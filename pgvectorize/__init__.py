"""Cloudflare Vectorize's vector indexes, on the Postgres that people already run.

client = pgvectorize.connect("postgresql://…")
client.create_index("docs", dimensions=384, metric="cosine")
index = client.index("docs")
index.upsert([pgvectorize.Vector("a", values, metadata={"lang": "en"})])
index.query(values, top_k=3, filter={"lang": "en"})
"""

from typing import Any

from pgvectorize.aio import AsyncClient, AsyncIndex
from pgvectorize.client import Client, Index
from pgvectorize.embedded import embedded
from pgvectorize.errors import (
    ConnectionFailed,
    DatabaseError,
    EmbeddedUnavailable,
    ExtensionUnavailable,
    IndexBusy,
    IndexExists,
    IndexNotFound,
    InvalidFilter,
    InvalidRequest,
    InvalidVector,
    MetadataIndexNotFound,
    NamespaceIndexNotFound,
    NotFound,
    PermissionDenied,
    PgVectorizeError,
    ReadOnly,
    RecallNotReached,
    SchemaOutdated,
    ServerUnsupported,
    VectorNotFound,
)
from pgvectorize.models import (
    BuildProgress,
    BulkLoad,
    Deletion,
    Explanation,
    Facet,
    Finding,
    Grant,
    IndexBuild,
    IndexDescription,
    IndexInfo,
    IndexSize,
    IndexStats,
    IndexUsage,
    LimitInfo,
    ListedVector,
    Match,
    Matches,
    MetadataIndex,
    Mutation,
    NamespaceIndex,
    NamespaceInfo,
    PostgresIndex,
    Preset,
    PrewarmedRelation,
    RecallPoint,
    Vacuum,
    Vector,
    VectorList,
)

__version__ = "0.1.0"

connect = Client.connect

__all__ = [
    "AsyncClient",
    "AsyncIndex",
    "BuildProgress",
    "BulkLoad",
    "Client",
    "ConnectionFailed",
    "DatabaseError",
    "Deletion",
    "EmbeddedUnavailable",
    "Explanation",
    "ExtensionUnavailable",
    "Facet",
    "Finding",
    "Grant",
    "Index",
    "IndexBuild",
    "IndexBusy",
    "IndexDescription",
    "IndexExists",
    "IndexInfo",
    "IndexNotFound",
    "IndexSize",
    "IndexStats",
    "IndexUsage",
    "InvalidFilter",
    "InvalidRequest",
    "InvalidVector",
    "LimitInfo",
    "ListedVector",
    "Match",
    "Matches",
    "MetadataIndex",
    "MetadataIndexNotFound",
    "Mutation",
    "NamespaceIndex",
    "NamespaceIndexNotFound",
    "NamespaceInfo",
    "NotFound",
    "PermissionDenied",
    "PgVectorizeError",
    "PostgresIndex",
    "Preset",
    "PrewarmedRelation",
    "ReadOnly",
    "RecallNotReached",
    "RecallPoint",
    "SchemaOutdated",
    "ServerUnsupported",
    "Vacuum",
    "Vector",
    "VectorList",
    "VectorNotFound",
    "connect",
    "embedded",
]


def __getattr__(name: str) -> Any:
    """Import these at their first use: Alembic takes as long as all the rest."""
    if name in ("schema", "transfer"):
        import importlib

        return importlib.import_module(f"pgvectorize.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
