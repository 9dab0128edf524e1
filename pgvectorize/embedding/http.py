"""Any service that speaks OpenAI's `POST /embeddings`.

What is sent and when it is sent again is written once, as a generator: it yields a request or a
pause, and gets the reply. One loop drives it for threads, one for tasks.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from functools import cache
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

from pgvectorize.embedding.replies import Reply
from pgvectorize.errors import EmbeddingError, InvalidRequest
from pgvectorize.models import EmbeddingModel

EncodingFormat: TypeAlias = Literal["float", "base64"]
Vectors: TypeAlias = list[Any]
# a request's body, answered with a `Reply`, or a number of seconds to wait, answered with None
Exchange: TypeAlias = Generator[bytes | float, Reply | None, Vectors]

_READ_SIZE = 1 << 16


class HttpEmbedder:
    """Embeds texts by a service that speaks OpenAI's protocol.

    OpenAI, Workers AI, Ollama, vLLM, llama.cpp, LM Studio and Text Embeddings Inference do.

    The key is read from the environment variable `key_variable` at each request; it is kept
    nowhere else. The model's prompts are put before the texts, as the protocol has none. With
    `request_dimensions` the service is asked for vectors of the model's `dimensions`, which only
    some models can shorten.

    Texts are sent `batch_texts` at a time, and as many as have `batch_bytes` together;
    `concurrency` requests run side by side. A request that fails for a passing reason (no
    connection, no answer within `timeout` seconds, HTTP 408, 429 or 5xx) is sent up to `retries`
    times again, after the pause that the service asks for or a growing one.
    """

    def __init__(
        self,
        model: EmbeddingModel | str,
        *,
        base_url: str,
        key_variable: str | None = None,
        encoding_format: EncodingFormat = "float",
        request_dimensions: bool = False,
        batch_texts: int = 100,
        batch_bytes: int = 300_000,
        concurrency: int = 4,
        timeout: float = 60.0,
        retries: int = 5,
    ) -> None:
        self.model = EmbeddingModel.parse(model) if isinstance(model, str) else model
        self.base_url = _checked_url(base_url)
        self._key_variable = key_variable
        self._encoding_format = encoding_format
        self._request_dimensions = request_dimensions
        self._batch_texts = batch_texts
        self._batch_bytes = batch_bytes
        self._concurrency = concurrency
        self._timeout = timeout
        self._retries = retries
        if key_variable is not None:
            self._key()

    def __repr__(self) -> str:
        return f"HttpEmbedder({self.model}, base_url={self.base_url!r})"

    def embed_documents(self, texts: Sequence[str], /) -> Vectors:
        """Return the vectors of texts that are searched for."""
        return self._embed(texts, self.model.document_prompt)

    def embed_queries(self, texts: Sequence[str], /) -> Vectors:
        """Return the vectors of texts that are searched with."""
        return self._embed(texts, self.model.query_prompt)

    async def aembed_documents(self, texts: Sequence[str], /) -> Vectors:
        """Return the vectors of texts that are searched for."""
        return await self._aembed(texts, self.model.document_prompt)

    async def aembed_queries(self, texts: Sequence[str], /) -> Vectors:
        """Return the vectors of texts that are searched with."""
        return await self._aembed(texts, self.model.query_prompt)

    def _embed(self, texts: Sequence[str], prompt: str | None) -> Vectors:
        exchanges = self._exchanges(texts, prompt)
        stopped = threading.Event()
        if len(exchanges) == 1:
            return self._run(exchanges[0], stopped)
        threads = ThreadPoolExecutor(self._concurrency)
        try:
            futures = [threads.submit(self._run, each, stopped) for each in exchanges]
            for done in wait(futures, return_when=FIRST_EXCEPTION).done:
                done.result()  # raises, if one failed
            return [vector for future in futures for vector in future.result()]
        finally:  # after an error, or Ctrl-C, no request is waited for
            stopped.set()
            threads.shutdown(wait=False, cancel_futures=True)

    def _run(self, exchange: Exchange, stopped: threading.Event) -> Vectors:
        reply = None
        try:
            while True:
                step = exchange.send(reply)
                reply = self._send(step) if isinstance(step, bytes) else None
                if isinstance(step, float) and stopped.wait(step):
                    exchange.close()
                    return []  # another batch has failed
        except StopIteration as done:
            vectors: Vectors = done.value
            return vectors

    async def _aembed(self, texts: Sequence[str], prompt: str | None) -> Vectors:
        free = asyncio.Semaphore(self._concurrency)
        tasks = [
            asyncio.create_task(self._arun(each, free)) for each in self._exchanges(texts, prompt)
        ]
        try:
            return [vector for part in await asyncio.gather(*tasks) for vector in part]
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    async def _arun(self, exchange: Exchange, free: asyncio.Semaphore) -> Vectors:
        reply = None
        async with free:
            try:
                while True:
                    step = exchange.send(reply)
                    if isinstance(step, bytes):
                        reply = await asyncio.to_thread(self._send, step)
                    else:
                        reply = None
                        await asyncio.sleep(step)
            except StopIteration as done:
                vectors: Vectors = done.value
                return vectors

    def _exchanges(self, texts: Sequence[str], prompt: str | None) -> list[Exchange]:
        prompted = [(prompt or "") + text for text in texts]
        batches = in_batches(prompted, self._batch_texts, self._batch_bytes)
        return [self._exchange(batch) for batch in batches]

    def _exchange(self, texts: list[str]) -> Exchange:
        """Send one batch until it is answered, or there is no use in another attempt."""
        request: dict[str, Any] = {
            "model": self.model.name,
            "input": texts,
            "encoding_format": self._encoding_format,
        }
        if self._request_dimensions:
            request["dimensions"] = self.model.dimensions
        body = json.dumps(request, ensure_ascii=False).encode()
        attempt = 0
        while True:
            reply = yield body
            assert reply is not None
            if reply.is_ok:
                return reply.vectors(self._service, len(texts))
            pause = reply.pause(attempt)
            attempt += 1
            if pause is None or attempt > self._retries:
                raise self._error(reply)
            yield pause

    def _error(self, reply: Reply) -> EmbeddingError:
        return reply.error(self._service, self._key_variable)

    @property
    def _service(self) -> str:
        return f"{self.model.provider}:{self.model.name} at {urlsplit(self.base_url).netloc}"

    def _key(self) -> str | None:
        if self._key_variable is None:
            return None
        key = os.environ.get(self._key_variable, "").strip()
        if not key:
            raise InvalidRequest(
                f"{self.model.provider} needs a key, and the environment variable "
                f"{self._key_variable} is not set",
                hint=f"Run: export {self._key_variable}=…",
            )
        if not key.isascii() or not key.isprintable():
            raise InvalidRequest(
                f"the environment variable {self._key_variable} holds something that is no key"
            )
        return key

    def _send(self, body: bytes) -> Reply:
        """Send one request and read its reply; never raises for what the network does."""
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked
            f"{self.base_url}/embeddings",
            data=body,
            headers={"Content-Type": "application/json", "User-Agent": "pgvectorize"},
        )
        if (key := self._key()) is not None:
            request.add_unredirected_header("Authorization", f"Bearer {key}")
        ends = time.monotonic() + self._timeout
        try:
            try:
                response = _opener().open(request, timeout=self._timeout)
            except urllib.error.HTTPError as error:
                response = error
            with response:
                return _read(response, ends)
        except (OSError, http.client.HTTPException) as error:
            return self._failure(error)

    def _failure(self, error: OSError | http.client.HTTPException) -> Reply:
        reason = getattr(error, "reason", None)
        cause = reason if isinstance(reason, BaseException) else error
        if isinstance(cause, TimeoutError):
            return Reply(0, problem=f"no answer within {self._timeout:g} seconds")
        if isinstance(cause, http.client.IncompleteRead):
            return Reply(0, problem="the answer ended early")
        is_final = isinstance(cause, ssl.SSLCertVerificationError)
        return Reply(
            0, problem=f"no connection: {cause or type(cause).__name__}", is_final=is_final
        )


def in_batches(texts: Sequence[str], most_texts: int, most_bytes: int) -> Iterator[list[str]]:
    """Yield texts in their order; a text longer than `most_bytes` goes alone."""
    batch: list[str] = []
    size = 0
    for text in texts:
        length = len(text.encode())
        if batch and (len(batch) == most_texts or size + length > most_bytes):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += length
    if batch:
        yield batch


def _read(response: Any, ends: float) -> Reply:
    """Read a reply to its end, and no longer than until `ends`."""
    body = bytearray()
    while part := response.read1(_READ_SIZE):
        body += part
        if time.monotonic() > ends:
            raise TimeoutError
    headers = {name.lower(): value for name, value in response.headers.items()}
    reply = Reply(response.status, bytes(body), headers)
    # `read1` does not notice an early end, and without a length nothing could
    if reply.is_ok and "json" in headers.get("content-type", "") and reply.document is None:
        raise http.client.IncompleteRead(reply.body)
    return reply


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any
    ) -> None:
        """Follow no redirection: it would send the texts somewhere else."""


@cache
def _opener() -> urllib.request.OpenerDirector:
    """Return what opens connections, with the proxies of the environment.

    The certificates are read once: that takes 20 ms, and without a context it is done for each
    connection.
    """
    secure = urllib.request.HTTPSHandler(context=ssl.create_default_context())
    return urllib.request.build_opener(secure, _NoRedirect)


def _checked_url(base_url: str) -> str:
    """Return the address of an API without a slash at its end; raises `InvalidRequest`."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidRequest(
            "base_url is not the address of an API", hint="Write https://HOST/v1, for example."
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InvalidRequest(
            "base_url holds more than the address of an API",
            hint="Put a key into an environment variable, and name that: key_variable=…",
        )
    return base_url.rstrip("/")
