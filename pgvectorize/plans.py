"""The contract between operations and I/O.

An operation is a generator: it yields what is to be sent, gets rows back, and
returns its result. It knows nothing of connections, nor of `async`. An error
from the database is thrown into it at the `yield`, translated.
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

    `sql` is literal text, or comes whole from a SQL function, or is put together by
    `psycopg.sql`, in bytes where that was done once for many; values are in `params`.
    """

    sql: LiteralString | Composed | bytes
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Copy:
    """One `copy … from stdin` with its data, answered with no rows; `sql` as there."""

    sql: LiteralString | Composed
    data: Iterable[bytes]


Plan: TypeAlias = Generator[Statement | Copy, list[Row], T]


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a client learns of a database once.

    The OID of the type `vector`, and the process that serves the connection: through a
    pooler it is another than the one that libpq knows.
    """

    vector_oid: int
    backend_pid: int
