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
    from pgvectorize import schema as schema
    from pgvectorize import transfer as transfer
    from pgvectorize.aio import AsyncClient, AsyncIndex
    from pgvectorize.client import Client, Index
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

    connect = Client.connect

__version__ = "0.1.0"

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


if not TYPE_CHECKING:  # a type checker that saw this would take misspelt names for good ones

    def __getattr__(name: str) -> Any:
        """Import each name at its first use: `pgvectorize --help` needs none of what is slow."""
        from importlib import import_module

        if name in ("errors", "models", "schema", "transfer"):
            return import_module(f"pgvectorize.{name}")
        if name == "connect":
            return import_module("pgvectorize.client").Client.connect
        if name in __all__:
            for module in ("models", "errors", "client", "aio"):
                found = getattr(import_module(f"pgvectorize.{module}"), name, None)
                if found is not None:
                    globals()[name] = found
                    return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
