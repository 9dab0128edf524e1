"""The contract between operations and I/O.

An operation is a generator: it yields statements, gets their rows back, and returns its
result. It knows nothing of connections or of `async`. If the database raises an error,
the operation gets the translated error at the `yield`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, LiteralString, TypeAlias, TypeVar

from psycopg.sql import Composed

T = TypeVar("T")
Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, answered with its rows.

    `sql` is literal text, or text that one of our SQL functions wrote, or made by
    `psycopg.sql`; it is bytes if it was made once for many calls. Values are in `params`.
    """

    sql: LiteralString | Composed | bytes
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prepared(Statement):
    """A statement that is run often, answered with its rows as tuples.

    `sql` is bytes, with `$1` for the first of `params` and so on. Of the values, integers are
    `integer` there, and lists `text[]`. No column may be a `timestamptz`, which is read in the
    time zone of the connection. `is_alone` says that the plan has no other statement, so that
    it needs no transaction around it.
    """

    sql: bytes
    is_alone: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """One `copy … from stdin` with its data, answered with no rows; `sql` is as in `Statement`."""

    sql: LiteralString | Composed
    data: Iterable[bytes]


Plan: TypeAlias = Generator[Statement | Copy, list[Any], T]


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a client learns of a database once.

    The OID of the type `vector`, and the server process of the connection. Through a pooler
    that is not the process that libpq knows.
    """

    vector_oid: int
    backend_pid: int
