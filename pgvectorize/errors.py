"""Everything pgvectorize raises.

PgVectorizeError
├── InvalidRequest (ValueError)        wrong whatever the database holds       PV000
│   ├── InvalidVector                  a vector that cannot be stored or asked PV004
│   ├── InvalidFilter                  a malformed metadata filter             PV003
│   └── ModelMismatch                  another embedding model than the index's
├── NotFound (LookupError)
│   ├── IndexNotFound                                                          PV001
│   ├── VectorNotFound                 query_by_id of an id that is not there  PV005
│   ├── MetadataIndexNotFound                                                  PV006
│   └── NamespaceIndexNotFound                                                 PV009
├── IndexExists                        the name is taken                       PV002
├── IndexBusy                          built or changed by somebody else       PV007
├── RecallNotReached                   no ef_search finds as much              PV008
├── SchemaOutdated                     library and database differ in revision
├── ExtensionUnavailable               pgvector is missing, old or not allowed
├── ServerUnsupported                  too old, or not UTF-8
├── EmbeddedUnavailable                no embedded Postgres can be started
├── EmbeddingError                     a model or its service did not embed the texts
│   └── InvalidEmbedding               it returned something else than one vector for each text
├── ConnectionFailed                   no connection, or it was lost
└── DatabaseError                      anything else that Postgres said
    ├── PermissionDenied               the role may not do this                42501
    ├── ReadOnly                       a standby, or a read-only transaction   25006
    └── TransactionConflict            with another transaction: retry   40001, 40P01

The SQL functions raise the codes on the right, with the same messages and hints.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import psycopg_pool
from psycopg.conninfo import conninfo_to_dict


class PgVectorizeError(Exception):
    """The base of every error here: a message, and a hint that says what to do.

    `sqlstate` is Postgres' code if the error came from there, else None. `code` is
    Vectorize's, in strict mode and if one is known. If the hint ends with a call of one of the
    SQL functions, `fix` is that call, `action` the function and `arguments` its arguments.
    """

    code: int | None = None
    fix: str | None = None
    action: str | None = None
    arguments: dict[str, Any] | None = None

    def __init__(
        self, message: str, *, hint: str | None = None, sqlstate: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.sqlstate = sqlstate


class InvalidRequest(PgVectorizeError, ValueError):
    """The request is wrong, whatever the database holds."""


class InvalidVector(InvalidRequest):
    """A vector cannot be stored or asked for.

    `row` is its place among those that were given, counted from 1, where it has one.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        sqlstate: str | None = None,
        row: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint, sqlstate=sqlstate)
        self.row = row


class InvalidFilter(InvalidRequest):
    """A metadata filter is malformed; the message names the path to the fault."""


class ModelMismatch(InvalidRequest):
    """The embedding model is not the one that made the vectors of the index."""


class NotFound(PgVectorizeError, LookupError):
    """Something that was named does not exist."""


class IndexNotFound(NotFound):
    """No index has this name."""


class VectorNotFound(NotFound):
    """No vector has this id."""


class MetadataIndexNotFound(NotFound):
    """The property has no metadata index."""


class NamespaceIndexNotFound(NotFound):
    """The namespace has no HNSW index of its own."""


class IndexExists(PgVectorizeError):
    """The name of the new index is taken."""


class IndexBusy(PgVectorizeError):
    """Another session builds or changes what this one wants to change. Try again."""


class RecallNotReached(PgVectorizeError):
    """The HNSW index does not find as much as was asked for, however long it searches."""


class SchemaOutdated(PgVectorizeError):
    """The database's schema is not the one this library works with."""


class ExtensionUnavailable(PgVectorizeError):
    """pgvector is missing, too old, or may not be created by this role."""


class ServerUnsupported(PgVectorizeError):
    """The server or the database lacks something that cannot be made up for."""


class EmbeddedUnavailable(PgVectorizeError):
    """The embedded Postgres is not installed or did not start."""


class EmbeddingError(PgVectorizeError):
    """An embedding model, or the service that runs it, did not embed the texts.

    If `is_retryable`, the same call may succeed later: the service was busy, down or slow.
    `retry_after` is the number of seconds that the service asked to wait, if it did.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        sqlstate: str | None = None,
        is_retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint, sqlstate=sqlstate)
        self.is_retryable = is_retryable
        self.retry_after = retry_after


class InvalidEmbedding(EmbeddingError):
    """An embedding model returned something else than one finite vector for each text."""


class ConnectionFailed(PgVectorizeError):
    """The database could not be reached, or the connection was lost."""


class DatabaseError(PgVectorizeError):
    """Anything else that Postgres said; the psycopg error is `__cause__`."""


class PermissionDenied(DatabaseError):
    """The role that is connected may not do this."""


class ReadOnly(DatabaseError):
    """The server is a standby, or the transaction may only read."""


class TransactionConflict(DatabaseError):
    """Another transaction was in the way: retry the transaction."""


BY_SQLSTATE: dict[str, type[PgVectorizeError]] = {
    "PV000": InvalidRequest,
    "PV001": IndexNotFound,
    "PV002": IndexExists,
    "PV003": InvalidFilter,
    "PV004": InvalidVector,
    "PV005": VectorNotFound,
    "PV006": MetadataIndexNotFound,
    "PV007": IndexBusy,
    "PV008": RecallNotReached,
    "PV009": NamespaceIndexNotFound,
}

MIGRATE_HINT = "Run: pgvectorize migrate"
READ_ONLY_HINT = (
    "To write, connect to the primary: list all servers in the DSN, with "
    "target_session_attrs=read-write. On the primary itself, see default_transaction_read_only."
)

CONFLICT_HINT = "Nothing was changed. Roll back, if you have begun it, and retry the transaction."
_CONFLICTS = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)

# What the errors of an operator's settings and of the machine ask for; nothing was changed.
_HINTS = {
    "25P02": "An earlier statement of the transaction failed. Roll back first.",
    "53100": "The server's disk is full, and nothing was changed. Free space, then try again.",
    "53200": "The server lacks memory, and nothing was changed. Ask for less at a time.",
    "55P03": "Another session holds the index, and nothing was changed. Try again, or raise "
    "lock_timeout.",
    "57014": "Nothing was changed. Ask for less at a time, or raise statement_timeout.",
}

# A session that the server has ended, by a timeout of its own or because it stops.
_ENDED = ("08", "57P", "25P03", "25P04")

# If one of our own objects is missing, so is a `migrate`. In every language the message names it.
_MISSING = (
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedTable,
)


def translate(error: psycopg.Error, user: str = "") -> PgVectorizeError:
    """Return the error of ours that says what a psycopg error means.

    `user` is the role that is connected, if there is one.
    """
    message = error.diag.message_primary or str(error).strip() or type(error).__name__
    hint = error.diag.message_hint
    known = BY_SQLSTATE.get(error.sqlstate or "")
    if known is not None:
        ours = known(message, hint=hint, sqlstate=error.sqlstate)
        details = _details(error.diag.message_detail or "")
        if isinstance(ours, InvalidVector):
            ours.row = details.get("row")
        ours.code = details.get("code")
        suggested = json.loads(error.diag.datatype_name or "{}")
        ours.fix = suggested.get("fix")
        ours.action = suggested.get("action")
        ours.arguments = suggested.get("arguments")
        return ours
    if isinstance(error, _MISSING) and "pgvectorize" in message:
        return SchemaOutdated(message, hint=MIGRATE_HINT, sqlstate=error.sqlstate)
    if isinstance(error, psycopg_pool.PoolTimeout):
        return ConnectionFailed(message, hint="Is the server up, and the pool large enough?")
    lost = error.sqlstate is None and isinstance(error, psycopg.OperationalError)
    if lost or (error.sqlstate or "").startswith(_ENDED):
        return ConnectionFailed(
            message, hint="Check the server and the DSN, then try again.", sqlstate=error.sqlstate
        )
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return PermissionDenied(message, hint=hint or _grant_hint(user), sqlstate=error.sqlstate)
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return ReadOnly(message, hint=hint or READ_ONLY_HINT, sqlstate=error.sqlstate)
    if isinstance(error, _CONFLICTS):
        return TransactionConflict(message, hint=CONFLICT_HINT, sqlstate=error.sqlstate)
    hint = _HINTS.get(error.sqlstate or "", hint)
    return DatabaseError(message, hint=hint, sqlstate=error.sqlstate)


def _grant_hint(user: str) -> str:
    """Name the role that is connected, and what its rights come from."""
    found = f'Connected as "{user}". ' if user else ""
    ask = "Who owns pgvectorize can run: pgvectorize grant {reader|writer|owner}"
    return f"{found}{ask} {user or 'ROLE'}"


def _details(text: str) -> dict[str, int]:
    """Read the detail that our own functions give: "row 3, code 40012"."""
    found = (part.split(" ") for part in text.split(", ") if part)
    return {name: int(number) for name, number in found}


def check_dsn(dsn: Any) -> None:
    """Refuse a connection string that libpq cannot read, or reads wrongly; raises `InvalidRequest`.

    libpq would quote it in its error, and its password with it.
    """
    if not isinstance(dsn, str):
        raise InvalidRequest(
            f"dsn must be a connection string, got {type(dsn).__name__}",
            hint='Write postgresql://…, or "" for the variables PGHOST, PGDATABASE and so on.',
        )
    try:
        host = str(conninfo_to_dict(dsn).get("host") or "")
    except psycopg.Error:
        is_read = False
    else:  # a password with a bare "@" ends in the host; a socket may begin with one
        is_read = "@" not in host or host.startswith(("@", "/"))
    if not is_read:
        raise InvalidRequest(
            "the DSN is not a connection string",
            hint="Write postgresql://user:password@host:port/database, with what is special in a "
            "password percent-encoded (@ is %40), or host=… port=… dbname=… user=… password=….",
        )


@contextmanager
def translated() -> Iterator[None]:
    """Turn psycopg's errors into ours: the one boundary between the two."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error) from error
