"""Indexes: creating, describing, listing and deleting them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from pgvectorize import IndexExists, IndexInfo, IndexNotFound, InvalidRequest
from tests.contract.faces import Face

VECTORIZE_PRESETS = {
    "@cf/baai/bge-small-en-v1.5": 384,
    "@cf/baai/bge-base-en-v1.5": 768,
    "@cf/baai/bge-large-en-v1.5": 1024,
    "openai/text-embedding-ada-002": 1536,
    "cohere/embed-multilingual-v2.0": 768,
}


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot-product"])
def test_create_index_answers_with_its_configuration(
    face: Face, new_name: str, metric: str
) -> None:
    info = face.create_index(new_name, dimensions=32, metric=metric, description='say "ü"')

    assert info == face.get_index(new_name)
    assert info in face.list_indexes()
    assert info == IndexInfo(
        name=new_name,
        dimensions=32,
        metric=metric,  # type: ignore[arg-type]
        preset=None,
        description='say "ü"',
        relation=f'pgvectorize_data."{new_name}"',
        has_hnsw=True,
        is_strict=False,
        is_counted=False,
        created_on=info.created_on,
        modified_on=info.modified_on,
        storage="float32",
        index_precision="float32",
        m=16,
        ef_construction=64,
        ef_search=None,
    )
    assert abs(info.created_on - datetime.now(UTC)) < timedelta(hours=1)
    assert info.modified_on >= info.created_on


@pytest.mark.parametrize("dimensions", [1, 2_000, 2_001, 4_000, 4_001, 16_000])
def test_create_index_takes_any_dimensions_that_can_be_stored(
    face: Face, new_name: str, dimensions: int
) -> None:
    info = face.create_index(new_name, dimensions=dimensions, metric="cosine")

    assert info.dimensions == dimensions
    assert info.has_hnsw


def test_wide_index_finds_all_with_exact_scores(face: Face, make_index: Callable[..., str]) -> None:
    name = make_index(dimensions=3_072, metric="cosine")
    values = np.random.default_rng(1).normal(size=(20, 3_072)).astype(np.float32)
    face.upsert(name, ids=[f"v{row}" for row in range(20)], values=values)

    query = values[7] + 0.1 * values[3]
    scores = values @ query / np.linalg.norm(values, axis=1) / np.linalg.norm(query)
    found = face.query(name, query, top_k=20)

    assert [match.id for match in found] == [f"v{row}" for row in np.argsort(-scores)]
    assert found[0].score == pytest.approx(scores[7], abs=1e-5)


@pytest.mark.parametrize(("preset", "dimensions"), VECTORIZE_PRESETS.items())
def test_create_index_takes_a_preset(
    face: Face, new_name: str, preset: str, dimensions: int
) -> None:
    info = face.create_index(new_name, preset=preset)

    assert (info.preset, info.dimensions, info.metric) == (preset, dimensions, "cosine")


def test_every_preset_can_be_created(face: Face, new_name: str) -> None:
    presets = face.presets()
    assert len({preset.name for preset in presets}) == len(presets) > len(VECTORIZE_PRESETS)
    for preset in presets:
        info = face.create_index(new_name, preset=preset.name)
        assert (info.dimensions, info.metric) == (preset.dimensions, preset.metric)
        face.delete_index(new_name)


def test_create_index_takes_a_preset_with_what_it_means(face: Face, new_name: str) -> None:
    preset = "openai-text-embedding-ada-002"
    assert face.create_index(new_name, preset=preset, dimensions=1536, metric="cosine").has_hnsw


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "dimensions and metric, or a preset"),
        ({"dimensions": 3}, "dimensions and metric, or a preset"),
        ({"metric": "cosine"}, "dimensions and metric, or a preset"),
        ({"dimensions": 0, "metric": "cosine"}, "between 1 and 16000, got 0"),
        ({"dimensions": -1, "metric": "cosine"}, "got -1"),
        ({"dimensions": 16_001, "metric": "cosine"}, "got 16001"),
        ({"dimensions": 3, "metric": "manhattan"}, '"manhattan"'),
        ({"dimensions": 3, "metric": "Cosine"}, '"Cosine"'),
        ({"preset": "no-such-model"}, '"no-such-model"'),
        ({"preset": "openai/text-embedding-ada-002", "dimensions": 3}, "1536"),
        ({"preset": "openai/text-embedding-ada-002", "metric": "euclidean"}, "euclidean"),
    ],
)
def test_create_index_refuses_a_wrong_configuration(
    face: Face, new_name: str, options: dict[str, object], says: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        face.create_index(new_name, **options)

    assert says in str(refusal.value)
    assert refusal.value.hint
    with pytest.raises(IndexNotFound):
        face.get_index(new_name)


@pytest.mark.parametrize(
    "name", ["ab", "a1", "select", "user", "my-index_2", "a--_b", "a" * 63, "test_temp_index"]
)
def test_index_names_follow_vectorize(face: Face, name: str) -> None:
    info = face.create_index(name, dimensions=2, metric="euclidean")
    try:
        assert info.name == name
        face.upsert(name, [("a", [1, 2])])
        assert face.query(name, [1, 2]).count == 1
        assert name in [listed.name for listed in face.list_indexes()]
    finally:
        face.delete_index(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "a", "A-b", "aB", "1a", "-a", "_a", "a-", "a_", "a b", "a.b", "a;b", "ab\n", "größe"),
        *('a"b', "x'; drop table t --x", "a" * 64),
    ],
)
def test_create_index_refuses_other_names(face: Face, name: str) -> None:
    with pytest.raises(InvalidRequest, match="is not valid") as refusal:
        face.create_index(name, dimensions=2, metric="cosine")

    assert refusal.value.hint


def test_create_index_refuses_a_name_that_is_taken(face: Face, index: str) -> None:
    face.upsert(index, [("a", [1, 2])])

    with pytest.raises(IndexExists, match=index) as refusal:
        face.create_index(index, dimensions=3, metric="cosine")

    assert refusal.value.hint
    assert face.get_index(index).dimensions == 2
    assert face.count(index) == 1


def test_delete_index_frees_the_name(face: Face, new_name: str) -> None:
    face.create_index(new_name, dimensions=2, metric="cosine")
    face.upsert(new_name, [("a", [1, 2])])
    face.create_metadata_index(new_name, "p", "number")
    face.delete_index(new_name)

    with pytest.raises(IndexNotFound):
        face.get_index(new_name)
    assert new_name not in [info.name for info in face.list_indexes()]

    face.create_index(new_name, dimensions=5, metric="euclidean")
    assert face.count(new_name) == 0
    assert face.list_metadata_indexes(new_name) == []
    assert face.describe(new_name).processed_up_to_mutation is None


def test_list_indexes_is_in_order_of_names(face: Face, make_index: Callable[..., str]) -> None:
    made = {make_index() for _ in range(3)}
    names = [info.name for info in face.list_indexes()]

    assert names == sorted(names)
    assert made <= set(names)


def test_describe_names_the_newest_mutation(face: Face, index: str) -> None:
    fresh = face.describe(index)
    assert (fresh.dimensions, fresh.vector_count) == (2, 0)
    assert fresh.processed_up_to_mutation is None
    assert fresh.processed_up_to_datetime is None

    steps: list[tuple[int, Callable[[], UUID]]] = [
        (2, lambda: face.insert(index, [("a", [1, 2]), ("b", [1, 2])]).mutation_id),
        (2, lambda: face.insert(index, [("a", [3, 4])]).mutation_id),
        (3, lambda: face.upsert(index, [("a", [3, 4]), ("c", [3, 4])]).mutation_id),
        (3, lambda: face.upsert(index, []).mutation_id),
        (3, lambda: face.create_metadata_index(index, "p", "string")),
        (3, lambda: face.delete_metadata_index(index, "p")),
        (2, lambda: face.delete_by_ids(index, ["a", "nobody"]).mutation_id),
        (2, lambda: face.delete_by_ids(index, ["a"]).mutation_id),
    ]
    for count, mutate in steps:
        mutation_id = mutate()
        described = face.describe(index)
        assert isinstance(mutation_id, UUID)
        assert described.processed_up_to_mutation == mutation_id
        assert described.vector_count == count
        assert described.processed_up_to_datetime is not None
        assert described.processed_up_to_datetime.tzinfo is not None


@pytest.mark.parametrize(
    "use",
    [
        lambda face: face.get_index("nowhere"),
        lambda face: face.delete_index("nowhere"),
        lambda face: face.describe("nowhere"),
        lambda face: face.insert("nowhere", [("a", [1, 2])]),
        lambda face: face.upsert("nowhere", [("a", [1, 2])]),
        lambda face: face.upsert("nowhere", ids=["a"], values=[[1, 2]]),
        lambda face: face.query("nowhere", [1, 2]),
        lambda face: face.query_by_id("nowhere", "a"),
        lambda face: face.query_many("nowhere", [[1, 2]]),
        lambda face: face.count("nowhere"),
        lambda face: face.get_by_ids("nowhere", ["a"]),
        lambda face: face.delete_by_ids("nowhere", ["a"]),
        lambda face: face.list_vectors("nowhere"),
        lambda face: face.create_metadata_index("nowhere", "p", "string"),
        lambda face: face.list_metadata_indexes("nowhere"),
        lambda face: face.delete_metadata_index("nowhere", "p"),
    ],
)
def test_every_operation_refuses_an_unknown_index(
    face: Face, use: Callable[[Face], object]
) -> None:
    with pytest.raises(IndexNotFound, match='"nowhere"') as refusal:
        use(face)

    assert refusal.value.hint
    assert isinstance(refusal.value, LookupError)


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"dimensions": 2, "metric": "cosin"}, "Did you mean cosine?"),
        ({"dimensions": 2, "metric": "dot product"}, "Did you mean dot-product?"),
        ({"preset": "openai/text-embedding-3-smal"}, "Did you mean openai/text-embedding-3-small?"),
    ],
)
def test_a_mistyped_word_brings_the_nearest_to_mind(
    face: Face, new_name: str, options: dict[str, Any], hint: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        face.create_index(new_name, **options)
    assert hint in str(refusal.value.hint)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("l2", "euclidean"),
        ("L2 distance", "euclidean"),
        ("Euclid", "euclidean"),
        ("dot", "dot-product"),
        ("inner_product", "dot-product"),
        ("DOT_PRODUCT", "dot-product"),
        ("ip", "dot-product"),
        ("cos", "cosine"),
    ],
)
def test_a_metric_by_the_name_that_others_have_for_it_is_suggested(
    face: Face, new_name: str, word: str, meant: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        face.create_index(new_name, dimensions=2, metric=word)
    assert refusal.value.message == f'metric "{word}" is not known'
    hint = f"Did you mean {meant}? Known are cosine, euclidean, dot-product."
    assert refusal.value.hint == hint


def test_a_mistyped_option_brings_the_nearest_to_mind(face: Face, index: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        face.create_metadata_index(index, "price", "numbr")
    assert "Did you mean number?" in str(refusal.value.hint)
    with pytest.raises(InvalidRequest) as refusal:
        face.query(index, [1, 1], return_metadata="index")
    assert "Did you mean indexed?" in str(refusal.value.hint)
