"""The same work in SQL written by hand, on the very same table: what ours is measured against."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import psycopg

from benchmarks.datasets import Array, DataSet
from benchmarks.measure import Ask, Contestant
from benchmarks.truth import TOP_K

Filter = Mapping[str, Any]

COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = struct.pack(">h", -1)
COPY_BLOCK = 1 << 20  # bytes


class Table:
    """The table of an index, and how one who knows Postgres well would use it by hand."""

    def __init__(self, connection: psycopg.Connection[Any], relation: str) -> None:
        self.relation = relation
        self._connection = connection

    def indexes(self) -> list[tuple[str, str, str, str]]:
        """Return name, access method, definition and first key of every index."""
        return self._connection.execute(
            """
            select indexrelid::regclass::text, amname, pg_get_indexdef(indexrelid),
                pg_get_indexdef(indexrelid, 1, true)
            from pg_index
            join pg_class on pg_class.oid = indexrelid
            join pg_am on pg_am.oid = relam
            where indrelid = %s::regclass and indisvalid
            order by indexrelid
            """,
            [self.relation],
        ).fetchall()

    def hnsw(self) -> tuple[str, str, str] | None:
        """Return name, definition and indexed expression of the HNSW index, if there is one."""
        for name, method, definition, key in self.indexes():
            if method == "hnsw":
                return name, definition, key
        return None

    def drop_hnsw(self) -> str:
        """Drop the HNSW index; return its definition."""
        found = self.hnsw()
        assert found is not None, f"{self.relation} has no HNSW index"
        self._connection.execute(f"drop index {found[0]}")
        return found[1]

    def size(self, name: str | None = None) -> int:
        """Return the bytes of an index, or of the table without its indexes."""
        statement = "select pg_relation_size(%s::regclass)" if name else "select pg_table_size(%s)"
        row = self._connection.execute(statement, [name or self.relation]).fetchone()
        assert row is not None
        return int(row[0])

    # Searches

    def nearest(self, where: str = "", *, exact: bool = False, then: str = "") -> str:
        """Return the statement that finds the nearest rows to `%(vector)s`.

        What a graph of signs finds is ordered again by the stored vectors. `then` is what
        orders equal rows.
        """
        found = None if exact else self.hnsw()
        distance = "embedding <=> %(vector)s"
        key = "embedding" if found is None else found[2]
        order = f"{key} {'<~>' if 'binary' in key else '<=>'} {_of_query(key)}"
        source = self.relation
        if "binary" in key:
            source = f"(select * from {self.relation} order by {order} limit 100) as nearest"
            order = distance
        return (
            f"select id, 1 - ({distance}) from {source}"
            f"{' where ' + where if where else ''}"
            f" order by ({order}){' + 0' if exact else ''}{then} limit {TOP_K}"
        )

    def asking(self, statement: str, queries: Array) -> Ask:
        """Return what runs the statement, prepared, with the n-th query vector."""
        connection = self._connection
        return lambda number: connection.execute(
            statement, {"vector": queries[number]}, prepare=True, binary=True
        ).fetchall()

    def predicate(self, filter: Filter | None = None, namespace: str | None = None) -> str:
        """Return the SQL for a filter of equalities and `$lt`, on indexed expressions if it can."""
        clauses = [] if namespace is None else [f"namespace = '{namespace}'"]
        for name, condition in (filter or {}).items():
            operator, operand = "=", condition
            if isinstance(condition, Mapping):
                ((operator, operand),) = condition.items()
                assert operator == "$lt", f"{operator} is not written by hand yet"
                operator = "<"
            clauses.append(self._clause(name, operator, operand))
        return " and ".join(clauses)

    def _clause(self, name: str, operator: str, operand: Any) -> str:
        literal = f"'{operand}'" if isinstance(operand, str) else json.dumps(operand)
        for _, method, _, key in self.indexes():
            if method == "btree" and f"'{name}'" in key:
                kind = {str: "text", bool: "boolean"}.get(type(operand), "numeric")
                return f"{key} {operator} {literal}::{kind}"
        kind = {str: "text", bool: "boolean"}.get(type(operand), "float8")
        return f"(metadata ->> '{name}')::{kind} {operator} {literal}"

    # Loading

    def copy(self, buffer: memoryview) -> None:
        """Load a ready-made binary COPY buffer."""
        with (
            self._connection.cursor() as cursor,
            cursor.copy(
                f"copy {self.relation} (id, namespace, embedding, metadata)"
                " from stdin (format binary)"
            ) as copy,
        ):
            for start in range(0, len(buffer), COPY_BLOCK):
                copy.write(buffer[start : start + COPY_BLOCK])

    def truncate(self) -> None:
        self._connection.execute(f"truncate {self.relation}")

    def vacuum(self) -> None:
        self._connection.execute(f"vacuum analyze {self.relation}")


def copy_buffer(data: DataSet) -> memoryview:
    """Return a data set as what `Table.copy` loads."""

    def rows() -> Iterator[bytes]:
        yield COPY_HEADER
        fields = struct.pack(">h", 4)
        head = struct.pack(">ihh", 4 + 4 * data.dimensions, data.dimensions, 0)
        values = np.ascontiguousarray(data.vectors, dtype=">f4")
        for place, id_ in enumerate(data.ids):
            yield fields
            yield _sized(id_.encode())
            yield _sized(data.namespaces[place].encode())
            yield head + values[place].tobytes()
            yield _sized(b"\x01" + json.dumps(data.metadata[place]).encode())
        yield COPY_TRAILER

    return memoryview(b"".join(rows()))


def _of_query(key: str) -> str:
    """Return what an index's expression makes of the query vector."""
    return re.sub(r"\bembedding\b", "%(vector)s", key)


def _sized(field: bytes) -> bytes:
    return struct.pack(">i", len(field)) + field


def applying(connection: psycopg.Connection[Any]) -> Any:
    """Return what gives a connection the settings that a contestant wants, and no others."""
    current: dict[str, str] = {}

    def apply(contestant: Contestant) -> None:
        nonlocal current
        if contestant.settings != current:
            connection.execute("reset all")
            for name, value in contestant.settings.items():
                connection.execute("select set_config(%s, %s, false)", [name, value])
            current = dict(contestant.settings)

    return apply


def hnsw_settings(
    ef_search: int, order: str = "off", most_tuples: int = 20_000, *, sort: bool = False
) -> dict[str, str]:
    """Return the settings of a search by hand that uses the HNSW index, whatever it costs.

    With `sort`, the planner may sort, and so may take another way.
    """
    return {
        "enable_sort": "on" if sort else "off",  # without, it takes the index that gives the order
        "hnsw.ef_search": str(ef_search),
        "hnsw.iterative_scan": order,
        "hnsw.max_scan_tuples": str(most_tuples),
        "hnsw.scan_mem_multiplier": str(max(1, most_tuples // 20_000)),
    }
