"""The schema in the database: bring it up to date, and say what a database has.

Tables and types change in Alembic revisions (`migrations/`), each applied once. Functions are
whole files in `sql/functions/`; an upgrade that changes anything applies all of them again.
Both happen in one transaction.
"""

from __future__ import annotations

import io
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import alembic.command
import alembic.context
import alembic.op
import psycopg
import sqlalchemy as sa
from alembic.config import Config
from sqlalchemy.exc import DBAPIError

from pgvectorize import functions
from pgvectorize.compatibility import REVISION, check_pgvector, check_revision, check_server
from pgvectorize.errors import (
    ExtensionUnavailable,
    PgVectorizeError,
    SchemaOutdated,
    check_dsn,
    translate,
    translated,
)
from pgvectorize.models import Finding

# Only who may change the catalog can take this lock. It also keeps others from changing an index or
# grants meanwhile.
_LOCK = "lock table pgvectorize_private.indexes in share row exclusive mode"
# Before the first migration there is no catalog. Any role may hold this lock, and so delay it.
_FIRST_LOCK = "select pg_advisory_xact_lock(hashtextextended('pgvectorize schema', 0))"
# `create schema if not exists` needs the right to create even if there is nothing to do
_CREATE_SCHEMAS = """
do $$
declare
    name text;
begin
    foreach name in array array['pgvectorize', 'pgvectorize_private', 'pgvectorize_data'] loop
        if to_regnamespace(name) is null then
            execute format('create schema %I', name);
        end if;
    end loop;
end $$
"""
# each index has a search function made from the others; that of another owner stays unchanged
_CREATE_SEARCH_FUNCTIONS = """
do $$
declare
    target pgvectorize_private.indexes;
begin
    for target in select * from pgvectorize_private.indexes loop
        begin
            perform pgvectorize_private._create_search_function(target);
        exception when insufficient_privilege then
            raise warning 'index "%" belongs to another role, which must migrate too', target.name;
        end;
    end loop;
end $$
"""
# what fixes a schema that does not fit; SQL cannot do it
_MIGRATE: dict[str, Any] = {"fix": "pgvectorize migrate", "action": "migrate", "arguments": {}}
_PINNED = "pg_catalog, pg_temp"
# alembic.command works through module-level proxies
_ALEMBIC_LOCK = threading.Lock()


@dataclass(frozen=True)
class SchemaState:
    """What a database has, or what this library needs.

    `revision` is Alembic's, `functions` a digest of the SQL functions. Each is None if there
    is none.
    """

    revision: str | None
    functions: str | None


def wanted() -> SchemaState:
    """Return the state that this library needs."""
    return SchemaState(REVISION, functions.digest())


def current(connection: sa.Connection) -> SchemaState:
    """Return the state of a database; equal to `wanted()` when it is up to date."""
    with _path_pinned(connection):
        return _current(connection)


def _current(connection: sa.Connection) -> SchemaState:
    revision = digest = None
    if _scalar(connection, "select to_regclass('pgvectorize_private.schema_version') is not null"):
        revision = _scalar(connection, "select version_num from pgvectorize_private.schema_version")
    applied = functions.applied(connection)
    if applied is not None:
        digest = applied.digest
        extension = _extension(connection)
        # the functions name the schema in which the extension was at that time
        was_moved = extension is None or extension[1] != applied.vector_schema
        if was_moved or (digest == functions.digest() and not functions.are_all_there(connection)):
            digest = None
    return SchemaState(revision, digest)


def upgrade(connection: sa.Connection) -> bool:
    """Bring a database up to date in the connection's transaction; return whether it changed.

    An application with its own history calls it in a revision, with `op.get_bind()`. It
    commits nothing. Any number of processes may call it at once; one does the work, the others
    wait for it. The second time it changes nothing and takes no lock.

    Raises `SchemaOutdated` if a newer library was here or an object of the user depends on a
    function that has to be dropped, `ServerUnsupported`, `ExtensionUnavailable` and
    `DatabaseError`.
    """
    with _translated(), _path_pinned(connection) as path:
        found = _current(connection)
        if found.revision is None and found != wanted():
            connection.exec_driver_sql(_FIRST_LOCK)
            found = _current(connection)
        if found == wanted():
            return False
        if found.revision is not None and found.revision > REVISION:
            check_revision(found.revision)  # which refuses it: a newer library was here
        _refuse_development_version(connection)
        check_server(
            int(_scalar(connection, "select current_setting('server_version_num')")),
            _scalar(connection, "select current_setting('server_encoding')"),
        )
        if found.revision is not None:
            connection.exec_driver_sql(_LOCK)
            if _current(connection) == wanted():
                return False
        vector_schema = _require_extension(connection, path)
        _run_alembic(_config(vector_schema, connection), sql=False)
        return True


def migrate(dsn: str) -> tuple[SchemaState, SchemaState]:
    """Bring a database up to date and commit; return its state before and after.

    `dsn` is a libpq connection string; "" means libpq's `PG*` variables.
    """
    with _connected(dsn) as connection:
        before = current(connection)
        upgrade(connection)
        return before, current(connection)


def inspect(dsn: str) -> SchemaState:
    """Return the state of a database by its connection string."""
    with _connected(dsn) as connection:
        return current(connection)


def diagnose(dsn: str) -> list[Finding]:
    """Return what keeps this library from working with a database, and how to fix it.

    An unsupported server or pgvector, and a schema that is missing, behind or ahead, are
    errors: no client can connect. Functions of another library are a warning. `Client.doctor`
    finds everything else.
    """
    findings: list[Finding] = []

    def check(code: str, attempt: Callable[[], object], **how: Any) -> None:
        try:
            attempt()
        except PgVectorizeError as error:
            findings.append(Finding("error", code, None, f"{error.message}.", **how))

    with (
        _connected(dsn) as connection,
        _path_pinned(connection),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # `doctor` finds a pgvector that is old
        version_num, encoding = connection.exec_driver_sql(
            "select current_setting('server_version_num')::integer,"
            " current_setting('server_encoding')"
        ).one()
        check("server_unsupported", lambda: check_server(version_num, encoding))
        extension = _extension(connection)
        if extension is None:
            findings.append(
                Finding(
                    "error",
                    "pgvector_missing",
                    None,
                    "pgvector is not in this database.",
                    "create extension vector;",
                )
            )
        else:
            version, _ = extension
            check(
                "pgvector_old",
                lambda: check_pgvector(version),
                fix="alter extension vector update;",
            )
        found = _current(connection)
    if found.revision is not None and found.revision > REVISION:
        upgrade_library = "pip install --upgrade pgvectorize"
        check("schema_ahead", lambda: check_revision(found.revision), fix=upgrade_library)
    else:
        check("schema_behind", lambda: check_revision(found.revision), **_MIGRATE)
    if found.revision == REVISION and found.functions != wanted().functions:
        findings.append(
            Finding(
                "warning",
                "functions_differ",
                None,
                f"the database has functions {found.functions or 'that are not whole'}, this "
                f"library comes with {wanted().functions}.",
                **_MIGRATE,
            )
        )
    return findings


def upgrade_sql(vector_schema: str = "public") -> str:
    """Return the SQL that a first `migrate` would run, without connecting.

    `vector_schema` is the schema that has the extension, or in which to create it.
    """
    output = io.StringIO()
    if not re.fullmatch("[a-z_][a-z0-9_]*", vector_schema):  # as quote_ident does
        vector_schema = '"' + vector_schema.replace('"', '""') + '"'
    config = _config(vector_schema, output=output)
    _run_alembic(config, sql=True)
    return output.getvalue()


def _config(
    vector_schema: str, connection: sa.Connection | None = None, output: io.StringIO | None = None
) -> Config:
    def before(run: functions.Run) -> None:
        if connection is None:
            run(f"create extension if not exists vector schema {vector_schema}")
        run(_CREATE_SCHEMAS)
        # loads the library: before that, only a superuser may name hnsw.* settings
        run(f"select '[0]'::{vector_schema}.vector")

    def after(run: functions.Run) -> None:
        functions.apply(run, vector_schema, connection)
        run(_CREATE_SEARCH_FUNCTIONS)
        run("select pgvectorize_private._reapply_grants()")

    config = Config(output_buffer=output)
    location = str(functions.find("migrations")).replace("%", "%%")
    config.set_main_option("script_location", location)
    config.attributes.update(
        connection=connection, vector_schema=vector_schema, before=before, after=after
    )
    return config


def _run_alembic(config: Config, *, sql: bool) -> None:
    with _ALEMBIC_LOCK, _outer_alembic_kept():
        alembic.command.upgrade(config, "head", sql=sql)


@contextmanager
def _outer_alembic_kept() -> Iterator[None]:
    """Keep the proxies `op` and `context` of an application whose revision called us."""
    outer = [getattr(module, "_proxy", None) for module in (alembic.op, alembic.context)]
    try:
        yield
    finally:
        for proxy in outer:
            if proxy is not None:
                proxy._install_proxy()


def _require_extension(connection: sa.Connection, path: str) -> str:
    """Return the schema of pgvector, quoted; create the extension if it is missing.

    It is created where the caller's search_path says.
    """
    found = _extension(connection)
    if found is None:
        try:
            with connection.begin_nested():
                _set_path(connection, path)
                connection.exec_driver_sql("create extension vector")
                _set_path(connection, _PINNED)
        except DBAPIError as error:
            raise ExtensionUnavailable(
                f"pgvector is not in this database: {_primary(error)}",
                hint="Ask the database's administrator to install pgvector on the server and "
                "to run in this database: create extension vector",
            ) from error
        found = _extension(connection)
        assert found is not None
    version, schema = found
    check_pgvector(version)
    return schema


def _extension(connection: sa.Connection) -> tuple[str, str] | None:
    row = connection.exec_driver_sql(
        "select extension.extversion, quote_ident(namespace.nspname)"
        " from pg_catalog.pg_extension as extension"
        " join pg_catalog.pg_namespace as namespace on namespace.oid = extension.extnamespace"
        " where extension.extname = 'vector'"
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def _refuse_development_version(connection: sa.Connection) -> None:
    """Refuse a database of a version before the first release: its catalog was elsewhere."""
    if _scalar(connection, "select to_regclass('pgvectorize.schema_version') is not null"):
        raise SchemaOutdated(
            "the database has the schema of a development version, which cannot be upgraded",
            hint="Export its indexes with that version. Then run: drop schema pgvectorize, "
            "pgvectorize_data cascade; and pgvectorize migrate, and import them.",
        )


@contextmanager
def _path_pinned(connection: sa.Connection) -> Iterator[str]:
    """Keep names from being found in schemas that others may create in; give the path that was.

    What a schema of the search_path holds may fit a call better than Postgres' own function or
    operator, and would run with the rights of whoever migrates.
    """
    path: str = _scalar(connection, "show search_path")
    _set_path(connection, _PINNED)
    yield path
    _set_path(connection, path)  # after an error the transaction is rolled back, and this with it


def _set_path(connection: sa.Connection, path: str) -> None:
    connection.exec_driver_sql(
        "select pg_catalog.set_config('search_path', %(path)s, true)", {"path": path}
    )


@contextmanager
def _connected(dsn: str) -> Iterator[sa.Connection]:
    check_dsn(dsn)
    # A creator, because libpq's connection strings are not all SQLAlchemy URLs.
    engine = sa.create_engine(
        "postgresql+psycopg://",
        # few statements run twice, and behind a pooler prepared ones may be missing
        creator=lambda: psycopg.connect(dsn, client_encoding="utf8", prepare_threshold=None),
        poolclass=sa.NullPool,
        use_native_hstore=False,  # which is looked up on connecting, under the path as it is
    )
    with _translated(), engine.begin() as connection:
        yield connection


@contextmanager
def _translated() -> Iterator[None]:
    """Turn SQLAlchemy's wrapping of psycopg's errors into our errors."""
    try:
        with translated():
            yield
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.Error):
            raise translate(error.orig) from error
        raise


def _primary(error: DBAPIError) -> str:
    return error.orig.diag.message_primary or "" if isinstance(error.orig, psycopg.Error) else ""


def _scalar(connection: sa.Connection, statement: str) -> Any:
    return connection.exec_driver_sql(statement).scalar()
