"""Cloudflare Vectorize's vector indexes, on the Postgres that people already run.

client = pgvectorize.connect("postgresql://…")
client.create_index("docs", dimensions=384, metric="cosine")
index = client.index("docs")
index.upsert([pgvectorize.Vector("a", values, metadata={"lang": "en"})])
index.query(values, top_k=3, filter={"lang": "en"})
"""

from typing import TYPE_CHECKING, Any

from pgvectorize.embedded import embedded

if TYPE_CHECKING:
    from pgvectorize import embedding as embedding
    from pgvectorize import schema as schema
    from pgvectorize import transfer as transfer
    from pgvectorize.aio import AsyncClient, AsyncIndex
    from pgvectorize.blocking import Client, Index
    from pgvectorize.errors import (
        ConnectionFailed,
        DatabaseError,
        EmbeddedUnavailable,
        EmbeddingError,
        ExtensionUnavailable,
        IndexBusy,
        IndexExists,
        IndexNotFound,
        InvalidEmbedding,
        InvalidFilter,
        InvalidRequest,
        InvalidVector,
        MetadataIndexNotFound,
        ModelMismatch,
        NamespaceIndexNotFound,
        NotFound,
        PermissionDenied,
        PgVectorizeError,
        ReadOnly,
        RecallNotReached,
        SchemaOutdated,
        ServerUnsupported,
        TransactionConflict,
        VectorNotFound,
    )
    from pgvectorize.models import (
        Access,
        BuildProgress,
        BulkLoad,
        Deletion,
        EmbeddingModel,
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

    connect = Client.connect

__version__ = "0.1.0"

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
    "EmbeddingError",
    "EmbeddingModel",
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
    "InvalidEmbedding",
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
    "ModelMismatch",
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
    "TransactionConflict",
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


if not TYPE_CHECKING:  # a type checker that saw this would take misspelt names for good ones

    def __getattr__(name: str) -> Any:
        """Import each name at its first use: `pgvectorize --help` needs none of what is slow."""
        from importlib import import_module

        if name in ("embedding", "errors", "models", "schema", "transfer"):
            return import_module(f"pgvectorize.{name}")
        if name == "connect":
            return import_module("pgvectorize.blocking").Client.connect
        if name in __all__:
            for module in ("models", "errors", "blocking", "aio"):
                found = getattr(import_module(f"pgvectorize.{module}"), name, None)
                if found is not None:
                    globals()[name] = found
                    return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
