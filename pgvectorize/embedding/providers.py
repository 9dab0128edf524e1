"""Strings that name an embedding model, such as `openai:text-embedding-3-small`."""

from __future__ import annotations

import asyncio
import difflib
import os
import platform
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from pgvectorize.embedding import offline
from pgvectorize.embedding.adapters import KNOWN, adapted
from pgvectorize.embedding.embedder import TextEmbedder
from pgvectorize.embedding.http import HttpEmbedder
from pgvectorize.embedding.secrets import redacted
from pgvectorize.errors import EmbeddingError, InvalidRequest
from pgvectorize.models import EmbeddingModel

_WORKERS_AI = "https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1"

# What is known of the models that services offer. Workers AI pools by the mean unless it is told
# otherwise, and bge is meant to be pooled by its first token (cls).
_OPENAI_DIMENSIONS = {
    "text-embedding-3-small": 1536,
    "text-embedding-3-large": 3072,
    "text-embedding-ada-002": 1536,
}
_BGE_DIMENSIONS = {
    "@cf/baai/bge-small-en-v1.5": 384,
    "@cf/baai/bge-base-en-v1.5": 768,
    "@cf/baai/bge-large-en-v1.5": 1024,
}


def as_embedder(given: Any, *, model: EmbeddingModel | str | None = None) -> TextEmbedder:
    """Return what embeds texts in the form that both clients use.

    `given` is a string such as `openai:text-embedding-3-small`, an `EmbeddingModel`, an `Embedder`,
    an object of LangChain, sentence-transformers, fastembed or pydantic-ai, or a function from a
    list of texts to their vectors; methods and functions may be coroutines. `model` names the model
    of an object that does not tell it, or says more of it.

    A model that is named is loaded once in a process.

    Raises `InvalidRequest` if it is none of these, or if a package or a key is missing.
    """
    known = EmbeddingModel.parse(model) if isinstance(model, str) else model
    if isinstance(given, TextEmbedder):
        if known is not None:
            given.model.check(known)
        return given
    if isinstance(given, str | EmbeddingModel):
        named = _named(given)
        return _loaded(_with_facts(named if known is None else named.updated(known)))
    if isinstance(given, Mapping) or given is None:
        raise InvalidRequest(
            f"expected an embedder, got {'None' if given is None else 'a dict'}",
            hint=f"An embedder is {KNOWN}.",
        )
    return adapted(given, known)


async def async_as_embedder(given: Any) -> TextEmbedder:
    """Do as `as_embedder`, in a thread: to load a model takes time."""
    return await asyncio.to_thread(as_embedder, given)


def identified(given: Any) -> EmbeddingModel:
    """Return the identity of a model with its dimensions.

    The model is loaded, and embeds one word, only if they cannot be told otherwise.
    """
    return _identity(given) or as_embedder(given).identify()


async def async_identified(given: Any) -> EmbeddingModel:
    """Do as `identified`, in the caller's loop."""
    return _identity(given) or await (await async_as_embedder(given)).aidentify()


def _identity(given: Any) -> EmbeddingModel | None:
    """Return the identity of a model that is named, if its dimensions are known."""
    if not isinstance(given, str | EmbeddingModel):
        return None
    model = _with_facts(_named(given))
    return model if model.dimensions is not None else None


def _named(given: str | EmbeddingModel) -> EmbeddingModel:
    if isinstance(given, str):
        given = EmbeddingModel.parse(_DEFAULTS.get(given, given))
    provider = _ALIASES.get(given.provider)
    return given if provider is None else replace(given, provider=provider)


def _with_facts(model: EmbeddingModel) -> EmbeddingModel:
    """Return a model with what is known of it without loading it, unless it says otherwise."""
    facts = replace(model, dimensions=None)
    if model.provider == "openai" and model.name in _OPENAI_DIMENSIONS:
        facts = EmbeddingModel(
            model.provider, model.name, _OPENAI_DIMENSIONS[model.name], normalised=True
        )
    elif model.provider == "workers-ai" and model.name in _BGE_DIMENSIONS:
        facts = EmbeddingModel(
            model.provider, model.name, _BGE_DIMENSIONS[model.name], pooling="mean"
        )
    elif (model.provider, model.name) == (offline.MODEL.provider, offline.MODEL.name):
        facts = offline.MODEL
    if model.provider in ("openai", "workers-ai", "ollama"):  # none puts a prompt before a text
        facts = replace(facts, query_prompt="", document_prompt="")
    return facts.updated(model)


def _loaded(model: EmbeddingModel) -> TextEmbedder:
    with _loading:
        if model not in _embedders:
            _embedders[model] = _of_model(model)
        return _embedders[model]


def _of_model(model: EmbeddingModel) -> TextEmbedder:
    make = _PROVIDERS.get(model.provider)
    if make is None:
        known = sorted({*_PROVIDERS, *_ALIASES})
        near = difflib.get_close_matches(model.provider.lower(), known, n=1)
        raise InvalidRequest(
            f'no provider of embedding models is named "{model.provider[:64]}"',
            hint=(f"Did you mean {near[0]}? " if near else "")
            + f"Known are {', '.join(sorted(_PROVIDERS))}. For a service of your own use "
            "HttpEmbedder with its base_url; for an object of a library, give the object.",
        )
    return make(model)


def _openai(model: EmbeddingModel) -> TextEmbedder:
    return _of_service(
        HttpEmbedder(
            model,
            base_url="https://api.openai.com/v1",
            key_variable="OPENAI_API_KEY",
            encoding_format="base64",
            request_dimensions=model.dimensions not in (None, _OPENAI_DIMENSIONS.get(model.name)),
            batch_texts=2_048,
            batch_bytes=300_000,  # its limit is 300,000 tokens, and a token has a byte at least
        )
    )


def _workers_ai(model: EmbeddingModel) -> TextEmbedder:
    account = os.environ.get("CLOUDFLARE_ACCOUNT_ID", "").strip()
    if not account:
        raise InvalidRequest(
            "workers-ai needs the id of an account, and the environment variable "
            "CLOUDFLARE_ACCOUNT_ID is not set",
            hint="Run: export CLOUDFLARE_ACCOUNT_ID=…",
        )
    return _of_service(
        HttpEmbedder(
            model,
            base_url=_WORKERS_AI.format(account=account),
            key_variable="CLOUDFLARE_API_TOKEN",
            batch_texts=100,
        )
    )


def _ollama(model: EmbeddingModel) -> TextEmbedder:
    host = os.environ.get("OLLAMA_HOST", "").strip() or "127.0.0.1:11434"
    base = host if "://" in host else f"http://{host}"
    return _of_service(HttpEmbedder(model, base_url=f"{base.rstrip('/')}/v1"))


def _of_service(embedder: HttpEmbedder) -> TextEmbedder:
    return adapted(embedder, None)


def _wordllama(model: EmbeddingModel) -> TextEmbedder:
    if model.name != offline.MODEL.name:
        raise InvalidRequest(
            f"the package wordllama has the model {offline.MODEL.name}, not {model.name[:64]}"
        )
    offline.MODEL.check(model)
    has_wheel = sys.version_info < (3, 14) and (
        sys.platform != "linux" or platform.machine() == "x86_64"
    )
    embedder = _load(
        offline.WordLlamaEmbedder,
        "wordllama",
        "text",
        None
        if has_wheel
        else "It has no wheel for this Python or machine: use Python 3.11 to 3.13, on Linux an "
        "x86-64 processor.",
    )
    return adapted(embedder, None)


def _sentence_transformers(model: EmbeddingModel) -> TextEmbedder:
    def load() -> Any:
        library = import_module("sentence_transformers")
        return library.SentenceTransformer(model.name, revision=model.revision)

    return _of_object(_load(load, "sentence-transformers", "sentence-transformers"), model)


def _fastembed(model: EmbeddingModel) -> TextEmbedder:
    def load() -> Any:
        return import_module("fastembed").TextEmbedding(model_name=model.name)

    return _of_object(_load(load, "fastembed", "fastembed"), model)


def _pydantic_ai(model: EmbeddingModel) -> TextEmbedder:
    def load() -> Any:
        library = import_module("pydantic_ai")
        settings = {"dimensions": model.dimensions} if model.dimensions is not None else None
        return library.Embedder(
            f"{model.provider}:{model.name}", settings=settings, defer_model_check=False
        )

    return adapted(_load(load, f"pydantic-ai-slim[{model.provider}]", model.provider), model)


def _of_object(given: Any, model: EmbeddingModel) -> TextEmbedder:
    """Return the embedder of a library's object under the name that was asked for."""
    embedder = adapted(given, EmbeddingModel(model.provider, model.name))
    embedder.model.check(model)
    embedder.model = embedder.model.updated(model)
    return embedder


def _load(load: Callable[[], Any], package: str, extra: str, hint: str | None = None) -> Any:
    """Return what a library made; turn its errors into ours."""
    try:
        return load()
    except ImportError as error:
        raise InvalidRequest(
            f"this embedding model needs {package}, which is not installed",
            hint=hint or f"Run: pip install 'pgvectorize[{extra}]'",
        ) from error
    except Exception as error:
        raise EmbeddingError(
            f"{package} did not load the model: {type(error).__name__}: {redacted(error)}"
        ) from error


_PROVIDERS: dict[str, Callable[[EmbeddingModel], TextEmbedder]] = {
    "bedrock": _pydantic_ai,
    "cohere": _pydantic_ai,
    "fastembed": _fastembed,
    "google": _pydantic_ai,
    "ollama": _ollama,
    "openai": _openai,
    "sentence-transformers": _sentence_transformers,
    "voyageai": _pydantic_ai,
    "wordllama": _wordllama,
    "workers-ai": _workers_ai,
}
_ALIASES = {"gemini": "google", "voyage": "voyageai"}
_DEFAULTS = {"wordllama": f"wordllama:{offline.MODEL.name}"}

# Each is loaded once in a process, whatever client or thread asks first.
_embedders: dict[EmbeddingModel, TextEmbedder] = {}
_loading = threading.Lock()
