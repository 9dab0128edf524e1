"""Texts to vectors: embedding models, wherever they run.

embedder = as_embedder("openai:text-embedding-3-small")  # or an object of a library, or a function
embedder.embed_documents(["This is a story about an orange cloud"])
embedder.embed_queries(["orange cloud"])

embedder.py    the protocol, and the one form that every embedder gets
adapters.py    objects of other libraries, and functions, in that form
providers.py   strings such as "openai:text-embedding-3-small"
http.py        any service that speaks OpenAI's protocol
offline.py     a small model that needs no network
"""

from pgvectorize.embedding.embedder import Embedder, TextEmbedder
from pgvectorize.embedding.http import HttpEmbedder
from pgvectorize.embedding.providers import as_embedder

__all__ = ["Embedder", "HttpEmbedder", "TextEmbedder", "as_embedder"]
