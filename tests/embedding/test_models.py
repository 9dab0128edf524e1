"""The identity of a model: compared, shown, and kept as JSON."""

from __future__ import annotations

import json

import pytest

from pgvectorize import EmbeddingModel, InvalidRequest, ModelMismatch

BGE = EmbeddingModel("fastembed", "BAAI/bge-base-en-v1.5", 768, pooling="cls", normalised=True)


def test_json_holds_what_is_known() -> None:
    document = json.loads(json.dumps(BGE.as_json()))
    assert document == {
        "provider": "fastembed",
        "name": "BAAI/bge-base-en-v1.5",
        "dimensions": 768,
        "pooling": "cls",
        "normalised": True,
    }
    assert EmbeddingModel.from_json(document) == BGE
    assert EmbeddingModel.from_json({**document, "of a newer version": 1}) == BGE


@pytest.mark.parametrize(
    ("changes", "different"),
    [
        ({}, []),
        ({"provider": "workers-ai"}, ["provider"]),
        ({"name": "other"}, ["name"]),
        ({"dimensions": 384}, ["dimensions"]),
        ({"pooling": "mean"}, ["pooling"]),
        ({"normalised": False}, ["normalised"]),
        ({"revision": "abc"}, []),
        ({"query_prompt": "query: "}, []),
        ({"pooling": "mean", "normalised": False}, ["pooling", "normalised"]),
    ],
)
def test_models_differ_in_what_both_know(changes: dict[str, object], different: list[str]) -> None:
    other = EmbeddingModel.from_json({**BGE.as_json(), **changes})
    assert BGE.differences(other) == different
    assert other.differences(BGE) == different
    if not different:
        BGE.check(other)


def test_no_prompt_is_not_an_unknown_prompt() -> None:
    without = EmbeddingModel("a", "b", query_prompt="")
    assert without.differences(EmbeddingModel("a", "b", query_prompt="q: ")) == ["query_prompt"]
    assert without.differences(EmbeddingModel("a", "b")) == []


def test_a_mismatch_names_both_and_what_differs() -> None:
    other = EmbeddingModel("workers-ai", "@cf/baai/bge-base-en-v1.5", 768, pooling="mean")
    with pytest.raises(ModelMismatch) as caught:
        BGE.check(other)
    assert caught.value.message == (
        "the vectors are of the embedding model fastembed:BAAI/bge-base-en-v1.5 (dimensions=768, "
        "pooling='cls', normalised=True), not of workers-ai:@cf/baai/bge-base-en-v1.5 "
        "(dimensions=768, pooling='mean'): provider and name and pooling differ"
    )
    assert "embed everything again" in str(caught.value.hint)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("text", "provider", "name"),
    [
        ("openai:text-embedding-3-small", "openai", "text-embedding-3-small"),
        ("ollama:nomic-embed-text:v1.5", "ollama", "nomic-embed-text:v1.5"),
        ("workers-ai:@cf/baai/bge-m3", "workers-ai", "@cf/baai/bge-m3"),
    ],
)
def test_a_string_names_a_model(text: str, provider: str, name: str) -> None:
    model = EmbeddingModel.parse(text)
    assert (model.provider, model.name) == (provider, name)
    assert str(model) == text


@pytest.mark.parametrize("text", ["", "openai", "openai:", ":model"])
def test_a_string_that_names_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="does not name an embedding model"):
        EmbeddingModel.parse(text)


def test_what_is_known_of_another_counts() -> None:
    assert EmbeddingModel("a", "b", 8, pooling="cls").updated(
        EmbeddingModel("c", "d", pooling="mean")
    ) == EmbeddingModel("c", "d", 8, pooling="mean")
