"""Vectors that are hard to carry, and the commands."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import settings

from pgvectorize import Client, NotFound, Vector
from tests.cli.conftest import (  # noqa: F401 (fixtures)
    _no_database_in_the_environment,
    cli,
    cli_json,
    cli_text,
    misused,
    refused,
)

settings.register_profile(
    "transfer",
    deadline=None,
    max_examples=int(os.environ.get("PGVECTORIZE_TEST_EXAMPLES", "300")),
    database=None,
    print_blob=True,
)

VECTORS = [
    Vector("a", [1.0, -0.0, 0.2321]),
    Vector("b", [1e-45, 8e18, -1.1754944e-38], "n"),
    Vector("ünï", [0.1, 1 / 3, 123456789.0], None, {"price": 1e23, "tags": ["x", None], "n": 0.1}),
    Vector('back\\slash "quote" \n', [1, 2, 3], 'ñ"', {"text": "line\nbreak", "in": {"ner": True}}),
    Vector("empty", [0, 0, 0], None, {}),
    Vector("text", [4, 5, 6], "n", {"k": 1}, 'line\nbreak, "quote", \\ ☁️\u2028'),
    Vector("no text", [4, 5, 7], content=""),
    Vector("00 pending", content="to be embedded"),
    Vector("pending", None, "n", {"k": 1}, "to be embedded"),
]


@pytest.fixture
def index(make_index: Callable[..., str], client: Client) -> str:
    """An index of three dimensions with VECTORS."""
    name = make_index(dimensions=3, metric="euclidean")
    client.index(name).upsert(VECTORS)
    return name


@pytest.fixture
def new_name(client: Client, request: pytest.FixtureRequest) -> Iterator[str]:
    """A name that no index has; if one has it after the test, it is deleted."""
    name = f"new-{abs(hash(request.node.nodeid)):x}0"
    yield name
    with suppress(NotFound):
        client.delete_index(name)


def content(client: Client, name: str) -> dict[str, tuple[object, ...]]:
    """Return what an index holds, bit for bit."""
    return {
        vector.id: (
            None if vector.values is None else np.asarray(vector.values).tobytes(),
            vector.namespace,
            vector.metadata,
            vector.content,
        )
        for vector in client.index(name)
    }


def values_of(vector: Vector) -> list[float]:
    values: list[float] = np.asarray(vector.values).tolist()
    return values
