"""A service of one's own, and an environment without keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pgvectorize.embedding import providers
from tests.embedding.service import Service, running


@pytest.fixture
def service() -> Iterator[Service]:
    with running() as found:
        yield found


@pytest.fixture(autouse=True)
def without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "CLOUDFLARE_ACCOUNT_ID",
        "CLOUDFLARE_API_TOKEN",
        "CO_API_KEY",
        "OLLAMA_HOST",
        "OPENAI_API_KEY",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def without_loaded_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "_embedders", {})
