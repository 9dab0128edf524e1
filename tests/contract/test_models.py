"""An index remembers the embedding model that makes its vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from pgvectorize import Client, EmbeddingModel, InvalidRequest
from tests.contract.faces import Face, SqlFace

BGE = EmbeddingModel(
    "workers-ai",
    "@cf/baai/bge-base-en-v1.5",
    768,
    pooling="mean",
    normalised=False,
    query_prompt='say "ü": ',
    document_prompt="",
    revision="2026-01",
)


@pytest.mark.parametrize(
    "model", [BGE, EmbeddingModel("mine", "letters", 2), EmbeddingModel("a" * 100, "b" * 1_000, 3)]
)
def test_an_index_has_the_model_of_its_creation(
    face: Face, new_name: str, model: EmbeddingModel
) -> None:
    info = face.create_index(new_name, model=model)
    assert (info.model, info.dimensions, info.metric) == (model, model.dimensions, "cosine")
    assert face.get_index(new_name).model == model
    assert info in face.list_indexes()
    assert face.describe(new_name).model == model


def test_an_index_without_a_model_has_none(face: Face, index: str) -> None:
    assert face.get_index(index).model is None
    assert face.describe(index).model is None


def test_the_metric_may_be_another(face: Face, new_name: str) -> None:
    info = face.create_index(new_name, model=BGE, metric="dot-product", dimensions=768)
    assert (info.model, info.metric) == (BGE, "dot-product")


def test_a_preset_may_say_the_metric(face: Face, new_name: str) -> None:
    info = face.create_index(new_name, model=BGE, preset="@cf/baai/bge-base-en-v1.5")
    assert (info.model, info.preset) == (BGE, "@cf/baai/bge-base-en-v1.5")


def test_a_model_stays_when_the_index_changes(face: Face, new_name: str) -> None:
    face.create_index(new_name, model=BGE)
    assert face.update_index(new_name, description="x").model == BGE
    assert face.drop_hnsw(new_name).model == BGE


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"dimensions": 384},
            "model workers-ai:@cf/baai/bge-base-en-v1.5 has 768 dimensions, but 384 were given",
        ),
        ({"preset": "openai/text-embedding-ada-002"}, "has 768 dimensions, but 1536 were given"),
    ],
)
def test_dimensions_of_another_model_are_refused(
    face: Face, new_name: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidRequest, match=message) as caught:
        face.create_index(new_name, model=BGE, **options)
    assert caught.value.hint == "Leave dimensions out: the model says them."


@pytest.mark.parametrize("dimensions", [0, -1, 16_001, 10**9])
def test_impossible_dimensions_are_refused(face: Face, new_name: str, dimensions: int) -> None:
    with pytest.raises(InvalidRequest, match="dimensions must be"):
        face.create_index(new_name, model=EmbeddingModel("mine", "model", dimensions))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ([], r"model must be an object, got \[\]"),
        ("openai:x", 'model must be an object, got "openai:x"'),
        (None, "model must be an object, got null"),
        ({}, "model has no provider"),
        ({"provider": "a"}, "model has no name"),
        ({"provider": "a", "name": ""}, "model has no name"),
        ({"provider": "a", "name": None}, "model has no name"),
        ({"provider": 1, "name": "b"}, "model.provider must be a string, got 1"),
        ({"provider": "a", "name": "b", "dimensions": "3"}, "model.dimensions must be a number"),
        ({"provider": "a", "name": "b", "dimensions": 2.5}, "an integer from 1 to 16,000, got 2.5"),
        ({"provider": "a", "name": "b", "normalised": 1}, "model.normalised must be a boolean"),
        ({"provider": "a", "name": "b", "normalized": True}, 'model has no field "normalized"'),
        ({"provider": "a", "name": "b"}, "dimensions and metric, or a preset, or a model"),
    ],
)
def test_sql_refuses_what_is_no_model(
    sql_face: SqlFace, new_name: str, model: Any, message: str
) -> None:
    with pytest.raises(InvalidRequest, match=message) as caught:
        sql_face.create_index(new_name, model=Jsonb(model))
    assert caught.value.hint
    if "normalized" in message:
        assert str(caught.value.hint).startswith("Did you mean normalised?")


def test_sql_fills_in_the_dimensions(sql_face: SqlFace, new_name: str) -> None:
    model = {"provider": "a", "name": "b", "dimensions": None, "pooling": None}
    info = sql_face.create_index(new_name, model=Jsonb(model), dimensions=3)
    assert info.model == EmbeddingModel("a", "b", 3)
    assert info.metric == "cosine"


def test_only_known_fields_are_kept(
    sql_face: SqlFace, new_name: str, connection: psycopg.Connection[Any]
) -> None:
    model = {"provider": "a", "name": "b", "dimensions": 3.0, "pooling": None}
    sql_face.create_index(new_name, model=Jsonb(model))
    row = connection.execute(
        "select model from pgvectorize_private.indexes where name = %s", [new_name]
    ).fetchone()
    assert row == ({"provider": "a", "name": "b", "dimensions": 3},)


@pytest.mark.parametrize("model", [3, {"provider": "a"}, ["a"]])
def test_python_refuses_what_is_no_model(client: Client, new_name: str, model: Any) -> None:
    with pytest.raises(InvalidRequest, match=r"expected an embedder|does not embed texts"):
        client.create_index(new_name, model=model)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (EmbeddingModel("a", "b\0", 3), "model.name contains the character NUL"),
        (EmbeddingModel("a", "b", 3, revision="\ud800"), "model.revision contains half"),
        (EmbeddingModel("a", "b", 3, normalised={1}), "model: "),  # type: ignore[arg-type]
    ],
)
def test_python_refuses_what_the_catalog_cannot_hold(
    client: Client, new_name: str, model: EmbeddingModel, message: str
) -> None:
    with pytest.raises(InvalidRequest, match=message):
        client.create_index(new_name, model=model)


def test_a_model_that_is_named_need_not_be_loaded(
    client: Client, make_index: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    info = client.get_index(make_index(1536, model="openai:text-embedding-3-small"))
    assert info.model == EmbeddingModel(
        "openai",
        "text-embedding-3-small",
        1536,
        normalised=True,
        query_prompt="",
        document_prompt="",
    )
