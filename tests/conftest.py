"""What every test may use: the server, a migrated database, and indexes of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from time import sleep
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

import pgvectorize
from tests import variants
from tests.servers import Server, choice, running_server
from tests.tally import Tally, print_tally

_numbers = count(1)
_running = ExitStack()
_server = pytest.StashKey[Server]()


def pytest_configure(config: pytest.Config) -> None:
    if not config.option.collectonly and not _distributes(config):
        config.stash[_server] = _running.enter_context(running_server())


def pytest_unconfigure() -> None:
    _running.close()


def _distributes(config: pytest.Config) -> bool:
    """Whether all tests are run by other processes, each of which has a server of its own."""
    return bool(config.getoption("tx", None))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    # roles and settings belong to a whole server, and there is one
    return 0 if choice()[0] == "dsn" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    print_tally(terminalreporter)


def pytest_report_header(config: pytest.Config) -> str:
    if _distributes(config):
        return f"postgres: {' '.join(filter(None, choice()))}, one for each process"
    server = config.stash.get(_server, None)
    if server is None:
        return "postgres: none, nothing is run"
    with psycopg.connect(server.dsn) as connection:
        row = connection.execute("select current_setting('server_version')").fetchone()
    assert row is not None
    variant = f", with {', '.join(sorted(chosen))}" if (chosen := variants.chosen()) else ""
    return f"postgres: {row[0]}, {server.origin}{variant}"


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config) -> Server:
    return pytestconfig.stash[_server]


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    return Tally(request.node)


@contextmanager
def _database(server: Server) -> Iterator[str]:
    """A database of its own, empty; dropped in the end."""
    name = f"pgvectorize_test_{next(_numbers)}"
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(SQL("drop database if exists {} with (force)").format(Identifier(name)))
        connection.execute(variants.create_database(connection, name))
        try:
            yield make_conninfo(server.dsn, dbname=name)
        finally:
            connection.execute(SQL("drop database {} with (force)").format(Identifier(name)))


@pytest.fixture
def empty_database(server: Server) -> Iterator[str]:
    """The DSN of a database with nothing in it, for tests of migrations."""
    with _database(server) as dsn:
        yield dsn


@pytest.fixture(scope="session")
def dsn(server: Server) -> Iterator[str]:
    """The DSN of the migrated database that tests share; each makes its own index."""
    with ExitStack() as stack:
        try:
            direct = stack.enter_context(_database(server))
            dsn = stack.enter_context(variants.prepared(direct))
        except variants.Missing as missing:
            pytest.exit(f"PGVECTORIZE_TEST_VARIANT: {missing}", returncode=1)
        yield dsn


@pytest.fixture(scope="session")
def client(dsn: str) -> Iterator[pgvectorize.Client]:
    with pgvectorize.connect(dsn) as client:
        yield client


@pytest.fixture
def connection(dsn: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A plain connection in autocommit, as a SQL user has it."""
    with psycopg.connect(dsn, autocommit=True, **variants.psycopg_options()) as connection:
        yield connection


@pytest.fixture
def counted(client: pgvectorize.Client) -> Callable[[Callable[[], bool]], None]:
    """Wait for what Postgres' counters of rows say once they know what the client wrote.

    A session counts when a statement ends, a second or more after the last time; while it is
    idle, after ten.
    """

    def wait(is_so: Callable[[], bool]) -> None:
        for _ in range(600):
            if is_so():
                return
            client.presets()
            sleep(0.02)
        raise AssertionError("the counters do not say so")

    return wait


@pytest.fixture
def make_index(client: pgvectorize.Client) -> Iterator[Callable[..., str]]:
    """Create an index and return its name; it is deleted after the test.

    `make_index(dimensions=3, metric="cosine", **options)`
    """
    names: list[str] = []

    def make(dimensions: int = 3, metric: str = "cosine", **options: Any) -> str:
        name = f"test-{next(_numbers)}"
        client.create_index(name, dimensions=dimensions, metric=metric, **options)  # type: ignore[arg-type]
        names.append(name)
        return name

    yield make
    for name in names:
        client.delete_index(name)
