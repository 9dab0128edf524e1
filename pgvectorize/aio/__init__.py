"""The client: one module a room, and `running` for connections and transactions."""

from pgvectorize.aio.client import AsyncClient
from pgvectorize.aio.index import AsyncIndex

__all__ = ["AsyncClient", "AsyncIndex"]
