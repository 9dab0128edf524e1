"""Roles of one's own, and what they may do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from pgvectorize import schema

Connection = psycopg.Connection[tuple[object, ...]]

_numbers = count(1)


@pytest.fixture
def database(empty_database: str) -> str:
    """The DSN of a migrated database with nothing in it."""
    schema.migrate(empty_database)
    return empty_database


@pytest.fixture
def administrator(empty_database: str) -> Iterator[Connection]:
    """A connection of the superuser, in autocommit."""
    with psycopg.connect(empty_database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def new_role(administrator: Connection) -> Iterator[Callable[..., str]]:
    """Create a role that may do nothing but connect: `new_role("Odd one", "createrole")`."""
    with ExitStack() as gone:

        def create(name: str = "role", *attributes: str) -> str:
            name = f"pgvectorize {name} {next(_numbers)}"
            role = Identifier(name)
            administrator.execute(SQL("drop role if exists {}").format(role))
            administrator.execute(SQL("create role {} {}").format(role, SQL(" ".join(attributes))))
            gone.callback(administrator.execute, SQL("drop role {}").format(role))
            gone.callback(administrator.execute, SQL("drop owned by {} cascade").format(role))
            return name

        yield create
