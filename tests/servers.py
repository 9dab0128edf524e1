"""Where the tests' Postgres comes from.

In this order: `PGVECTORIZE_TEST_DSN`; a container, when a Docker engine answers and
the image (`PGVECTORIZE_TEST_IMAGE`, or pgvector/pgvector:pg18) is at hand or can be
pulled; the embedded server, which always works. `PGVECTORIZE_TEST_SERVER`, one of
dsn, container and embedded, insists on one of them.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pgvectorize.embedded import serve

IMAGE = os.environ.get("PGVECTORIZE_TEST_IMAGE", "pgvector/pgvector:pg18")


@dataclass(frozen=True)
class Server:
    """A running server; `origin` says in a few words where it comes from."""

    dsn: str
    origin: str


@contextmanager
def running_server() -> Iterator[Server]:
    wanted = os.environ.get("PGVECTORIZE_TEST_SERVER")
    dsn = os.environ.get("PGVECTORIZE_TEST_DSN")
    if wanted == "dsn" or (wanted is None and dsn):
        if not dsn:
            raise RuntimeError(
                "PGVECTORIZE_TEST_SERVER is dsn, but PGVECTORIZE_TEST_DSN is not set"
            )
        yield Server(dsn, "PGVECTORIZE_TEST_DSN")
        return

    reason = "PGVECTORIZE_TEST_SERVER asks for it"
    if wanted != "embedded":
        reason = _no_container()
        if not reason:
            from testcontainers.community.postgres import PostgresContainer

            with PostgresContainer(IMAGE, driver=None) as container:
                yield Server(container.get_connection_url(), f"container of {IMAGE}")
            return
        if wanted == "container":
            raise RuntimeError(f"PGVECTORIZE_TEST_SERVER is container, but {reason}")

    with (
        tempfile.TemporaryDirectory(prefix="pgvectorize-", ignore_cleanup_errors=True) as folder,
        serve(folder) as embedded_dsn,
    ):
        yield Server(embedded_dsn, f"embedded ({reason})")


def _no_container() -> str:
    """Return why no container can be had, or ""."""
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=10)
        client.ping()
    except DockerException:
        return "no Docker engine answers"
    try:
        client.images.get(IMAGE)
    except DockerException:
        try:
            client.images.pull(IMAGE)
        except DockerException as error:
            return f"the image {IMAGE} is not here and cannot be pulled: {error}"
    return ""
