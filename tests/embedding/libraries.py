"""Objects with the methods of libraries that are too big to be installed for a test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

from tests.embedding.service import Matrix, vectors


class Pooling:
    pooling_mode = "lasttoken"


class Normalize:
    pass


class Transformer:
    auto_model = SimpleNamespace(config=SimpleNamespace(_name_or_path="org/small"))


class SentenceTransformer:
    """As in sentence-transformers 6: modules by iteration, prompts by name."""

    prompts = {"query": "query: ", "document": ""}  # noqa: RUF012 - as there
    model_card_data = SimpleNamespace(base_model=None, base_model_revision=None)

    def __init__(self, name: str = "org/small", revision: str | None = None) -> None:
        self.name = name
        self.revision = revision

    def __iter__(self) -> Iterator[Any]:
        return iter([Transformer(), Pooling(), Normalize()])

    def __call__(self, features: Any) -> Any:
        raise AssertionError("a forward pass needs tensors")

    def get_embedding_dimension(self) -> int:
        return 8

    def encode(self, sentences: list[str]) -> Matrix:
        raise AssertionError("there is a method for documents, and one for queries")

    def encode_document(self, sentences: list[str]) -> Matrix:
        return vectors(sentences)

    def encode_query(self, sentences: list[str]) -> Matrix:
        return vectors([f"query: {each}" for each in sentences])


class OldSentenceTransformer:
    """As before version 5."""

    def encode(self, sentences: list[str]) -> Matrix:
        return vectors(sentences)


class PooledNormalizedEmbedding:
    pass


class TextEmbedding:
    """As in fastembed 0.9: it returns generators."""

    def __init__(self, model_name: str = "org/small") -> None:
        self.model_name = model_name
        self.model = PooledNormalizedEmbedding()
        self.embedding_size = 8

    def passage_embed(self, texts: Iterable[str], **_: Any) -> Iterable[Any]:
        yield from vectors(list(texts))

    def query_embed(self, query: str | Iterable[str], **_: Any) -> Iterable[Any]:
        assert not isinstance(query, str)
        yield from vectors([f"query: {each}" for each in query])


class OpenAIEmbeddings:
    """As one of LangChain's: a query is one text and one vector."""

    model = "text-embedding-3-small"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        found: list[list[float]] = vectors(texts).tolist()
        return found

    def embed_query(self, text: str) -> list[float]:
        assert isinstance(text, str)
        return self.embed_documents([f"query: {text}"])[0]
