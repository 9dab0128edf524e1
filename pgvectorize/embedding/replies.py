"""What a service that speaks OpenAI's protocol answers, and what to do about it."""

from __future__ import annotations

import base64
import binascii
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cached_property
from http.client import responses
from typing import Any

import numpy as np

from pgvectorize.embedding.secrets import redacted
from pgvectorize.errors import EmbeddingError, InvalidEmbedding

MAX_WAIT = 60.0  # seconds; a service that asks for a longer pause is left to the caller
_FIRST_WAIT = 0.5
_LONGEST_BACK_OFF = 8.0
_REFUSED = (401, 403)
# 501 and 505 say that the service cannot do it, not that it cannot do it now.
_PASSING = frozenset({408, 409, 425, 429, *range(500, 600)} - {501, 505})


@dataclass(frozen=True)
class Reply:
    """One answer, or why there was none: then `status` is 0 and `problem` says it.

    If `is_final`, the same request would fail again, as one to a host with a bad certificate.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    is_final: bool = False

    @property
    def is_ok(self) -> bool:
        return self.status == 200 and not self.problem

    @property
    def is_retryable(self) -> bool:
        if self.is_final or self._code == "insufficient_quota":  # OpenAI's 429 of an unpaid bill
            return False
        return bool(self.problem) or self.status in _PASSING

    @property
    def retry_after(self) -> float | None:
        """The number of seconds that the service asks to wait."""
        for name, unit in (("retry-after-ms", 1_000.0), ("retry-after", 1.0)):
            text = self.headers.get(name, "")
            try:
                return max(0.0, float(text) / unit)
            except ValueError:
                pass
        try:
            return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
        except ValueError:
            return None

    def pause(self, attempt: int) -> float | None:
        """Return how long to wait before the next attempt, None if there is no use in one."""
        if not self.is_retryable:
            return None
        asked = self.retry_after
        if asked is not None:
            return asked if asked <= MAX_WAIT else None
        back_off = min(_LONGEST_BACK_OFF, _FIRST_WAIT * 2.0**attempt)
        return back_off * random.uniform(0.5, 1)  # noqa: S311 - so that clients do not retry at once

    def error(self, service: str, key_variable: str | None) -> EmbeddingError:
        """Return the error that says what was wrong."""
        if self.status in _REFUSED:
            # what the service says is not quoted: it may repeat a part of the key
            return EmbeddingError(
                f"{service} refused the key (HTTP {self.status})",
                hint=f"Check the environment variable {key_variable}."
                if key_variable
                else "Name the environment variable that holds the key: key_variable=…",
            )
        body = self.body[:200].decode(errors="replace")
        said = redacted(self.problem or self._said or body) or responses.get(self.status, "")
        return EmbeddingError(
            f"{service} answered HTTP {self.status}: {said}"
            if self.status
            else f"{service}: {said}",
            hint="Try again later." if self.is_retryable else None,
            is_retryable=self.is_retryable,
            retry_after=self.retry_after,
        )

    def vectors(self, service: str, count: int) -> list[Any]:
        """Return the vectors in the order of the texts; raises `InvalidEmbedding`."""
        document = self.document
        data = document.get("data") if isinstance(document, dict) else None
        if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
            said = self._said or "its answer has no list `data`"
            raise InvalidEmbedding(
                f"{service}: {redacted(said)}",
                hint="Does base_url name the service's OpenAI-compatible API?",
            )
        if len(data) != count:
            raise InvalidEmbedding(f"{service} returned {len(data)} vectors for {count} texts")
        places = [item.get("index", place) for place, item in enumerate(data)]
        if sorted(places, key=str) != sorted(range(count), key=str):
            raise InvalidEmbedding(
                f"{service} returned the indexes {str(places)[:64]}, expected 0 to {count - 1}, "
                "each once"
            )
        by_place = dict(zip(places, data, strict=True))
        return [_numbers(by_place[place].get("embedding"), service) for place in range(count)]

    @cached_property
    def document(self) -> Any:
        """The body as JSON, None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def _error(self) -> Mapping[str, Any]:
        document = self.document
        found = document.get("error") if isinstance(document, dict) else None
        return found if isinstance(found, dict) else {"message": found} if found else {}

    @property
    def _said(self) -> str | None:
        message = self._error.get("message")
        return message if isinstance(message, str) else None

    @property
    def _code(self) -> Any:
        return self._error.get("code")


def _numbers(embedding: Any, service: str) -> Any:
    """Return one vector, of numbers or of float32 in base64."""
    if not isinstance(embedding, str):
        return embedding
    try:
        return np.frombuffer(base64.b64decode(embedding, validate=True), dtype="<f4")
    except (binascii.Error, ValueError) as error:
        raise InvalidEmbedding(f"{service} returned text that is not float32 in base64") from error
