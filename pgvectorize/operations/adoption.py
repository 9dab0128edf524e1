"""Operations that make an index of what others stored."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from pgvectorize.errors import InvalidRequest, NotFound
from pgvectorize.models import IndexInfo
from pgvectorize.operations.calls import one
from pgvectorize.plans import Plan, Statement

adopt_collection = partial(one, IndexInfo, "adopt_collection")


def adopt_index(
    *, table: str, metadata_columns: Sequence[str], **arguments: Any
) -> Plan[IndexInfo]:
    if isinstance(metadata_columns, str):
        raise InvalidRequest(
            f"metadata_columns is the string {metadata_columns!r}", hint="Pass a list of names."
        )
    found = yield Statement(
        "select pg_catalog.to_regclass(%(table)s) is not null as is_there", {"table": table}
    )
    if not found[0]["is_there"]:
        raise NotFound(
            f"table {table} does not exist",
            hint="Write it as SQL does: schema.table, and what is not lower case in double quotes.",
        )
    return (
        yield from one(
            IndexInfo,
            "adopt_index",
            relation=table,
            metadata_columns=list(metadata_columns),
            **arguments,
        )
    )
