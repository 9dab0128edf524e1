"""Whatever embeds texts becomes an embedder, for both clients."""

from __future__ import annotations

import asyncio
import functools
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import numpy as np
import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding, FakeEmbeddings
from pydantic_ai import Embedder as PydanticAIEmbedder
from pydantic_ai.embeddings import EmbeddingResult, TestEmbeddingModel

from pgvectorize import (
    EmbeddingError,
    EmbeddingModel,
    InvalidEmbedding,
    InvalidRequest,
    ModelMismatch,
)
from pgvectorize.embedding import Embedder, TextEmbedder, as_embedder
from tests.embedding.libraries import (
    OldSentenceTransformer,
    OpenAIEmbeddings,
    SentenceTransformer,
    TextEmbedding,
)
from tests.embedding.service import Matrix, vectors

MODEL = EmbeddingModel("test", "model-8", dimensions=8)
TEXTS = ["an orange cloud", "a llama", "a hugging emoji"]
ASKED = [f"query: {text}" for text in TEXTS]

Call = Callable[[TextEmbedder, str, Sequence[str]], Matrix]


def in_threads(embedder: TextEmbedder, method: str, texts: Sequence[str]) -> Matrix:
    found: Matrix = getattr(embedder, method)(texts)
    return found


def in_tasks(embedder: TextEmbedder, method: str, texts: Sequence[str]) -> Matrix:
    async def run() -> Matrix:
        found: Matrix = await getattr(embedder, f"a{method}")(texts)
        return found

    return asyncio.run(run())


def in_a_notebook(embedder: TextEmbedder, method: str, texts: Sequence[str]) -> Matrix:
    """As in Jupyter: the blocking call, in a thread that has a loop."""

    async def run() -> Matrix:
        return in_threads(embedder, method, texts)

    return asyncio.run(run())


@pytest.fixture(params=[in_threads, in_tasks, in_a_notebook])
def call(request: pytest.FixtureRequest) -> Call:
    chosen: Call = request.param
    return chosen


class Ours:
    """An embedder of one's own."""

    model = MODEL

    def embed_documents(self, texts: list[str], /) -> Any:
        return vectors(texts)

    def embed_queries(self, texts: list[str], /) -> Any:
        return vectors([f"query: {text}" for text in texts])


class OursAsync:
    model = MODEL

    async def embed_documents(self, texts: list[str], /) -> Any:
        await asyncio.sleep(0)
        return vectors(texts)

    async def embed_queries(self, texts: list[str], /) -> Any:
        return vectors([f"query: {text}" for text in texts])


class OursBoth(Ours):
    async def aembed_documents(self, texts: list[str], /) -> Any:
        return vectors(texts)

    async def aembed_queries(self, texts: list[str], /) -> Any:
        return vectors([f"query: {text}" for text in texts])


class AsyncLangChain:
    """Classes of LangChain's kind that can do no more than this exist."""

    async def embed_documents(self, texts: list[str]) -> Any:
        return vectors(texts).tolist()

    async def embed_query(self, text: str) -> Any:
        return vectors([f"query: {text}"])[0].tolist()


class Asymmetric(TestEmbeddingModel):
    """A model of pydantic-ai that makes vectors of texts."""

    async def embed(self, inputs: Any, *, input_type: Any, settings: Any = None) -> EmbeddingResult:
        result = await super().embed(inputs, input_type=input_type, settings=settings)
        prompt = "query: " if input_type == "query" else ""
        result.embeddings = vectors([prompt + text for text in result.inputs]).tolist()
        return result


@pytest.mark.parametrize(
    "given",
    [
        Ours(),
        OursAsync(),
        OursBoth(),
        OpenAIEmbeddings(),
        AsyncLangChain(),
        SentenceTransformer(),
        TextEmbedding(),
        PydanticAIEmbedder(Asymmetric()),
    ],
    ids=lambda given: type(given).__name__,
)
def test_documents_and_queries_of_a_library(given: Any, call: Call) -> None:
    embedder = as_embedder(given)
    for _ in range(2):
        documents = call(embedder, "embed_documents", TEXTS)
        assert documents.dtype == np.float32
        np.testing.assert_array_equal(documents, vectors(TEXTS))
        np.testing.assert_array_equal(call(embedder, "embed_queries", TEXTS), vectors(ASKED))
    assert embedder.model.dimensions == 8


async def coroutine_function(texts: list[str]) -> Any:
    return vectors(texts).tolist()


async def with_option(_: str, texts: list[str]) -> Any:
    return vectors(texts)


class Callable_:  # noqa: N801
    def __call__(self, texts: list[str]) -> Any:
        return list(vectors(texts))


class AsyncCallable:
    async def __call__(self, texts: list[str]) -> Any:
        return vectors(texts)


@pytest.mark.parametrize(
    "given",
    [
        vectors,
        lambda texts: vectors(texts).astype(np.float64),
        lambda texts: iter(vectors(texts)),
        lambda texts: coroutine_function(texts),
        coroutine_function,
        functools.partial(with_option, "option"),
        Callable_(),
        AsyncCallable(),
        OldSentenceTransformer(),
        OldSentenceTransformer().encode,
    ],
)
def test_a_function_embeds_documents_and_queries(given: Any, call: Call) -> None:
    embedder = as_embedder(given, model="test:model-8")
    np.testing.assert_array_equal(call(embedder, "embed_documents", TEXTS), vectors(TEXTS))
    np.testing.assert_array_equal(call(embedder, "embed_queries", TEXTS), vectors(TEXTS))
    assert embedder.model == MODEL


@pytest.mark.parametrize(
    ("given", "model"),
    [
        (Ours(), MODEL),
        (
            OpenAIEmbeddings(),
            EmbeddingModel("langchain", "OpenAIEmbeddings/text-embedding-3-small"),
        ),
        (AsyncLangChain(), EmbeddingModel("langchain", "AsyncLangChain")),
        (
            SentenceTransformer(),
            EmbeddingModel(
                "sentence-transformers",
                "org/small",
                dimensions=8,
                pooling="last",
                normalised=True,
                query_prompt="query: ",
                document_prompt="",
            ),
        ),
        (
            TextEmbedding(),
            EmbeddingModel("fastembed", "org/small", 8, pooling="mean", normalised=True),
        ),
        (PydanticAIEmbedder("cohere:embed-v4.0"), EmbeddingModel("cohere", "embed-v4.0")),
        (PydanticAIEmbedder(TestEmbeddingModel("m")), EmbeddingModel("test", "m")),
    ],
    ids=lambda given: type(given).__name__,
)
def test_the_identity_is_read_from_the_object(given: Any, model: EmbeddingModel) -> None:
    assert as_embedder(given).model == model


def test_what_the_caller_knows_of_the_model_counts() -> None:
    known = EmbeddingModel("openai", "text-embedding-3-small", revision="2024-01-25")
    assert as_embedder(OpenAIEmbeddings(), model=known).model == known
    found = as_embedder(SentenceTransformer(), model="mine:model").model
    assert (found.provider, found.name, found.pooling) == ("mine", "model", "last")


def test_a_protocol_says_what_an_embedder_is() -> None:
    assert isinstance(Ours(), Embedder)
    assert isinstance(OursAsync(), Embedder)
    assert isinstance(as_embedder(Ours()), Embedder)
    assert not isinstance(OpenAIEmbeddings(), Embedder)


def test_an_embedder_stays_as_it_is() -> None:
    embedder = as_embedder(Ours())
    assert as_embedder(embedder) is embedder
    assert as_embedder(embedder, model=MODEL) is embedder
    with pytest.raises(ModelMismatch, match=r"test:model-8 .* not of test:model-9: name differs"):
        as_embedder(embedder, model="test:model-9")


def test_langchains_own_fakes(call: Call) -> None:
    embedder = as_embedder(DeterministicFakeEmbedding(size=8))
    documents = call(embedder, "embed_documents", TEXTS)
    np.testing.assert_array_equal(call(embedder, "embed_queries", TEXTS), documents)
    assert embedder.model == EmbeddingModel("langchain", "DeterministicFakeEmbedding", 8)
    assert call(as_embedder(FakeEmbeddings(size=3)), "embed_queries", TEXTS).shape == (3, 3)


def test_pydantic_ais_own_fake(call: Call) -> None:
    model = TestEmbeddingModel(dimensions=4)
    embedder = as_embedder(PydanticAIEmbedder(model))
    np.testing.assert_array_equal(
        call(embedder, "embed_documents", TEXTS), np.ones((3, 4), dtype=np.float32)
    )
    many = [str(number) for number in range(200)]
    assert call(embedder, "embed_documents", many).shape == (200, 4)


def test_a_library_that_limits_texts_gets_them_in_parts(call: Call) -> None:
    asked: list[int] = []

    class Counting(TestEmbeddingModel):
        async def embed(self, inputs: Any, *, input_type: Any, settings: Any = None) -> Any:
            asked.append(len(inputs))
            return await super().embed(inputs, input_type=input_type, settings=settings)

    call(as_embedder(PydanticAIEmbedder(Counting())), "embed_documents", ["a"] * 200)
    assert asked == [96, 96, 8]


def test_one_loop_runs_all_coroutines_of_an_embedder() -> None:
    """Connections of a library belong to the loop that they were opened in."""
    loops: set[int] = set()

    async def embed(texts: list[str]) -> Any:
        loops.add(id(asyncio.get_running_loop()))
        return vectors(texts)

    embedder = as_embedder(embed, model=MODEL)
    for _ in range(3):
        embedder.embed_documents(TEXTS)
    assert len(loops) == 1


def test_a_local_model_is_called_by_one_thread_at_a_time() -> None:
    class Borrowed(OldSentenceTransformer):
        """As the tokenizers of transformers, which say "Already borrowed"."""

        lock = threading.Lock()

        def encode(self, sentences: list[str]) -> Matrix:
            assert self.lock.acquire(blocking=False), "Already borrowed"
            try:
                threading.Event().wait(0.01)
                return vectors(sentences)
            finally:
                self.lock.release()

    embedder = as_embedder(Borrowed(), model=MODEL)

    async def run() -> list[Matrix]:
        return await asyncio.gather(*(embedder.aembed_queries([text]) for text in TEXTS))

    found = asyncio.run(run())
    np.testing.assert_array_equal(np.concatenate(found), vectors(TEXTS))


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, "returned a NoneType for 3 texts"),
        ("abc", "returned a str for 3 texts"),
        ({"a": 1}, "returned a dict for 3 texts"),
        (7, "returned a int for 3 texts"),
        ([], "returned 0 vectors for 3 texts"),
        (vectors(["a"]), "returned 1 vectors for 3 texts"),
        (vectors(["a"])[0], "returned one list of numbers for 3 texts"),
        ([0.1, 0.2, 0.3], "returned one list of numbers for 3 texts"),
        ([[0.1], [0.2, 0.3], [0.4]], "text 2: 2 dimensions, expected 1"),
        ([[1.0], [float("inf")], [2.0]], "text 2: value 1 is inf"),
        ([[1.0], [None], [2.0]], "text 2: values are not numbers"),
        ([["a"], ["b"], ["c"]], "text 1: values are not numbers"),
        ([[True], [False], [True]], "text 1: values are not numbers"),
        (np.ones((3, 2, 2)), "text 1: values have the shape"),
        (np.ones((3, 0)), "text 1: 0 dimensions"),
    ],
)
def test_what_is_not_one_vector_for_each_text_is_refused(
    returned: Any, message: str, call: Call
) -> None:
    embedder = as_embedder(lambda texts: returned, model="test:model")
    with pytest.raises(InvalidEmbedding, match=message):
        call(embedder, "embed_documents", TEXTS)


def test_wrong_dimensions_are_refused(call: Call) -> None:
    embedder = as_embedder(vectors, model=EmbeddingModel("test", "model", dimensions=9))
    with pytest.raises(InvalidEmbedding, match="text 1: 8 dimensions, expected 9"):
        call(embedder, "embed_queries", TEXTS)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("orange cloud", "expected a list of texts, got the text"),
        (["a", 1], "text 2 is not a string but int"),
        (["a", None], "text 2 is not a string but NoneType"),
        ([""], "text 1 is empty"),
        (["a", " \n"], "text 2 is empty"),
        (["a\0"], "text 1 contains the character NUL"),
        (["\ud800"], "text 1 contains half of a surrogate pair"),
    ],
)
def test_what_no_model_can_embed_is_refused(texts: Any, message: str, call: Call) -> None:
    with pytest.raises(InvalidRequest, match=message):
        call(as_embedder(Ours()), "embed_documents", texts)


def test_no_texts_are_no_vectors(call: Call) -> None:
    assert call(as_embedder(Ours()), "embed_documents", []).shape == (0, 8)


def test_any_iterable_of_texts_will_do(call: Call) -> None:
    found = call(as_embedder(Ours()), "embed_documents", (text for text in TEXTS))  # type: ignore[arg-type]
    np.testing.assert_array_equal(found, vectors(TEXTS))


class Busy(Exception):
    status_code = 529


class Forbidden(Exception):
    status_code = 400


@pytest.mark.parametrize(
    ("error", "is_retryable"),
    [
        (Busy("overloaded"), True),
        (Forbidden("no"), False),
        (ConnectionResetError("gone"), True),
        (TimeoutError("late"), True),
        (KeyError("model"), False),
    ],
)
def test_an_error_of_a_library_becomes_ours(
    error: Exception, is_retryable: bool, call: Call
) -> None:
    def fail(texts: list[str]) -> Any:
        raise error

    async def afail(texts: list[str]) -> Any:
        raise error

    functions: list[Callable[[list[str]], Any | Awaitable[Any]]] = [fail, afail]
    for function in functions:
        with pytest.raises(EmbeddingError, match=type(error).__name__) as caught:
            call(as_embedder(function, model=MODEL), "embed_documents", TEXTS)
        assert caught.value.is_retryable is is_retryable
        assert caught.value.__cause__ is error


def test_an_error_of_a_library_tells_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "Sesame-4711")

    def fail(texts: list[str]) -> Any:
        raise ValueError("no such key: Sesame-4711")

    with pytest.raises(EmbeddingError, match=r"no such key: \$SOME_API_KEY"):
        as_embedder(fail, model=MODEL).embed_documents(TEXTS)


def test_a_model_without_a_name_must_be_named() -> None:
    for given in (vectors, lambda texts: texts, Callable_(), OldSentenceTransformer()):
        with pytest.raises(InvalidRequest, match="not known which embedding model") as caught:
            as_embedder(given)
        assert caught.value.hint == 'Name it: as_embedder(…, model="PROVIDER:MODEL").'


@pytest.mark.parametrize("given", [None, 3, object(), {"model": "x"}, [1.0, 2.0]])
def test_what_does_not_embed_is_refused(given: Any) -> None:
    with pytest.raises(InvalidRequest, match=r"expected an embedder|does not embed texts"):
        as_embedder(given)


def test_no_library_is_imported() -> None:
    code = (
        "import sys, pgvectorize.embedding as e; e.as_embedder(lambda t: t, model='a:b'); "
        "print(sorted({'wordllama', 'langchain_core', 'pydantic_ai', 'fastembed', "
        "'sentence_transformers', 'torch', 'httpx'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
