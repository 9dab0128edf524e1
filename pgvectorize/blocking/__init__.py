# Made from aio/__init__.py by `make sync`; edit that one.
"""The client: one module a room, and `running` for connections and transactions."""

from pgvectorize.blocking.client import Client
from pgvectorize.blocking.index import Index

__all__ = ["Client", "Index"]
