"""What an embedder is, and the one form that every embedder gets."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from pgvectorize.embedding.loops import BackgroundLoop
from pgvectorize.embedding.secrets import redacted
from pgvectorize.encoding.texts import text_problem
from pgvectorize.encoding.values import NUMBERS, Matrix, as_array, read_rows
from pgvectorize.errors import (
    EmbeddingError,
    InvalidEmbedding,
    InvalidRequest,
    PgVectorizeError,
)
from pgvectorize.models import EmbeddingModel


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors, each method one vector for each text.

    A model that makes no difference between a document and a query has the same method twice.
    Either may be a coroutine. If an embedder can do both, `aembed_documents` and `aembed_queries`
    are the coroutines.
    """

    @property
    def model(self) -> EmbeddingModel:
        """The identity of the model."""
        ...

    def embed_documents(self, texts: list[str], /) -> Any:
        """Return the vectors of texts that are searched for: a matrix, or a list of vectors."""

    def embed_queries(self, texts: list[str], /) -> Any:
        """Return the vectors of texts that are searched with."""


@dataclass(frozen=True)
class Calls:
    """How documents, or queries, are embedded: by a function, by a coroutine function or by both.

    If `one_by_one`, either accepts one text and returns one vector.
    """

    blocking: Callable[[Any], Any] | None
    asyncio: Callable[[Any], Awaitable[Any]] | None = None
    one_by_one: bool = False

    @classmethod
    def of(
        cls, function: Callable[[Any], Any], other: Any = None, *, one_by_one: bool = False
    ) -> Calls:
        """Return the calls of a function of either kind, and of a coroutine function if any."""
        if any(map(inspect.iscoroutinefunction, (function, type(function).__call__))):
            return cls(None, function, one_by_one)
        return cls(function, other, one_by_one)


class TextEmbedder:
    """An embedder of any kind, for both clients; `as_embedder` makes it.

    `embed_documents` and `embed_queries` return `(texts, dimensions)` float32. `aembed_documents`
    and `aembed_queries` are the same as coroutines. They raise `EmbeddingError` if the model or
    its service fails, and `InvalidEmbedding` if it returns anything but one finite vector for
    each text. `model` knows the dimensions after the first call.

    `most_texts` is how many texts the model accepts at once. If it `is_local`, it runs in this
    process, one call at a time: the tokenizers of most local models refuse to work in two threads.
    """

    def __init__(
        self,
        model: EmbeddingModel,
        documents: Calls,
        queries: Calls,
        *,
        most_texts: int | None = None,
        is_local: bool = False,
    ) -> None:
        self.model = model
        self._documents = documents
        self._queries = queries
        self._most_texts = most_texts
        self._turn: AbstractContextManager[Any] = threading.Lock() if is_local else nullcontext()
        self._loop = BackgroundLoop()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.model}>"

    def embed_documents(self, texts: Iterable[str], /) -> Matrix:
        """Return the vectors of texts that are searched for."""
        return self._embed(texts, self._documents)

    def embed_queries(self, texts: Iterable[str], /) -> Matrix:
        """Return the vectors of texts that are searched with."""
        return self._embed(texts, self._queries)

    async def aembed_documents(self, texts: Iterable[str], /) -> Matrix:
        """Return the vectors of texts that are searched for."""
        return await self._aembed(texts, self._documents)

    async def aembed_queries(self, texts: Iterable[str], /) -> Matrix:
        """Return the vectors of texts that are searched with."""
        return await self._aembed(texts, self._queries)

    def identify(self) -> EmbeddingModel:
        """Return the model with its dimensions; embeds one word if they are not known."""
        if self.model.dimensions is None:
            self.embed_queries(["dimensions"])
        return self.model

    async def aidentify(self) -> EmbeddingModel:
        """Return the model with its dimensions; embeds one word if they are not known."""
        if self.model.dimensions is None:
            await self.aembed_queries(["dimensions"])
        return self.model

    def _embed(self, texts: Iterable[str], calls: Calls) -> Matrix:
        parts = [
            self._checked(self._call(part, calls), first, len(part))
            for first, part in self._parts(texts)
        ]
        return self._joined(parts)

    async def _aembed(self, texts: Iterable[str], calls: Calls) -> Matrix:
        parts = [
            self._checked(await self._acall(part, calls), first, len(part))
            for first, part in self._parts(texts)
        ]
        return self._joined(parts)

    def _parts(self, texts: Iterable[str]) -> list[tuple[int, list[str]]]:
        """Return the texts of each call, with the place of the first of them."""
        checked = _checked_texts(texts)
        size = self._most_texts or len(checked) or 1
        return [(first, checked[first : first + size]) for first in range(0, len(checked), size)]

    def _call(self, texts: list[str], calls: Calls) -> Any:
        function = calls.blocking
        if function is None:
            return self._loop.run(self._acall(texts, calls))
        with self._translated(), self._turn:
            if calls.one_by_one:
                return [self._result(function(text)) for text in texts]
            return self._result(function(texts))

    async def _acall(self, texts: list[str], calls: Calls) -> Any:
        function = calls.asyncio
        if function is None:
            return await asyncio.to_thread(self._call, texts, calls)
        with self._translated():
            if calls.one_by_one:
                return [await function(text) for text in texts]
            return await function(texts)

    def _result(self, result: Any) -> Any:
        """Return what a function returned: of an awaitable its result, of a generator a list."""
        if inspect.isawaitable(result):
            return self._loop.run(result)
        return list(result) if isinstance(result, Iterator) else result

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the errors of a library into ours."""
        try:
            yield
        except PgVectorizeError:
            raise
        except Exception as error:
            raise EmbeddingError(
                f"{self._name} failed: {type(error).__name__}: {redacted(error)}",
                hint="The error of the library is the cause of this one.",
                is_retryable=_is_retryable(error),
            ) from error

    def _checked(self, result: Any, first: int, count: int) -> Matrix:
        """Return the vectors of `count` texts; the place of the first among all is `first`."""

        def refusal(row: int, problem: str) -> InvalidEmbedding:
            return InvalidEmbedding(f"{self._name}, text {first + row + 1}: {problem}")

        given = getattr(result, "embeddings", result)  # pydantic-ai returns an object
        array = as_array(given)
        if isinstance(given, Mapping) or (array is not None and array.ndim == 0):
            found = f"a {type(given).__name__}"
        elif array is not None and array.ndim == 1 and array.dtype.kind in NUMBERS and array.size:
            found = "one list of numbers"
        elif len(given) != count:
            found = f"{len(given)} vectors"
        else:
            rows = read_rows(given, refusal)
            wanted = self.model.dimensions or len(rows[0])
            for row, vector in enumerate(rows):
                if len(vector) != wanted:
                    raise refusal(row, f"{len(vector)} dimensions, expected {wanted}")
            if self.model.dimensions is None:
                self.model = replace(self.model, dimensions=wanted)
            return np.asarray(rows)
        raise InvalidEmbedding(
            f"{self._name} returned {found} for {count} text{'s' if count != 1 else ''}",
            hint="It must return one vector for each text, in the same order.",
        )

    def _joined(self, parts: list[Matrix]) -> Matrix:
        if not parts:
            return np.empty((0, self.model.dimensions or 1), dtype=np.float32)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    @property
    def _name(self) -> str:
        return f"{self.model.provider}:{self.model.name}"


def _checked_texts(texts: Iterable[str]) -> list[str]:
    """Return texts as a list; raises `InvalidRequest` if one is no text, or has nothing in it."""
    if isinstance(texts, str):
        raise InvalidRequest(
            f'expected a list of texts, got the text "{texts[:64]}"', hint="Pass [text]."
        )
    checked = list(texts)
    for place, text in enumerate(checked, start=1):
        if problem := text_problem(text):
            raise InvalidRequest(f"text {place} {problem}")
        if not text.strip():
            raise InvalidRequest(
                f"text {place} is empty", hint="A model finds no meaning in it: leave it out."
            )
    return checked


def _is_retryable(error: Exception) -> bool:
    """Guess from the error of a library whether the same call may succeed later."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return status in (408, 429) or status >= 500
    return isinstance(error, ConnectionError | TimeoutError)
