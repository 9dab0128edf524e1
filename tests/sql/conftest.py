"""Waiting for another session, without sleeping for a guessed time."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

Connection = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def eventually(connection: Connection) -> Callable[..., None]:
    """Wait until a condition holds, for ten seconds at most."""

    def wait(condition: str, *parameters: object) -> None:
        for _ in range(1_000):
            if connection.execute(f"select {condition}", parameters).fetchone() == (True,):
                return
            connection.execute("select pg_sleep(0.01)")
        raise AssertionError(f"after 10 seconds it is still not so: {condition} {parameters}")

    return wait
