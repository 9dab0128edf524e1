"""Strings that name models, with the libraries and services that they lead to."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pydantic_ai.embeddings import TestEmbeddingModel

from pgvectorize import EmbeddingError, EmbeddingModel, InvalidRequest, ModelMismatch
from pgvectorize.embedding import HttpEmbedder, as_embedder, providers
from tests.embedding.libraries import SentenceTransformer, TextEmbedding
from tests.embedding.service import Service, answer, vectors

TEXTS = ["an orange cloud", "a llama"]


@pytest.fixture
def services(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """Every service is the one of the test; `addresses` has those that were meant."""

    class Here(HttpEmbedder):
        def __init__(self, model: Any, *, base_url: str, **options: Any) -> None:
            service.addresses.append(base_url)
            super().__init__(model, base_url=service.base_url, **options)

    monkeypatch.setattr(providers, "HttpEmbedder", Here)
    return service


def test_openai(services: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0815-4711")
    services.always = answer(dimensions=1536)
    embedder = as_embedder("openai:text-embedding-3-small")
    assert (embedder.model.dimensions, embedder.model.normalised) == (1536, True)
    np.testing.assert_array_equal(embedder.embed_documents(TEXTS), vectors(TEXTS, 1536))
    assert services.addresses == ["https://api.openai.com/v1"]
    (request,) = services.requests
    assert request["encoding_format"] == "base64"
    assert "dimensions" not in request
    assert services.headers[0]["authorization"] == "Bearer sk-0815-4711"


def test_openais_shorter_vectors(services: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0815-4711")
    embedder = as_embedder(EmbeddingModel("openai", "text-embedding-3-large", dimensions=256))
    assert embedder.embed_queries(TEXTS).shape == (2, 256)
    assert services.requests[0]["dimensions"] == 256
    assert as_embedder("openai:text-embedding-3-large").model.differences(embedder.model) == [
        "dimensions"
    ]


def test_workers_ai(services: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", "0123abcd")
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "token-4711")
    services.always = answer(dimensions=768)
    embedder = as_embedder("workers-ai:@cf/baai/bge-base-en-v1.5")
    assert (embedder.model.dimensions, embedder.model.pooling) == (768, "mean")
    assert embedder.embed_documents(["a"] * 150).shape == (150, 768)
    assert services.addresses == ["https://api.cloudflare.com/client/v4/accounts/0123abcd/ai/v1"]
    assert sorted(map(len, services.texts)) == [50, 100]
    assert services.requests[0]["model"] == "@cf/baai/bge-base-en-v1.5"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        (None, "http://127.0.0.1:11434/v1"),
        ("gpu:9999", "http://gpu:9999/v1"),
        ("https://gpu/", "https://gpu/v1"),
    ],
)
def test_ollama(
    services: Service, host: str | None, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if host:
        monkeypatch.setenv("OLLAMA_HOST", host)
    embedder = as_embedder("ollama:nomic-embed-text:v1.5")
    np.testing.assert_array_equal(embedder.embed_documents(TEXTS), vectors(TEXTS))
    assert services.addresses == [address]
    assert services.requests[0]["model"] == "nomic-embed-text:v1.5"
    assert "authorization" not in services.headers[0]


def test_sentence_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    library = SimpleNamespace(SentenceTransformer=SentenceTransformer)
    monkeypatch.setitem(sys.modules, "sentence_transformers", library)
    embedder = as_embedder("sentence-transformers:all-small")
    np.testing.assert_array_equal(embedder.embed_documents(TEXTS), vectors(TEXTS))
    assert (embedder.model.name, embedder.model.dimensions) == ("all-small", 8)
    with pytest.raises(ModelMismatch, match="dimensions differs"):
        as_embedder(EmbeddingModel("sentence-transformers", "all-small", dimensions=9))
    wanted = EmbeddingModel("sentence-transformers", "all-small", revision="abc")
    assert as_embedder(wanted).model.revision == "abc"


def test_fastembed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fastembed", SimpleNamespace(TextEmbedding=TextEmbedding))
    embedder = as_embedder("fastembed:org/small")
    np.testing.assert_array_equal(embedder.embed_documents(TEXTS), vectors(TEXTS))
    assert embedder.model.pooling == "mean"


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("cohere:embed-v4.0", "cohere:embed-v4.0"),
        ("voyageai:voyage-4", "voyageai:voyage-4"),
        ("voyage:voyage-4", "voyageai:voyage-4"),
        ("google:gemini-embedding-2", "google:gemini-embedding-2"),
        ("gemini:gemini-embedding-2", "google:gemini-embedding-2"),
        ("bedrock:amazon.titan-embed-text-v2:0", "bedrock:amazon.titan-embed-text-v2:0"),
    ],
)
def test_pydantic_ai(text: str, full: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def infer(model: Any) -> Any:
        asked.append(model)
        return TestEmbeddingModel(dimensions=8)

    monkeypatch.setattr("pydantic_ai.embeddings.infer_embedding_model", infer)
    embedder = as_embedder(text)
    assert asked == [full]
    assert str(embedder.model) == full
    assert embedder.embed_documents(TEXTS).shape == (2, 8)
    short = as_embedder(replace(EmbeddingModel.parse(text), dimensions=4))
    assert short.embed_queries(TEXTS).shape == (2, 4)


@pytest.mark.parametrize(
    ("text", "package", "extra"),
    [
        ("cohere:embed-v4.0", "pydantic-ai-slim[cohere]", "cohere"),
        ("voyage:voyage-4", "pydantic-ai-slim[voyageai]", "voyageai"),
        ("sentence-transformers:all-MiniLM-L6-v2", "sentence-transformers", None),
        ("fastembed:BAAI/bge-small-en-v1.5", "fastembed", None),
        ("wordllama", "wordllama", "text"),
    ],
)
def test_a_package_that_is_missing_is_named(
    text: str, package: str, extra: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("cohere", "fastembed", "sentence_transformers", "voyageai", "wordllama"):
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr("sys.version_info", (3, 13, 0, "final", 0))
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    with pytest.raises(InvalidRequest) as caught:
        as_embedder(text)
    assert caught.value.message == (f"this embedding model needs {package}, which is not installed")
    assert caught.value.hint == f"Run: pip install 'pgvectorize[{extra or package}]'"


@pytest.mark.parametrize(
    ("version", "machine"),
    [((3, 14, 0, "final", 0), "x86_64"), ((3, 13, 0, "final", 0), "aarch64")],
)
def test_where_wordllama_has_no_wheel(
    version: tuple[Any, ...], machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "wordllama", None)
    monkeypatch.setattr("sys.version_info", version)
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(InvalidRequest, match="needs wordllama") as caught:
        as_embedder("wordllama")
    assert "no wheel for this Python or machine" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("openai:text-embedding-3-small", "OPENAI_API_KEY"),
        ("workers-ai:@cf/baai/bge-base-en-v1.5", "CLOUDFLARE_ACCOUNT_ID"),
    ],
)
def test_a_key_that_is_missing_is_named(text: str, variable: str) -> None:
    with pytest.raises(InvalidRequest, match=f"{variable} is not set") as caught:
        as_embedder(text)
    assert caught.value.hint == f"Run: export {variable}=…"


def test_a_token_of_workers_ai_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", "0123abcd")
    with pytest.raises(InvalidRequest, match="CLOUDFLARE_API_TOKEN is not set"):
        as_embedder("workers-ai:@cf/baai/bge-m3")


def test_what_a_library_says_of_a_key_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def infer(model: Any) -> Any:
        raise RuntimeError("Set the `CO_API_KEY` environment variable")

    monkeypatch.setattr("pydantic_ai.embeddings.infer_embedding_model", infer)
    with pytest.raises(EmbeddingError, match="Set the `CO_API_KEY`"):
        as_embedder("cohere:embed-v4.0")


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("opanai:text-embedding-3-small", "Did you mean openai?"),
        ("OpenAI:text-embedding-3-small", "Did you mean openai?"),
        ("workersai:@cf/baai/bge-m3", "Did you mean workers-ai?"),
        ("sentence_transformers:x", "Did you mean sentence-transformers?"),
        ("fast-embed:x", "Did you mean fastembed?"),
        ("vllm:BAAI/bge-m3", "HttpEmbedder with its base_url"),
    ],
)
def test_an_unknown_provider_is_refused(text: str, near: str) -> None:
    with pytest.raises(InvalidRequest, match="no provider of embedding models is named") as caught:
        as_embedder(text)
    assert near in str(caught.value.hint)
    assert "Known are bedrock, cohere, fastembed" in str(caught.value.hint)


@pytest.mark.parametrize("text", ["", "openai", "openai:"])
def test_a_string_that_names_no_model_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="does not name an embedding model"):
        as_embedder(text)


def test_an_unknown_model_of_wordllama_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="has the model l2_supercat_256, not big"):
        as_embedder("wordllama:big")
