"""The HTTP embedder, against a service that speaks the protocol and fails as services do."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Callable, Sequence
from email.utils import formatdate
from typing import Any

import numpy as np
import pytest

from pgvectorize import EmbeddingError, EmbeddingModel, InvalidEmbedding, InvalidRequest
from pgvectorize.embedding import HttpEmbedder, TextEmbedder, as_embedder, http
from pgvectorize.embedding.http import in_batches
from pgvectorize.embedding.replies import MAX_WAIT, Reply
from tests.embedding import service as acts
from tests.embedding.service import DIMENSIONS, Matrix, Service, vectors

TEXTS = [f"text {number}" for number in range(10)]
KEY = "sk-Sesame-4711-0815"

Embed = Callable[[TextEmbedder, Sequence[str]], Matrix]


def in_threads(embedder: TextEmbedder, texts: Sequence[str]) -> Matrix:
    return embedder.embed_documents(texts)


def in_tasks(embedder: TextEmbedder, texts: Sequence[str]) -> Matrix:
    return asyncio.run(embedder.aembed_documents(texts))


@pytest.fixture(params=[in_threads, in_tasks])
def embed(request: pytest.FixtureRequest) -> Embed:
    chosen: Embed = request.param
    return chosen


def embedder(service: Service, **options: Any) -> TextEmbedder:
    model = options.pop("model", EmbeddingModel("test", "model-8"))
    return as_embedder(HttpEmbedder(model, base_url=service.base_url, **options))


@pytest.mark.parametrize("encoding_format", ["float", "base64"])
def test_vectors_come_in_both_forms(service: Service, embed: Embed, encoding_format: str) -> None:
    found = embed(embedder(service, encoding_format=encoding_format), TEXTS)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, vectors(TEXTS))
    (request,) = service.requests
    assert request["path"] == "/v1/embeddings"
    assert (request["model"], request["encoding_format"]) == ("model-8", encoding_format)


def test_the_form_that_comes_need_not_be_the_one_that_was_asked_for(
    service: Service, embed: Embed
) -> None:
    service.always = lambda handler, request: acts.answer()(
        handler, {**request, "encoding_format": "base64"}
    )
    np.testing.assert_array_equal(embed(embedder(service), TEXTS), vectors(TEXTS))


def test_the_order_is_that_of_the_texts(service: Service, embed: Embed) -> None:
    service.always = acts.shuffled()
    found = embed(embedder(service, batch_texts=3), TEXTS)
    np.testing.assert_array_equal(found, vectors(TEXTS))


def test_a_reply_without_indexes_is_in_order(service: Service, embed: Embed) -> None:
    service.always = acts.answer(lambda data: [{"embedding": item["embedding"]} for item in data])
    np.testing.assert_array_equal(embed(embedder(service), TEXTS), vectors(TEXTS))


def test_texts_are_sent_in_batches(service: Service, embed: Embed) -> None:
    found = embed(embedder(service, batch_texts=4), TEXTS)
    np.testing.assert_array_equal(found, vectors(TEXTS))
    assert sorted(service.texts) == [TEXTS[:4], TEXTS[4:8], TEXTS[8:]]


def test_no_texts_are_no_request(service: Service, embed: Embed) -> None:
    assert embed(embedder(service), []).shape[0] == 0
    assert service.requests == []


def test_batches_have_a_count_and_a_size() -> None:
    assert list(in_batches(["a", "b", "c"], 2, 100)) == [["a", "b"], ["c"]]
    assert list(in_batches(["ää", "ää", "b"], 9, 8)) == [["ää", "ää"], ["b"]]
    assert list(in_batches(["a", "long" * 9, "b"], 9, 8)) == [["a"], ["long" * 9], ["b"]]
    assert list(in_batches([], 9, 8)) == []


def test_requests_run_side_by_side_but_not_all(service: Service, embed: Embed) -> None:
    both = threading.Barrier(2)

    def together(handler: acts.Handler, request: dict[str, Any]) -> None:
        both.wait(30)  # fails unless two requests are there at once
        acts.answer()(handler, request)

    service.always = together
    found = embed(embedder(service, batch_texts=1, concurrency=2, retries=0), TEXTS)
    np.testing.assert_array_equal(found, vectors(TEXTS))
    assert service.most_running == 2


@pytest.mark.parametrize(
    "failure",
    [
        acts.refuse(429, retry_after="0"),
        acts.refuse(500, retry_after="0"),
        acts.refuse(503, retry_after_ms="1"),
        acts.raw(502, b"<html>Bad Gateway</html>", retry_after="0"),
        acts.refuse(408, retry_after="0"),
    ],
    ids=["429", "500", "503", "502", "408"],
)
def test_a_passing_failure_is_tried_again(
    service: Service, embed: Embed, failure: acts.Action
) -> None:
    service.planned = [failure, failure]
    np.testing.assert_array_equal(embed(embedder(service), TEXTS), vectors(TEXTS))
    assert service.texts == [TEXTS] * 3


@pytest.mark.parametrize("failure", [acts.truncate, acts.hang_up, acts.raw(200, b'{"data": [')])
def test_a_connection_that_breaks_is_tried_again(
    service: Service, embed: Embed, failure: acts.Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgvectorize.embedding.replies._FIRST_WAIT", 0.0)
    service.planned = [failure]
    np.testing.assert_array_equal(embed(embedder(service), TEXTS), vectors(TEXTS))
    assert service.texts == [TEXTS] * 2


def test_one_batch_that_fails_is_sent_again_alone(service: Service, embed: Embed) -> None:
    service.planned = [acts.refuse(429, retry_after="0")]
    found = embed(embedder(service, batch_texts=5), TEXTS)
    np.testing.assert_array_equal(found, vectors(TEXTS))
    assert len(service.texts) == 3


def test_retries_have_an_end(service: Service, embed: Embed) -> None:
    service.always = acts.refuse(503, "overloaded", retry_after="0")
    with pytest.raises(EmbeddingError, match="HTTP 503: overloaded") as caught:
        embed(embedder(service, retries=2), TEXTS)
    assert caught.value.is_retryable
    assert caught.value.retry_after == 0
    assert len(service.requests) == 3


@pytest.mark.parametrize(
    "failure",
    [
        acts.refuse(400, "too long"),
        acts.refuse(404, "no such model"),
        acts.refuse(501, "cannot"),
        acts.refuse(429, "pay first", "insufficient_quota", retry_after="0"),
        acts.raw(302, b"", Location="http://127.0.0.1:1/"),
    ],
    ids=["400", "404", "501", "unpaid", "redirection"],
)
def test_what_would_fail_again_is_not_tried_again(
    service: Service, embed: Embed, failure: acts.Action
) -> None:
    service.always = failure
    with pytest.raises(EmbeddingError, match="HTTP") as caught:
        embed(embedder(service), TEXTS)
    assert not caught.value.is_retryable
    assert len(service.requests) == 1


def test_an_answer_without_words_is_named(service: Service, embed: Embed) -> None:
    service.always = acts.raw(302, b"", Location="http://127.0.0.1:1/")
    with pytest.raises(EmbeddingError, match="answered HTTP 302: Found"):
        embed(embedder(service), TEXTS)


def test_a_proxy_of_the_environment_is_used(
    service: Service, embed: Embed, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = service.base_url.removesuffix("/v1")
    monkeypatch.setattr(http, "_opener", http._opener.__wrapped__)  # it reads them once
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    away = as_embedder(HttpEmbedder("test:model-8", base_url="http://model.invalid/v1"))
    np.testing.assert_array_equal(embed(away, TEXTS), vectors(TEXTS))
    assert service.requests[0]["path"] == "http://model.invalid/v1/embeddings"


def test_a_long_pause_is_left_to_the_caller(service: Service, embed: Embed) -> None:
    service.always = acts.refuse(429, "come tomorrow", retry_after="86400")
    with pytest.raises(EmbeddingError, match="come tomorrow") as caught:
        embed(embedder(service), TEXTS)
    assert (caught.value.is_retryable, caught.value.retry_after) == (True, 86_400)
    assert len(service.requests) == 1


@pytest.mark.parametrize("failure", [acts.be_silent, acts.trickle])
def test_a_slow_answer_has_an_end(service: Service, embed: Embed, failure: acts.Action) -> None:
    service.always = failure
    with pytest.raises(EmbeddingError, match=r"no answer within 0\.2 seconds") as caught:
        embed(embedder(service, timeout=0.2, retries=0), TEXTS)
    assert caught.value.is_retryable


def test_a_service_that_is_not_there(embed: Embed) -> None:
    away = as_embedder(HttpEmbedder("test:model-8", base_url="http://127.0.0.1:1/v1", retries=0))
    with pytest.raises(EmbeddingError, match=r"127\.0\.0\.1:1: no connection") as caught:
        embed(away, TEXTS)
    assert caught.value.is_retryable


def test_the_first_failure_ends_the_other_batches(service: Service, embed: Embed) -> None:
    service.planned = [acts.refuse(400, "bad text")]
    service.always = acts.refuse(503, retry_after="50")
    with pytest.raises(EmbeddingError, match="bad text"):
        embed(embedder(service, batch_texts=1, concurrency=2), TEXTS)
    assert len(service.requests) < len(TEXTS)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (acts.answer(lambda data: data[1:]), "returned 9 vectors for 10 texts"),
        (acts.answer(lambda data: [*data, data[0]]), "returned 11 vectors for 10 texts"),
        (acts.answer(lambda data: [data[0]] * 10), "expected 0 to 9, each once"),
        (acts.answer(lambda data: [{**each, "index": -1} for each in data]), "each once"),
        (acts.answer(lambda data: [{**each, "embedding": "?"} for each in data]), "base64"),
        (acts.answer(lambda data: [{**each, "embedding": "AAA="} for each in data]), "base64"),
        (acts.answer(lambda data: [{"index": each["index"]} for each in data]), "text 1"),
        (acts.answer(lambda data: [{**each, "embedding": ["a"]} for each in data]), "text 1"),
        (acts.answer(lambda data: None), "no list `data`"),
        (acts.answer(lambda data: [1] * 10), "no list `data`"),
        (acts.raw(200, b"<html>", Content_Type="text/html"), "no list `data`"),
        (acts.raw(200, b'{"error": "no such model"}'), "no such model"),
        (acts.raw(200, b"[]"), "no list `data`"),
        (acts.answer(dimensions=9), "text 1: 9 dimensions, expected 8"),
        (
            acts.answer(
                lambda data: [
                    *data[:6],
                    {**data[6], "embedding": [float("nan")] * DIMENSIONS},
                    *data[7:],
                ]
            ),
            "text 7: value 1 is nan",
        ),
        (
            acts.answer(lambda data: [*data[:2], {**data[2], "embedding": [1, 2]}, *data[3:]]),
            "text 3: 2 dimensions, expected 8",
        ),
        (
            acts.answer(lambda data: [{**each, "embedding": [1e300] * 8} for each in data]),
            "text 1: value 1 is 1e\\+300",
        ),
    ],
)
def test_a_wrong_answer_is_refused(
    service: Service, embed: Embed, action: acts.Action, message: str
) -> None:
    service.always = action
    with pytest.raises(InvalidEmbedding, match=message) as caught:
        embed(embedder(service, model=EmbeddingModel("test", "model-8", dimensions=8)), TEXTS)
    assert not caught.value.is_retryable
    assert len(service.requests) == 1


def test_batches_of_different_dimensions_are_refused(service: Service, embed: Embed) -> None:
    service.planned = [acts.answer(dimensions=9)]
    with pytest.raises(InvalidEmbedding, match="dimensions, expected"):
        embed(embedder(service, batch_texts=5), TEXTS)


def test_dimensions_are_learnt_from_the_first_answer(service: Service) -> None:
    found = embedder(service)
    assert found.model.dimensions is None
    assert found.identify() == EmbeddingModel("test", "model-8", dimensions=8)
    assert asyncio.run(found.aidentify()).dimensions == 8
    assert len(service.requests) == 1
    service.always = acts.answer(dimensions=9)
    with pytest.raises(InvalidEmbedding, match="9 dimensions, expected 8"):
        found.embed_queries(["orange cloud"])


def test_shorter_vectors_are_asked_for(service: Service, embed: Embed) -> None:
    model = EmbeddingModel("test", "model-8", dimensions=4)
    found = embed(embedder(service, model=model, request_dimensions=True), TEXTS)
    np.testing.assert_array_equal(found, vectors(TEXTS, 4))
    assert service.requests[0]["dimensions"] == 4


def test_prompts_are_put_before_the_texts(service: Service) -> None:
    model = EmbeddingModel("test", "e5", query_prompt="query: ", document_prompt="passage: ")
    both = embedder(service, model=model)
    both.embed_documents(["a"])
    both.embed_queries(["b"])
    asyncio.run(both.aembed_queries(["c"]))
    assert service.texts == [["passage: a"], ["query: b"], ["query: c"]]


@pytest.mark.parametrize(
    "status", [200, 400, 401, 403, 429, 500], ids=lambda status: f"HTTP {status}"
)
def test_the_key_is_sent_and_shown_nowhere(
    service: Service,
    embed: Embed,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(0)
    monkeypatch.setenv("TEST_API_KEY", f"{KEY}\n")
    body = f'{{"error": {{"message": "{KEY} will not do, {KEY}"}}}}'.encode()
    service.always = acts.raw(status, body, retry_after="0")
    found = embedder(service, key_variable="TEST_API_KEY", retries=1)
    with pytest.raises(EmbeddingError) as caught:
        embed(found, TEXTS)
    assert service.headers[0]["authorization"] == f"Bearer {KEY}"
    shown = "".join(traceback.format_exception(caught.value)) + str(caught.value.hint)
    inside = [vars(found), vars(getattr(found._documents.blocking, "__self__"))]  # noqa: B009
    assert KEY not in f"{shown}{caplog.text}{found!r}{inside}"
    if status in (401, 403):
        assert "TEST_API_KEY" in str(caught.value.hint)
    else:
        assert "$TEST_API_KEY will not do" in caught.value.message


def test_no_key_is_sent_if_none_is_named(service: Service, embed: Embed) -> None:
    embed(embedder(service), TEXTS)
    assert "authorization" not in service.headers[0]


def test_a_key_that_is_missing_is_named(service: Service) -> None:
    with pytest.raises(InvalidRequest, match="TEST_API_KEY is not set") as caught:
        embedder(service, key_variable="TEST_API_KEY")
    assert caught.value.hint == "Run: export TEST_API_KEY=…"


def test_a_key_that_no_header_can_hold_is_not_quoted(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_API_KEY", f"{KEY}\r\nX: y")
    with pytest.raises(InvalidRequest, match="TEST_API_KEY holds something") as caught:
        embedder(service, key_variable="TEST_API_KEY")
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "base_url",
    ["", "localhost:8000", "file:///etc/passwd", "ftp://host/v1", "https://", "http:///v1"],
)
def test_an_address_is_http(base_url: str) -> None:
    with pytest.raises(InvalidRequest, match="not the address of an API"):
        HttpEmbedder("test:model", base_url=base_url)


@pytest.mark.parametrize(
    "base_url", [f"https://user:{KEY}@host/v1", f"https://host/v1?key={KEY}", f"https://h/#{KEY}"]
)
def test_an_address_holds_no_key(base_url: str) -> None:
    with pytest.raises(InvalidRequest, match="holds more than the address") as caught:
        HttpEmbedder("test:model", base_url=base_url)
    assert KEY not in f"{caught.value} {caught.value.hint}"


def test_a_cancelled_call_ends_at_once(service: Service) -> None:
    service.always = acts.refuse(503, retry_after="50")

    async def cancel() -> None:
        task = asyncio.create_task(embedder(service).aembed_documents(TEXTS))
        while not service.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(cancel(), 30))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-1"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": formatdate(0, usegmt=True)}, 0),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    reply = Reply(429, headers=headers)
    assert reply.retry_after == seconds
    if seconds is not None:
        assert reply.pause(0) == seconds


def test_a_date_to_retry_after() -> None:
    later = formatdate(4_102_444_800, usegmt=True)  # the year 2100
    reply = Reply(503, headers={"retry-after": later})
    assert (reply.retry_after or 0) > MAX_WAIT
    assert reply.pause(0) is None


def test_pauses_grow_up_to_a_limit() -> None:
    pauses = [Reply(500).pause(attempt) or 0 for attempt in range(12)]
    for attempt, pause in enumerate(pauses):
        longest = min(8, 0.5 * 2**attempt)
        assert longest / 2 <= pause <= longest


def test_a_pause_is_taken_between_two_attempts() -> None:
    found = HttpEmbedder("test:model", base_url="http://localhost/v1", retries=1)
    exchange = found._exchange(["a"])
    body = next(exchange)
    assert isinstance(body, bytes)
    assert exchange.send(Reply(429, headers={"retry-after": "7"})) == 7
    assert next(exchange) == body
    with pytest.raises(EmbeddingError, match="HTTP 429"):
        exchange.send(Reply(429))
