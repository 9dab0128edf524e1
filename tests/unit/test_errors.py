"""One SQLSTATE for each kind of error, and one boundary to psycopg's."""

from __future__ import annotations

import inspect
import re

import psycopg
import psycopg_pool
import pytest

import pgvectorize
from pgvectorize import (
    ConnectionFailed,
    DatabaseError,
    InvalidFilter,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    PgVectorizeError,
    ReadOnly,
    SchemaOutdated,
    TransactionConflict,
    errors,
    functions,
)
from pgvectorize.errors import BY_SQLSTATE, translate, translated

CLASSES = [
    found
    for _, found in inspect.getmembers(errors, inspect.isclass)
    if found.__module__ == errors.__name__
]


def test_the_sql_functions_raise_exactly_the_codes_of_the_table() -> None:
    texts = [path.read_text() for path in functions.find("sql/functions").rglob("*.sql")]
    raised = {code for text in texts for code in re.findall(r"'(PV\w{3})'", text)}
    assert raised == set(BY_SQLSTATE)


def test_every_code_has_a_class_of_its_own() -> None:
    assert len(set(BY_SQLSTATE.values())) == len(BY_SQLSTATE)


@pytest.mark.parametrize("error", CLASSES)
def test_every_class_is_public_and_derives_from_ours(error: type[Exception]) -> None:
    assert issubclass(error, PgVectorizeError)
    assert getattr(pgvectorize, error.__name__) is error
    assert re.search(rf"\b{error.__name__}\b", errors.__doc__ or "")


def test_builtin_handlers_catch_ours() -> None:
    assert issubclass(InvalidRequest, ValueError)
    assert issubclass(NotFound, LookupError)


@pytest.mark.parametrize("code", sorted(BY_SQLSTATE))
def test_our_codes_become_our_classes(code: str) -> None:
    given = psycopg.DatabaseError("what is wrong")
    given.sqlstate = code
    error = translate(given)
    assert type(error) is BY_SQLSTATE[code]
    assert (error.message, error.sqlstate) == ("what is wrong", code)


@pytest.mark.parametrize(
    ("given", "wanted", "hint"),
    [
        (
            psycopg.errors.UndefinedTable("no pgvectorize_private.gone"),
            SchemaOutdated,
            "pgvectorize migrate",
        ),
        (
            psycopg.errors.UndefinedFunction("no pgvectorize.gone()"),
            SchemaOutdated,
            "pgvectorize migrate",
        ),
        (psycopg.errors.InvalidSchemaName("no pgvectorize"), SchemaOutdated, "pgvectorize migrate"),
        (psycopg.errors.UndefinedTable("no theirs"), DatabaseError, None),
        (psycopg.errors.UndefinedFunction("no text < integer"), DatabaseError, None),
        (psycopg.OperationalError("connection refused"), ConnectionFailed, "DSN"),
        (psycopg.errors.AdminShutdown("terminated"), ConnectionFailed, "DSN"),
        (psycopg.errors.ConnectionFailure("lost"), ConnectionFailed, "DSN"),
        (psycopg_pool.PoolTimeout("no connection in 30 s"), ConnectionFailed, "pool"),
        (psycopg.errors.QueryCanceled("too slow"), DatabaseError, "statement_timeout"),
        (psycopg.errors.LockNotAvailable("locked"), DatabaseError, "lock_timeout"),
        (psycopg.errors.DiskFull("no space left"), DatabaseError, "disk is full"),
        (psycopg.errors.IdleInTransactionSessionTimeout("idle"), ConnectionFailed, "DSN"),
        (psycopg.errors.InsufficientPrivilege("denied"), PermissionDenied, "pgvectorize grant"),
        (psycopg.errors.ReadOnlySqlTransaction("no"), ReadOnly, "target_session_attrs=read-write"),
        (psycopg.errors.SerializationFailure("no"), TransactionConflict, "retry the transaction"),
        (psycopg.errors.DeadlockDetected("no"), TransactionConflict, "retry the transaction"),
        (psycopg.InterfaceError("the connection is closed"), DatabaseError, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_other_errors_are_translated(
    given: psycopg.Error, wanted: type[PgVectorizeError], hint: str | None
) -> None:
    error = translate(given)
    assert type(error) is wanted
    assert error.message == str(given)
    assert error.hint is None if hint is None else hint in str(error.hint)


def test_an_error_says_the_action_that_its_hint_names() -> None:
    class Refusal(psycopg.DatabaseError):
        sqlstate = "PV000"

        class diag:  # noqa: N801 - as psycopg has it
            message_primary = "the recall has not been measured"
            message_hint = "Run: select 1;"
            message_detail = None
            datatype_name = '{"action": "tune", "arguments": {"index": "é"}, "fix": "select 1;"}'

    error = translate(Refusal())
    assert (error.action, error.arguments) == ("tune", {"index": "é"})
    assert (error.fix, error.hint) == ("select 1;", "Run: select 1;")


def test_who_may_not_is_named() -> None:
    hint = str(translate(psycopg.errors.InsufficientPrivilege("denied"), "app").hint)
    assert hint.startswith('Connected as "app". ')
    assert hint.endswith(" app")


def test_an_error_without_words_is_named() -> None:
    assert translate(psycopg.errors.DeadlockDetected()).message == "DeadlockDetected"


def test_the_psycopg_error_is_the_cause() -> None:
    given = psycopg.errors.DiskFull("no space left")
    with pytest.raises(DatabaseError) as caught, translated():
        raise given
    assert caught.value.__cause__ is given


def test_our_own_errors_pass_unchanged() -> None:
    given = InvalidFilter("filter.price: …")
    with pytest.raises(InvalidFilter) as caught, translated():
        raise given
    assert caught.value is given
