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
class Copy:
    """One `copy … from stdin` with its data, answered with no rows; `sql` is as in `Statement`."""

    sql: LiteralString | Composed
    data: Iterable[bytes]


Plan: TypeAlias = Generator[Statement | Copy, list[Row], T]


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a client learns of a database once.

    The OID of the type `vector`, and the server process of the connection. Through a pooler
    that is not the process that libpq knows.
    """

    vector_oid: int
    backend_pid: int
