"""Objects of other libraries, and functions, as embedders. None of the libraries is imported.

An object is known by its methods. Its identity is read from it as far as it tells it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from pgvectorize.embedding.embedder import Calls, TextEmbedder
from pgvectorize.errors import InvalidRequest
from pgvectorize.models import EmbeddingModel

KNOWN = (
    "a string such as openai:text-embedding-3-small, an Embedder, LangChain's Embeddings, a "
    "SentenceTransformer, a TextEmbedding of fastembed, an Embedder of pydantic-ai, or a function "
    "from a list of texts to their vectors"
)


def adapted(given: Any, model: EmbeddingModel | None) -> TextEmbedder:
    """Return an object or a function as an embedder; `model` is what the caller knows of it."""
    for library in _LIBRARIES:
        if library.is_of(given):
            found = library.identity(given)
            if model is not None:
                found = model if found is None else found.updated(model)
            if found is None:
                raise InvalidRequest(
                    f"it is not known which embedding model {_described(given)} uses",
                    hint='Name it: as_embedder(…, model="PROVIDER:MODEL").',
                )
            documents, queries = library.calls(given)
            return TextEmbedder(
                found,
                documents,
                queries,
                most_texts=library.most_texts,
                is_local=library.is_local,
            )
    raise InvalidRequest(
        f"{_described(given)} does not embed texts", hint=f"An embedder is {KNOWN}."
    )


class _Library(NamedTuple):
    """How the objects of a library are known, called and identified."""

    is_of: Callable[[Any], bool]
    calls: Callable[[Any], tuple[Calls, Calls]]
    identity: Callable[[Any], EmbeddingModel | None]
    is_local: bool = False
    most_texts: int | None = None


def _has(*names: str) -> Callable[[Any], bool]:
    return lambda given: all(callable(getattr(given, name, None)) for name in names)


def _of_protocol(given: Any) -> tuple[Calls, Calls]:
    return (
        Calls.of(given.embed_documents, getattr(given, "aembed_documents", None)),
        Calls.of(given.embed_queries, getattr(given, "aembed_queries", None)),
    )


def _of_pydantic_ai(given: Any) -> tuple[Calls, Calls]:
    return Calls.of(given.embed_documents), Calls.of(given.embed_query)


def _of_langchain(given: Any) -> tuple[Calls, Calls]:
    return (
        Calls.of(given.embed_documents, getattr(given, "aembed_documents", None)),
        Calls.of(given.embed_query, getattr(given, "aembed_query", None), one_by_one=True),
    )


def _of_fastembed(given: Any) -> tuple[Calls, Calls]:
    return Calls.of(given.passage_embed), Calls.of(given.query_embed)


def _of_sentence_transformers(given: Any) -> tuple[Calls, Calls]:
    # before version 5 there is only `encode`, which uses no prompt unless it is told to
    return (
        Calls.of(getattr(given, "encode_document", given.encode)),
        Calls.of(getattr(given, "encode_query", given.encode)),
    )


def _of_function(given: Any) -> tuple[Calls, Calls]:
    calls = Calls.of(given)
    return calls, calls


def _identity_of_protocol(given: Any) -> EmbeddingModel | None:
    model = getattr(given, "model", None)
    return model if isinstance(model, EmbeddingModel) else None


def _identity_of_pydantic_ai(given: Any) -> EmbeddingModel | None:
    model = getattr(given, "model", None)
    if isinstance(model, str):
        return EmbeddingModel.parse(model)
    provider, name = getattr(model, "system", None), getattr(model, "model_name", None)
    return EmbeddingModel(str(provider), str(name)) if provider and name else None


def _identity_of_langchain(given: Any) -> EmbeddingModel:
    name = next(
        (
            found
            for attribute in ("model", "model_name", "model_id")
            if isinstance(found := getattr(given, attribute, None), str)
        ),
        None,
    )
    kind = type(given).__name__
    return EmbeddingModel("langchain", f"{kind}/{name}" if name else kind)


def _identity_of_fastembed(given: Any) -> EmbeddingModel | None:
    name = getattr(given, "model_name", None)
    if not isinstance(name, str):
        return None
    kind = type(getattr(given, "model", given)).__name__
    pooling, normalised = _FASTEMBED.get(kind, (None, None))
    return EmbeddingModel(
        "fastembed",
        name,
        dimensions=_integer(getattr(given, "embedding_size", None)),
        pooling=pooling,
        normalised=normalised,
    )


# the classes of fastembed that embed: the pooling, and whether the vectors have length 1
_FASTEMBED: dict[str, tuple[str, bool]] = {
    "OnnxTextEmbedding": ("cls", True),
    "PooledNormalizedEmbedding": ("mean", True),
    "PooledEmbedding": ("mean", False),
    "LastTokenNormalizedEmbedding": ("last", True),
}


def _identity_of_sentence_transformers(given: Any) -> EmbeddingModel | None:
    card = getattr(given, "model_card_data", None)
    modules = list(given) if hasattr(given, "__iter__") else []
    config = getattr(getattr(modules[0], "auto_model", None), "config", None) if modules else None
    name = getattr(card, "base_model", None) or getattr(config, "_name_or_path", None)
    if not isinstance(name, str) or not name:
        return None
    kinds = {type(module).__name__: module for module in modules}
    dimensions = getattr(
        given,
        "get_embedding_dimension",
        getattr(given, "get_sentence_embedding_dimension", lambda: None),
    )
    prompts = getattr(given, "prompts", None) or {}
    pooling = getattr(kinds.get("Pooling"), "pooling_mode", None)
    revision = getattr(card, "base_model_revision", None)
    return EmbeddingModel(
        "sentence-transformers",
        name,
        dimensions=_integer(dimensions()),
        pooling=pooling.replace("lasttoken", "last") if isinstance(pooling, str) else None,
        normalised="Normalize" in kinds if modules else None,
        query_prompt=prompts.get("query"),
        document_prompt=prompts.get("document"),
        revision=revision if isinstance(revision, str) else None,
    )


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _described(given: Any) -> str:
    kind = type(given)
    if inspect.isroutine(given):
        return f"the function {getattr(given, '__qualname__', kind.__name__)}"
    return (
        f"a {kind.__name__}"
        if kind.__module__ == "builtins"
        else (f"a {kind.__module__.partition('.')[0]}.{kind.__name__}")
    )


# In this order: an object of pydantic-ai has the methods of LangChain, too.
_LIBRARIES = (
    _Library(_has("embed_documents", "embed_queries"), _of_protocol, _identity_of_protocol),
    _Library(
        _has("embed_documents", "embed_query", "embed_query_sync"),
        _of_pydantic_ai,
        _identity_of_pydantic_ai,
        most_texts=96,  # Cohere's limit, the lowest of those that pydantic-ai knows
    ),
    _Library(_has("embed_documents", "embed_query"), _of_langchain, _identity_of_langchain),
    _Library(
        _has("passage_embed", "query_embed"), _of_fastembed, _identity_of_fastembed, is_local=True
    ),
    _Library(
        _has("encode"),
        _of_sentence_transformers,
        _identity_of_sentence_transformers,
        is_local=True,
    ),
    _Library(callable, _of_function, lambda given: None),
)
