"""Cloudflare Vectorize's vector indexes, on the Postgres that people already run.

client = pgvectorize.connect("postgresql://…")
client.create_index("docs", dimensions=384, metric="cosine")
index = client.index("docs")
index.upsert([pgvectorize.Vector("a", values, metadata={"lang": "en"})])
index.query(values, top_k=3, filter={"lang": "en"})
"""

import typing

from pgvectorize.aio import AsyncClient, AsyncIndex
from pgvectorize.blocking import Client, Index
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
    Access,
    BuildProgress,
    BulkLoad,
    Deletion,
    Explanation,
    Facet,
    Filter,
    Finding,
    Grant,
    IndexBuild,
    IndexDescription,
    IndexInfo,
    IndexPrecision,
    IndexSize,
    IndexStats,
    IndexType,
    IndexUsage,
    Library,
    LimitInfo,
    ListedVector,
    Match,
    Matches,
    Metadata,
    MetadataIndex,
    Metric,
    Mutation,
    NamespaceIndex,
    NamespaceInfo,
    PatchMode,
    PostgresIndex,
    Preset,
    PrewarmedRelation,
    RecallPoint,
    ReturnMetadata,
    Severity,
    Storage,
    Vacuum,
    Values,
    ValuesInput,
    Vector,
    VectorInput,
    VectorList,
)

__version__ = "0.1.0"

connect = Client.connect

__all__ = [
    "Access",
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
    "Filter",
    "Finding",
    "Grant",
    "Index",
    "IndexBuild",
    "IndexBusy",
    "IndexDescription",
    "IndexExists",
    "IndexInfo",
    "IndexNotFound",
    "IndexPrecision",
    "IndexSize",
    "IndexStats",
    "IndexType",
    "IndexUsage",
    "InvalidFilter",
    "InvalidRequest",
    "InvalidVector",
    "Library",
    "LimitInfo",
    "ListedVector",
    "Match",
    "Matches",
    "Metadata",
    "MetadataIndex",
    "MetadataIndexNotFound",
    "Metric",
    "Mutation",
    "NamespaceIndex",
    "NamespaceIndexNotFound",
    "NamespaceInfo",
    "NotFound",
    "PatchMode",
    "PermissionDenied",
    "PgVectorizeError",
    "PostgresIndex",
    "Preset",
    "PrewarmedRelation",
    "ReadOnly",
    "RecallNotReached",
    "RecallPoint",
    "ReturnMetadata",
    "SchemaOutdated",
    "ServerUnsupported",
    "Severity",
    "Storage",
    "Vacuum",
    "Values",
    "ValuesInput",
    "Vector",
    "VectorInput",
    "VectorList",
    "VectorNotFound",
    "connect",
    "embedded",
]


if typing.TYPE_CHECKING:
    from pgvectorize import schema as schema
    from pgvectorize import transfer as transfer
else:  # hidden from type checkers, which would believe that every name is there

    def __getattr__(name: str) -> object:
        """Import these at their first use: Alembic takes as long as all the rest."""
        if name in ("schema", "transfer"):
            import importlib

            return importlib.import_module(f"pgvectorize.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
