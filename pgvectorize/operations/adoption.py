"""Operations that make an index of what others stored."""

from __future__ import annotations

from functools import partial
from typing import Any

from pgvectorize.errors import NotFound
from pgvectorize.models import IndexInfo
from pgvectorize.operations.calls import one
from pgvectorize.operations.parameters import argument
from pgvectorize.plans import Plan, Statement

adopt_collection = partial(one, IndexInfo, "adopt_collection")


def adopt_index(*, table: str, **arguments: Any) -> Plan[IndexInfo]:
    table = argument("table", table)
    found = yield Statement(
        "select pg_catalog.to_regclass(%(table)s) is not null as is_there", {"table": table}
    )
    if not found[0]["is_there"]:
        raise NotFound(
            f"table {table} does not exist",
            hint="Write it as SQL does: schema.table, and what is not lower case in double quotes.",
        )
    return (yield from one(IndexInfo, "adopt_index", relation=table, **arguments))
