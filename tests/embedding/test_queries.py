"""Queries by text: the index's own model, or the one of the handle, embeds them."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from pgvectorize import (
    AsyncClient,
    Client,
    EmbeddingError,
    EmbeddingModel,
    Index,
    IndexNotFound,
    InvalidRequest,
    Matches,
    ModelMismatch,
)
from pgvectorize.cli import main
from pgvectorize.embedding import HttpEmbedder, as_embedder
from tests.embedding.service import Service, refuse, vectors
from tests.embedding.stories import QUESTION, STORIES

MODEL = EmbeddingModel("test", "model-8", dimensions=8)
TEXTS = [f"text {number}" for number in range(20)]

Call = Callable[..., Any]


@pytest.fixture(params=["blocking", "async"])
def call(request: pytest.FixtureRequest, client: Client, dsn: str) -> Iterator[Call]:
    """`call(index, model, method, …)` through either client."""
    if request.param == "blocking":

        def run(index: str, model: Any, method: str, *given: Any, **options: Any) -> Any:
            return getattr(client.index(index, model=model), method)(*given, **options)

        yield run
        return
    with asyncio.Runner() as runner:
        other = runner.run(AsyncClient.connect(dsn))

        def arun(index: str, model: Any, method: str, *given: Any, **options: Any) -> Any:
            return runner.run(getattr(other.index(index, model=model), method)(*given, **options))

        yield arun
        runner.run(other.close())


def embed(texts: list[str]) -> Any:
    return vectors(texts)


@pytest.fixture
def index(client: Client, make_index: Callable[..., str]) -> str:
    name = make_index(8, model=MODEL)
    client.index(name).upsert(
        ids=TEXTS,
        values=vectors(TEXTS),
        namespaces=["even" if row % 2 == 0 else "odd" for row in range(20)],
        metadata=[{"row": row} for row in range(20)],
    )
    return name


ours = as_embedder(embed, model=MODEL)


def test_a_text_finds_what_its_vector_finds(client: Client, index: str, call: Call) -> None:
    found = call(index, ours, "query_text", "text 7", top_k=3)
    assert found == client.index(index).query(vectors(["text 7"])[0], top_k=3)
    assert found[0].id == "text 7"
    assert found[0].score == pytest.approx(1)


@pytest.mark.parametrize(
    "options",
    [
        {"top_k": 2},
        {"namespace": "odd"},
        {"filter": {"row": {"$lt": 5}}},
        {"return_values": True},
        {"return_metadata": "all"},
        {"ef_search": 10},
        {"exact": True},
        {"exclude_ids": ["text 7"]},
        {"min_score": 0.9},
        {"max_distance": 0.1},
        {"offset": 2},
    ],
    ids=lambda options: next(iter(options)),
)
def test_every_option_of_query_counts(
    client: Client, index: str, call: Call, options: dict[str, Any]
) -> None:
    found = call(index, ours, "query_text", "text 7", **options)
    vector = vectors(["text 7"])[0]
    assert found == client.index(index).query(vector, **options)
    assert found != client.index(index).query(vector) or options.keys() <= {"ef_search", "exact"}
    many = call(index, ours, "query_texts", ["text 7", "text 3"], **options)
    assert many == client.index(index).query_many(vectors(["text 7", "text 3"]), **options)


@pytest.mark.parametrize(
    ("by_text", "by_vector"),
    [(Index.query_text, Index.query), (Index.query_texts, Index.query_many)],
)
def test_every_option_of_query_is_there(by_text: Call, by_vector: Call) -> None:
    texts, values = (inspect.signature(each).parameters for each in (by_text, by_vector))
    assert list(texts.items())[2:] == list(values.items())[2:]


def test_several_texts_have_filters_of_their_own(client: Client, index: str, call: Call) -> None:
    filters = [{"row": 1}, None]
    found = call(index, ours, "query_texts", ["text 7", "text 3"], filters=filters, top_k=1)
    assert [matches[0].id for matches in found] == ["text 1", "text 3"]
    assert call(index, ours, "query_texts", []) == []


def test_another_model_is_refused_with_both_identities(index: str, call: Call) -> None:
    other = as_embedder(embed, model=EmbeddingModel("test", "model-9", dimensions=8))
    with pytest.raises(ModelMismatch) as caught:
        call(index, other, "query_text", "text 7")
    assert "test:model-8 (dimensions=8), not of test:model-9 (dimensions=8)" in str(caught.value)


def test_a_model_that_pools_otherwise_is_refused(
    client: Client, make_index: Callable[..., str], call: Call
) -> None:
    bge = EmbeddingModel("test", "bge", dimensions=8, pooling="mean")
    name = make_index(8, model=bge)
    other = as_embedder(embed, model=EmbeddingModel("test", "bge", pooling="cls"))
    with pytest.raises(ModelMismatch, match="pooling differs"):
        call(name, other, "query_texts", ["text 7"])


def test_an_index_without_a_model_needs_one(make_index: Callable[..., str], call: Call) -> None:
    name = make_index(8)
    with pytest.raises(InvalidRequest, match="has no embedding model") as caught:
        call(name, None, "query_text", "text 7")
    assert 'client.index(name, model="…")' in str(caught.value.hint)
    assert call(name, ours, "query_text", "text 7") == Matches(0, [])


def test_vectors_of_other_dimensions_are_refused(
    make_index: Callable[..., str], call: Call
) -> None:
    with pytest.raises(InvalidRequest, match="dimensions"):
        call(make_index(9), ours, "query_text", "text 7")


def test_a_model_that_only_its_object_can_run_is_named(
    client: Client, index: str, call: Call
) -> None:
    with pytest.raises(InvalidRequest, match=r'no provider .* is named "test"') as caught:
        call(index, None, "query_text", "text 7")
    assert "for an object of a library, give the object" in str(caught.value.hint)


def test_an_unknown_index_is_not_found(call: Call) -> None:
    for method, given in (("query_text", "text"), ("query_texts", ["text"])):
        with pytest.raises(IndexNotFound):
            call("no-such-index", ours, method, given)


@pytest.mark.parametrize("text", ["", " ", 3, None, ["text"]])
def test_what_is_no_text_is_refused(index: str, call: Call, text: Any) -> None:
    with pytest.raises(InvalidRequest, match="text 1 is"):
        call(index, ours, "query_text", text)


def test_a_service_that_is_down_says_so(index: str, call: Call, service: Service) -> None:
    service.always = refuse(503, "overloaded", retry_after="0")
    over = HttpEmbedder(MODEL, base_url=service.base_url, retries=0)
    with pytest.raises(EmbeddingError, match="overloaded") as caught:
        call(index, over, "query_text", "text 7")
    assert caught.value.is_retryable
    service.always = refuse(429, retry_after="0")
    service.planned = [service.always]


def test_a_service_answers_queries_of_an_index(index: str, call: Call, service: Service) -> None:
    service.planned = [refuse(429, retry_after="0")]
    over = HttpEmbedder(MODEL, base_url=service.base_url)
    assert call(index, over, "query_text", "text 7", top_k=1)[0].id == "text 7"
    assert service.texts == [["text 7"]] * 2


def test_a_handle_adapts_its_model_once(client: Client, index: str) -> None:
    handle = client.index(index, model=HttpEmbedder(MODEL, base_url="http://127.0.0.1:1/v1"))
    assert handle._text_embedder() is handle._text_embedder()


def test_a_coroutine_function_creates_an_index_in_its_own_loop(dsn: str) -> None:
    """Connections of a library belong to the loop that they were opened in."""
    loops: set[int] = set()

    async def watched(texts: list[str]) -> Any:
        loops.add(id(asyncio.get_running_loop()))
        return vectors(texts)

    async def run() -> int:
        embedder = as_embedder(watched, model="test:watched")
        async with await AsyncClient.connect(dsn) as client:
            info = await client.create_index("test-watched", model=embedder)
            try:
                assert info.model == EmbeddingModel("test", "watched", 8)
                await client.index("test-watched", model=embedder).query_text("text")
            finally:
                await client.delete_index("test-watched")
        return id(asyncio.get_running_loop())

    assert {asyncio.run(run())} == loops


class TestOffline:
    """The announcement's example, with the model that needs no network."""

    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        pytest.importorskip("wordllama", reason="wordllama has no wheel for this Python")

    @pytest.fixture
    def stories(self, client: Client, make_index: Callable[..., str]) -> str:
        name = make_index(256, model="wordllama")
        client.index(name).upsert(
            ids=["1", "2", "3"], values=as_embedder("wordllama").embed_documents(STORIES)
        )
        return name

    def test_python(self, stories: str, call: Call) -> None:
        found = call(stories, None, "query_text", QUESTION, top_k=2)
        assert [match.id for match in found] == ["1", "3"]
        assert [
            matches[0].id for matches in call(stories, None, "query_texts", STORIES, top_k=1)
        ] == ["1", "2", "3"]

    def test_command_line(self, stories: str, dsn: str) -> None:
        def run(*arguments: str) -> str:
            result = CliRunner().invoke(main, ["--dsn", dsn, *arguments])
            assert result.exit_code == 0, result.output
            return result.stdout

        assert '"id": "1"' in run("query", stories, "--text", QUESTION, "--top-k", "1", "--json")
        assert '"id": "2"' in run(
            "query", stories, "--text", "llama", "--model", "wordllama", "--top-k", "1", "--json"
        )
