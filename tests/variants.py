"""The tests' database as people really have it: `PGVECTORIZE_TEST_VARIANT`.

One of these, or several with commas between:

- `extensions`: pgvector is in a schema `extensions`, which is on nobody's search_path
- `role`: a role that owns nothing and is no superuser, but was granted `owner`
- `collation`: the database sorts as German does, numbers in a text by their value
- `settings`: settings of the database that have bitten others, see `SETTINGS`
- `pgbouncer`: through this machine's PgBouncer, in transaction mode
- `pgbouncer-prepared`: through that of the container `PGVECTORIZE_TEST_IMAGE`, which knows
  prepared statements

What a variant needs and does not find ends the run. Without the variable nothing changes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import sleep
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Composed, Identifier, Literal

from pgvectorize import Client, schema
from tests.servers import IMAGE

VARIANTS = ("extensions", "role", "collation", "settings", "pgbouncer", "pgbouncer-prepared")

Connection = psycopg.Connection[tuple[object, ...]]

ROLE, PASSWORD = "pgvectorize test role", "secret"

# As ids are `text`, and no id is a word, numbers by their value differ most from code points.
ICU_LOCALE = "de-DE-u-kn-true"
LIBC_LOCALES = ("de_DE.utf8", "en_US.utf8")

SETTINGS = {
    "backslash_quote": "off",
    "bytea_output": "escape",
    "datestyle": "ISO, DMY",  # psycopg itself reads no others
    "debug_parallel_query": "on",
    "enable_hashagg": "off",
    "from_collapse_limit": "1",
    "geqo_threshold": "2",
    "intervalstyle": "sql_standard",
    "jit": "on",
    "jit_above_cost": "0",
    "jit_inline_above_cost": "0",
    "jit_optimize_above_cost": "0",
    "join_collapse_limit": "1",
    "max_parallel_maintenance_workers": "0",
    "plan_cache_mode": "force_generic_plan",
    "row_security": "off",
    "search_path": "nowhere, pg_catalog",
    "standard_conforming_strings": "off",
    "timezone": "Asia/Kathmandu",
    "transform_null_equals": "on",
    "work_mem": "64kB",
}


_straight: dict[str, str] = {}  # DSN through a PgBouncer → past it


class Missing(RuntimeError):
    """A variant was asked for, but not all is there that it needs."""


def chosen() -> frozenset[str]:
    """Return the variants that were asked for."""
    names = frozenset(filter(None, os.environ.get("PGVECTORIZE_TEST_VARIANT", "").split(",")))
    if unknown := names - set(VARIANTS):
        raise Missing(f"no such variant: {', '.join(sorted(unknown))}; there are {VARIANTS}")
    if {"pgbouncer", "pgbouncer-prepared"} <= names:
        raise Missing("one PgBouncer at a time")
    return names


def create_database(connection: Connection, name: str) -> Composed:
    """Return the statement that creates a database."""
    locale = SQL("")
    if "collation" in chosen():
        locale = SQL(_locale(connection))
    return SQL("create database {} template template0 encoding 'UTF8' {}").format(
        Identifier(name), locale
    )


def straight(dsn: str) -> str:
    """Return the DSN of a server that is behind a pooler, or the one that is given."""
    return _straight.get(dsn, dsn)


def psycopg_options() -> dict[str, Any]:
    """Return what psycopg's own connections need where the pooler knows no prepared statements."""
    return {"prepare_threshold": None} if "pgbouncer" in chosen() else {}


@contextmanager
def prepared(dsn: str) -> Iterator[str]:
    """Migrate an empty database as the variants have it; give the DSN that tests go through."""
    names = chosen()
    database = conninfo_to_dict(dsn)["dbname"]
    with psycopg.connect(dsn, autocommit=True) as administrator, ExitStack() as stack:
        if "extensions" in names:
            administrator.execute("create schema extensions")
            administrator.execute("create extension vector schema extensions")
            administrator.execute("grant usage on schema extensions to public")
        if "settings" in names:
            for setting, value in SETTINGS.items():
                administrator.execute(
                    SQL("alter database {} set {} to {}").format(
                        Identifier(str(database)),
                        Identifier(setting),
                        SQL(value) if setting == "search_path" else Literal(value),
                    )
                )
        schema.migrate(dsn)
        if "role" in names:
            dsn = stack.enter_context(_role(administrator, dsn))
        if "pgbouncer" in names:
            dsn = stack.enter_context(pgbouncer(dsn))
        elif "pgbouncer-prepared" in names:
            dsn = stack.enter_context(pgbouncer(dsn, in_container=True))
        yield dsn


def _locale(connection: Connection) -> str:
    """Return what makes a database sort otherwise than by code points."""
    ((has_icu, libc),) = connection.execute(
        "select exists (select from pg_collation where collname = 'und-x-icu'),"
        " array(select collname::text from pg_collation where collname = any (%s))",
        [list(LIBC_LOCALES)],
    ).fetchall()
    if has_icu:
        return f"locale_provider icu icu_locale '{ICU_LOCALE}' locale 'C.UTF-8'"
    if libc:
        return f"locale '{libc[0]}'"  # type: ignore[index]
    raise Missing(
        "this server has no ICU, and the system no locale de_DE or en_US; run: apt-get install "
        "locales && localedef --inputfile=de_DE --charmap=UTF-8 de_DE.UTF-8, or take a container"
    )


@contextmanager
def _role(administrator: Connection, dsn: str) -> Iterator[str]:
    role = Identifier(ROLE)
    administrator.execute(SQL("drop role if exists {}").format(role))
    administrator.execute(SQL("create role {} login password {}").format(role, Literal(PASSWORD)))
    # what a test of ours turns off, to see that nothing depends on it
    administrator.execute(SQL("grant set on parameter track_counts to {}").format(role))
    with Client.connect(dsn) as client:
        client.grant(ROLE, "owner")
        try:
            yield make_conninfo(dsn, user=ROLE, password=PASSWORD)
        finally:
            client.revoke(ROLE)
            administrator.execute(SQL("drop owned by {} cascade").format(role))
            administrator.execute(SQL("drop role {}").format(role))


def _on_this_machine(user: str) -> list[str]:
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        raise Missing("PgBouncer is not installed; run: apt-get install pgbouncer")
    as_user = ["setpriv", f"--reuid={user}", "--clear-groups"] if os.geteuid() == 0 else []
    return [*as_user, program]


def _in_container(folder: Path, sockets: Path | None) -> list[str]:
    if shutil.which("docker") is None:
        raise Missing("pgbouncer-prepared needs Docker; .ci/docker installs and starts it")
    mounts = [f"--volume={each}:{each}" for each in (folder, sockets) if each is not None]
    return [
        *("docker", "run", "--rm", "--init", "--network=host"),
        f"--user={folder.stat().st_uid}",
        *mounts,
        "--entrypoint=pgbouncer",
        IMAGE,
    ]


@contextmanager
def pgbouncer(dsn: str, *, in_container: bool = False) -> Iterator[str]:
    """Run a PgBouncer in transaction mode in front of a server; give the DSN through it.

    It listens on a socket in a folder of its own. Where the server does so, too, it runs
    as the user who may open that. Raises `Missing`.
    """
    server = conninfo_to_dict(dsn)
    host = str(server["host"])
    sockets = Path(host) if host.startswith("/") else None
    user = sockets.owner() if sockets else "nobody"
    with tempfile.TemporaryDirectory(prefix="pgbouncer-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "users").write_text(f'"{server["user"]}" "{server.get("password") or ""}"\n')
        (folder / "ini").write_text(
            f"""
            [databases]
            * = host={host} port={server.get("port", 5432)}
            [pgbouncer]
            pool_mode = transaction
            unix_socket_dir = {folder}
            listen_port = 6432
            auth_type = trust
            auth_file = {folder / "users"}
            """.replace("            ", "")
        )
        shutil.chown(folder, user)
        folder.chmod(0o755)
        command = _in_container(folder, sockets) if in_container else _on_this_machine(user)
        with (folder / "log").open("w") as log:
            process = subprocess.Popen([*command, str(folder / "ini")], stdout=log, stderr=log)
            try:
                proxied = make_conninfo(dsn, host=str(folder), port=6432)
                _straight[proxied] = dsn
                _wait_for(proxied, process, folder / "log")
                yield proxied
            finally:
                process.terminate()
                process.wait(30)


def _wait_for(dsn: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            psycopg.connect(dsn).close()
        except psycopg.OperationalError:
            sleep(0.1)
        else:
            return
    raise Missing(f"PgBouncer does not answer:\n{re.sub('^', '    ', log.read_text())}")
