"""The Postgres that is measured: one that the caller names, or an embedded one."""

from __future__ import annotations

import hashlib
import os
import platform
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier, Literal

from benchmarks.cache import ROOT, folder
from pgvectorize.embedded import serve

# What anybody would set on a machine that is there for Postgres. The planner's costs stay
# at their defaults. Vacuum runs where a part says so, not in the middle of a measurement.
# A graph of a million rows of 128 dimensions takes 1.2 GB to build.
MEMORY = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")  # bytes
SETTINGS = {
    "autovacuum": "off",
    "checkpoint_timeout": "30min",
    "effective_cache_size": f"{MEMORY // 2 >> 20}MB",
    "maintenance_work_mem": f"{min(MEMORY // 8 >> 20, 2_048)}MB",
    "max_wal_size": "16GB",
    "shared_buffers": f"{min(MEMORY // 4 >> 20, 2_048)}MB",
}

SIGNATURE = re.compile(r"^create or replace function.*?^language", re.MULTILINE | re.DOTALL)

# What a reader of the figures should know; the first ones are printed for any server.
SHOWN = (
    *SETTINGS,
    "fsync",
    "full_page_writes",
    "jit",
    "max_connections",
    "max_parallel_maintenance_workers",
    "max_parallel_workers_per_gather",
    "random_page_cost",
    "synchronous_commit",
    "work_mem",
)


@contextmanager
def running(dsn: str | None) -> Iterator[str]:
    """Give the DSN of a database for the benchmark: the one named, or one of an embedded server.

    The embedded server's data stay in the cache, so that what one part has loaded the
    next can use. A database of its own belongs to each state of the schema: `migrate` does
    not replace a function whose signature has changed between releases.
    """
    if dsn is not None:
        yield dsn
        return
    with ExitStack() as stack:
        own = stack.enter_context(serve(folder("server")))
        if configure(own):
            print("  starting the server again with its settings", flush=True)
            stack.close()
            own = stack.enter_context(serve(folder("server")))
        yield database(own, f"bench_{schema_digest()}")


def configure(dsn: str) -> bool:
    """Set the server's settings; return whether it has to start again for them."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for name, value in SETTINGS.items():
            connection.execute(
                SQL("alter system set {} = {}").format(Identifier(name), Literal(value))
            )
        connection.execute("select pg_reload_conf(), pg_sleep(0.2)")
        row = connection.execute(
            "select count(*) from pg_settings where pending_restart and name = any(%s)",
            [list(SETTINGS)],
        ).fetchone()
    return row is not None and row[0] > 0


def database(dsn: str, name: str) -> str:
    """Make an empty database if it is not there, and drop those of other schemas."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        rows = connection.execute(r"select datname from pg_database where datname ~ '^bench_'")
        there = {str(row[0]) for row in rows}
        for other in there - {name}:
            with suppress(psycopg.errors.ObjectInUse, psycopg.errors.InvalidCatalogName):
                connection.execute(SQL("drop database {}").format(Identifier(other)))
        if name not in there:
            with suppress(psycopg.errors.DuplicateDatabase):
                connection.execute(
                    SQL("create database {} template template0").format(Identifier(name))
                )
    return make_conninfo(dsn, dbname=name)


def schema_digest() -> str:
    """Return what stands for the tables and for the functions' signatures."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "migrations" / "versions").glob("*.py")):
        digest.update(path.read_bytes())
    for path in sorted((ROOT / "sql" / "functions").glob("*.sql")):
        digest.update("".join(SIGNATURE.findall(path.read_text())).encode())
    return digest.hexdigest()[:8]


def description(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Return the server's versions and the settings that matter here."""

    def one(statement: str) -> str:
        row = connection.execute(statement).fetchone()
        return "" if row is None else str(row[0])

    found = {
        "PostgreSQL": one("select current_setting('server_version')"),
        "pgvector": one("select extversion from pg_extension where extname = 'vector'"),
    }
    rows = connection.execute(
        "select name, current_setting(name) from pg_settings where name = any(%s) order by name",
        [list(SHOWN)],
    )
    return found | {str(name): str(value) for name, value in rows}


def machine() -> dict[str, str]:
    """Return what the machine is, without its name."""
    cpu = platform.processor() or platform.machine()
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
                break
    return {
        "processor": f"{cpu}, {os.cpu_count()} cores",
        "memory": f"{MEMORY / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
    }


def libraries() -> dict[str, str]:
    return {
        "Python": platform.python_version(),
        **{name: version(name) for name in ("pgvectorize", "psycopg", "numpy")},
    }
