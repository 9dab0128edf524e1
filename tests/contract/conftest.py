"""The three faces as fixtures, and how Hypothesis runs here."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import suppress

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from pgvectorize import AsyncClient, Client, NotFound
from tests import variants
from tests.contract.faces import Face, IterableFace, SqlFace, client_face

settings.register_profile(
    "contract",
    deadline=None,  # an example is many round trips
    max_examples=int(os.environ.get("PGVECTORIZE_TEST_EXAMPLES", "60")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    database=None,  # leaves nothing in the tree; a failure prints how to repeat it
    print_blob=True,
)
settings.load_profile("contract")


@pytest.fixture(scope="session")
def blocking_face(client: Client, dsn: str) -> IterableFace:
    return client_face(client, dsn)


@pytest.fixture(scope="session")
def async_face(dsn: str) -> Iterator[IterableFace]:
    loop = asyncio.new_event_loop()
    client = loop.run_until_complete(AsyncClient.connect(dsn))

    def wait(result: object) -> object:
        return loop.run_until_complete(result) if asyncio.iscoroutine(result) else result

    try:
        yield client_face(client, dsn, wait)
    finally:
        loop.run_until_complete(client.close())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


@pytest.fixture(scope="session")
def sql_face(dsn: str) -> Iterator[SqlFace]:
    with psycopg.connect(dsn, autocommit=True, **variants.psycopg_options()) as connection:
        yield SqlFace(connection, dsn)


@pytest.fixture(scope="session", params=["async", "blocking", "sql"])
def face(request: pytest.FixtureRequest) -> Face:
    """Each of the three: a behaviour is written once and holds for all."""
    face: Face = request.getfixturevalue(f"{request.param}_face")
    return face


@pytest.fixture(scope="session", params=["async", "blocking"])
def iterable_face(request: pytest.FixtureRequest) -> IterableFace:
    """The two of Python, for what SQL has no need of."""
    face: IterableFace = request.getfixturevalue(f"{request.param}_face")
    return face


@pytest.fixture
def index(make_index: Callable[..., str]) -> str:
    """An index that takes every vector of two dimensions."""
    return make_index(dimensions=2, metric="euclidean")


@pytest.fixture
def new_name(client: Client, request: pytest.FixtureRequest) -> Iterator[str]:
    """A name that no index has; if one has it after the test, it is deleted."""
    name = f"new-{abs(hash(request.node.nodeid)):x}0"
    yield name
    with suppress(NotFound):
        client.delete_index(name)
