"""Operations that search."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from psycopg.sql import SQL, Identifier

from pgvectorize.encoding.values import Rows
from pgvectorize.encoding.wire import query_vector, vector_array
from pgvectorize.errors import DatabaseError, IndexNotFound, InvalidRequest, SchemaOutdated
from pgvectorize.models import Filter, Match, Matches, ValuesInput
from pgvectorize.operations.calls import call, checked_call, many
from pgvectorize.operations.parameters import argument, as_list, checked, search_parameters
from pgvectorize.plans import Handshake, Plan, Row, Statement

_INDEX_NAME = re.compile("[a-z][a-z0-9_-]{0,62}")
# The index's own function answers a query that asks for nothing else than this.
_PLAIN = {
    "namespaces": None,
    "filter": None,
    "ef_search": None,
    "exact": False,
    "exclude_ids": None,
    "min_score": None,
    "max_distance": None,
    "offset": 0,
    "recall": None,
}
_LEAST_SHARE = 50  # so many queries make up for the round trip of a second connection


@dataclass(frozen=True, slots=True, eq=False)
class _NumberedMatch(Match):
    query: int = 0


def query(*, index: str, vector: ValuesInput, **options: Any) -> Plan[Matches]:
    given = checked({"index": index, **search_parameters(**options)})
    given["vector"] = query_vector(vector)
    index = given["index"]
    unknown: SchemaOutdated | DatabaseError | None = None
    is_plain = all(given[name] == value for name, value in _PLAIN.items())
    if is_plain and index and _INDEX_NAME.fullmatch(index):
        # Its statement is planned once a session; `query` plans at each call.
        try:
            return _matches((yield Statement(_own_function(index), given)))
        except (SchemaOutdated, DatabaseError) as error:
            # no function of this name, or "cache lookup failed": it was dropped just now
            if isinstance(error, DatabaseError) and error.sqlstate != "XX000":
                raise
            unknown = error
    try:
        return _matches((yield checked_call(Match, "query", given)))
    except SchemaOutdated as error:
        if error is not unknown:
            raise
        # nothing else could be asked, as the first error has aborted the caller's transaction
        raise IndexNotFound(
            f'index "{index}" does not exist',
            hint="Create it first, or list the indexes that there are.",
        ) from unknown


def query_by_id(*, index: str, id: str, **options: Any) -> Plan[Matches]:
    found = yield from many(
        Match, "query_by_id", index=index, id=id, **search_parameters(**options)
    )
    return Matches(len(found), found)


def query_many(
    *,
    index: str,
    vectors: Rows,
    handshake: Handshake,
    filters: Sequence[Filter | None] | None,
    **options: Any,
) -> Plan[list[Matches]]:
    rows = yield call(
        _NumberedMatch,
        "query_many",
        {
            "index": index,
            "vectors": vector_array(vectors, handshake.vector_oid),
            "filters": filters,
            **search_parameters(**options),
        },
    )
    by_query: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_query[row.pop("query")].append(row)
    return [_matches(by_query[number]) for number in range(1, len(vectors) + 1)]


def list_filters(filters: Any, queries: int) -> list[Filter | None] | None:
    """Return the filters of `query_many`, one for each query, or None."""
    if filters is None:
        return None
    listed = as_list("filters", filters, "filters")
    if len(listed) != queries:
        raise InvalidRequest(
            f"{len(listed)} filters for {queries} vectors",
            hint="Give one filter a vector, None for none; or one for all as filter.",
        )
    return listed


def shares(queries: int, connections: int | None, most: int) -> list[slice]:
    """Divide queries among `connections`, or half of `most`; leave few of them undivided."""
    connections = argument("connections", connections)
    if connections is not None and connections < 1:
        raise InvalidRequest(f"connections must be at least 1, got {connections}")
    count = min(connections or max(most // 2, 1), most, max(queries // _LEAST_SHARE, 1))
    bounds = [queries * share // count for share in range(count + 1)]
    return [slice(*pair) for pair in pairwise(bounds)]


@lru_cache(maxsize=1024)
def _own_function(index: str) -> bytes:
    statement = SQL(
        """
        select id, score, namespace, values, metadata, content
        from pgvectorize_data.{}(
            vector => %(vector)s, top_k => %(top_k)s, return_values => %(return_values)s,
            return_metadata => %(return_metadata)s, return_content => %(return_content)s
        )
        """
    )
    return statement.format(Identifier(index)).as_bytes()


def _matches(rows: list[Row]) -> Matches:
    return Matches(len(rows), [Match(**row) for row in rows])
