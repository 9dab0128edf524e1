"""Servers that a test may kill, and the counts of what was lost."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest

import pgvectorize
from pgvectorize import schema
from tests.faults.rows import DIMENSIONS, rows
from tests.faults.server import OwnServer, own_server
from tests.faults.worker import INDEX, STORED

# How often what depends on the moment is done.
ROUNDS = int(os.environ.get("PGVECTORIZE_TEST_FAULTS", "1"))


@pytest.fixture(scope="session")
def empty_template() -> Iterator[OwnServer]:
    """A server that is stopped, migrated and without an index."""
    with own_server() as server:
        server.start()
        schema.migrate(server.dsn)
        server.stop()
        yield server


@pytest.fixture(scope="session")
def template(empty_template: OwnServer) -> Iterator[OwnServer]:
    """A server that is stopped, with one index that has rows, and one that has none."""
    with own_server(empty_template) as server:
        server.start()
        with pgvectorize.connect(server.dsn) as client:
            client.create_index(
                "empty", dimensions=DIMENSIONS, metric="euclidean", ef_construction=400
            )
            client.create_index(INDEX, dimensions=DIMENSIONS, metric="euclidean")
            client.index(INDEX).bulk_load(rows(0, STORED, 0))
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute("create extension amcheck")
        server.stop()
        yield server


@pytest.fixture
def own(template: OwnServer) -> Iterator[OwnServer]:
    """A server of the test's own, running, with the template's two indexes."""
    with own_server(template) as server:
        server.start()
        yield server


@pytest.fixture(scope="session")
def shared(template: OwnServer) -> Iterator[OwnServer]:
    """The same, for tests that leave the server running and its indexes as they were."""
    with own_server(template) as server:
        server.start()
        yield server


@pytest.fixture
def client(own: OwnServer) -> Iterator[pgvectorize.Client]:
    with pgvectorize.connect(own.dsn) as client:
        yield client
