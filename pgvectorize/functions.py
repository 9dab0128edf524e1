"""The SQL functions: read their files, apply them to a database.

A file of `sql/functions/` holds one function and its comment. `apply` creates or replaces all
of them and drops the functions of an older library. So a new name or a new signature needs no
revision.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from pgvectorize.errors import SchemaOutdated

Run = Callable[[str], None]

_NAME = re.compile(r"^create or replace function (pgvectorize(?:_private)?)\.(\w+)\(", re.MULTILINE)

# Our functions in the database: all of the private schema; of the public schema only those that
# this library or an older one created, because users may have functions of their own there.
_OURS = """
    select function.oid, function.ctid::text as place, function.proname as name,
        function.oid::regprocedure::text as signature
    from pg_catalog.pg_proc as function
    where function.pronamespace = pg_catalog.to_regnamespace('pgvectorize_private')
        or function.pronamespace = pg_catalog.to_regnamespace('pgvectorize')
            and function.proname = any (%(names)s)
"""


@dataclass(frozen=True)
class SqlFunction:
    """A function's name with its schema, the statement that creates it, and its comment."""

    schema: str
    name: str
    create: str
    comment: str


@dataclass(frozen=True)
class Applied:
    """What the last `apply` recorded in a database.

    `digest` is of all files. `vector_schema` is the schema of the extension at that time,
    quoted. `names` are the functions in schema pgvectorize.
    """

    digest: str
    vector_schema: str
    names: list[str]


def find(folder: str) -> Path:
    """Return a folder that is beside this file in a wheel and one level up in a checkout."""
    here = Path(__file__).parent
    inside = here / folder
    return inside if inside.is_dir() else here.parent / folder


def read(vector_schema: str = "@vector@") -> list[SqlFunction]:
    """Return every function, ordered by the path of its file."""
    found = []
    for path in sorted(find("sql/functions").rglob("*.sql")):
        text = path.read_text(encoding="utf-8").replace("@vector@", vector_schema)
        named = _NAME.search(text)
        create, separator, comment = text.partition("\ncomment on function ")
        assert named is not None, path
        found.append(SqlFunction(named[1], named[2], create, separator + comment))
    return found


@cache
def digest() -> str:
    """Return a digest of all files."""
    text = "\0".join(function.create + function.comment for function in read())
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def applied(connection: sa.Connection) -> Applied | None:
    """Return what was applied last; None if there is no record of it."""
    is_there = connection.exec_driver_sql(
        "select pg_catalog.to_regprocedure('pgvectorize_private._applied()') is not null"
    ).scalar()
    if not is_there:
        return None
    row = connection.exec_driver_sql(
        "select digest, vector_schema, names from pgvectorize_private._applied()"
    ).one()
    return Applied(*row)


def are_all_there(connection: sa.Connection) -> bool:
    """Return whether every file has its function in the database; a restore may lose some."""
    wanted = read()
    there = {name for _, _, name, _ in _ours(connection, [function.name for function in wanted])}
    return there.issuperset(function.name for function in wanted)


def apply(run: Run, vector_schema: str, connection: sa.Connection | None) -> None:
    """Create or replace every function; drop our functions that no file declares.

    Without a connection, `run` prints what a database without functions needs. Raises
    `SchemaOutdated` if an object of the user depends on a function that has to be dropped.
    """
    wanted = read(vector_schema)
    names = sorted(function.name for function in wanted if function.schema == "pgvectorize")
    run("set local check_function_bodies = off")  # functions call one another
    if connection is None:
        for function in wanted:
            run(function.create)
    else:
        _replace(run, wanted, names, connection)
    for function in wanted:
        run(function.comment)  # names no signature, so an overload is an error
    run(_applied_sql(vector_schema, names))
    run("set local check_function_bodies = on")


def _replace(
    run: Run, wanted: list[SqlFunction], names: list[str], connection: sa.Connection
) -> None:
    known = applied(connection)
    ours = {*names, *(known.names if known else ())}
    before = _ours(connection, ours)
    existing = {name for _, _, name, _ in before}
    for function in wanted:
        if function.name not in existing:
            run(function.create)
            continue
        try:
            with connection.begin_nested():
                run(function.create)
        except DBAPIError as error:
            # the same argument types, but other names or defaults, or another result
            if not isinstance(error.orig, psycopg.errors.InvalidFunctionDefinition):
                raise
            _drop(connection, (row[3] for row in before if row[2] == function.name))
            run(function.create)
    # a function that was replaced has a new ctid
    left = {(row[0], row[1]) for row in before}
    _drop(connection, (row[3] for row in _ours(connection, ours) if (row[0], row[1]) in left))


def _drop(connection: sa.Connection, signatures: Iterator[str]) -> None:
    for signature in signatures:
        with _dependents_named(signature), connection.begin_nested():
            connection.execution_options(no_parameters=True).exec_driver_sql(
                f"drop function if exists {signature}"
            )


@contextmanager
def _dependents_named(signature: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if not isinstance(error.orig, psycopg.errors.DependentObjectsStillExist):
            raise
        dependents = (error.orig.diag.message_detail or "").replace("\n", "; ")
        raise SchemaOutdated(
            f"{signature} is not a function of this version any more, but is used: {dependents}",
            hint="Drop what uses it, run pgvectorize migrate, then create it again. "
            "Nothing was changed.",
        ) from error


def _ours(connection: sa.Connection, names: Collection[str]) -> list[tuple[int, str, str, str]]:
    """Return oid, place, name and signature of each function of ours."""
    rows = connection.exec_driver_sql(_OURS, {"names": list(names)})
    return [(row.oid, row.place, row.name, row.signature) for row in rows]


def _applied_sql(vector_schema: str, names: list[str]) -> str:
    listed = ", ".join(f"'{name}'" for name in names)
    quoted = vector_schema.replace("'", "''")
    return f"""
create or replace function pgvectorize_private._applied(
    out digest text, out vector_schema text, out names text[]
)
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$ select '{digest()}', '{quoted}', array[{listed}] $$;

comment on function pgvectorize_private._applied
    is 'What the last migration applied: a digest, the schema of pgvector, the public functions.'
"""
