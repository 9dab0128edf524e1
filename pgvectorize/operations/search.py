"""Operations that search."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, starmap
from operator import is_, itemgetter
from typing import Any

from psycopg.sql import SQL, Identifier

from pgvectorize.encoding.values import Rows
from pgvectorize.encoding.wire import query_vector, vector_array
from pgvectorize.errors import DatabaseError, IndexNotFound, InvalidRequest, SchemaOutdated
from pgvectorize.models import Filter, Match, Matches, ValuesInput
from pgvectorize.operations.calls import call, many_often, prepared_call
from pgvectorize.operations.parameters import argument, as_list, checked, search_parameters
from pgvectorize.plans import Handshake, Plan, Prepared, Row

_INDEX_NAME = re.compile("[a-z][a-z0-9_-]{0,62}")
# The index's own function answers a query that asks for nothing else than this.
_PLAIN = {
    "ef_search": None,
    "exact": False,
    "exclude_ids": None,
    "min_score": None,
    "max_distance": None,
    "offset": 0,
    "recall": None,
}
_read_plain = itemgetter(*_PLAIN)
_OF_OWN_FUNCTION = (
    *("top_k", "return_values", "return_metadata", "filter", "namespace", "return_content"),
)
_LEAST_SHARE = 50  # so many queries make up for the round trip of a second connection


@dataclass(frozen=True, slots=True, eq=False)
class _NumberedMatch(Match):
    query: int = 0


def query(*, index: str, vector: ValuesInput, **options: Any) -> Plan[Matches]:
    unknown: SchemaOutdated | DatabaseError | None = None
    is_plain = type(index) is str and all(map(is_, _read_plain(options), _PLAIN.values()))
    if is_plain and (text := _own_function(index)) is not None:
        # Its statements are planned once a session; `query` plans at each call.
        given = checked(search_parameters(**{name: options[name] for name in _OF_OWN_FUNCTION}))
        given["vector"] = query_vector(vector)
        try:
            return _matches((yield Prepared(text, given)))
        except (SchemaOutdated, DatabaseError) as error:
            # no function of this name, or "cache lookup failed": it was dropped just now
            if isinstance(error, DatabaseError) and error.sqlstate != "XX000":
                raise
            unknown = error
    given = checked({"index": index, **search_parameters(**options)})
    given["vector"] = query_vector(vector)
    try:
        return _matches((yield prepared_call(Match, "query", given)))
    except SchemaOutdated as error:
        if error is not unknown:
            raise
        # nothing else could be asked, as the first error has aborted the caller's transaction
        raise IndexNotFound(
            f'index "{index}" does not exist',
            hint="Create it first, or list the indexes that there are.",
        ) from unknown


def query_by_id(*, index: str, id: str, **options: Any) -> Plan[Matches]:
    found = yield from many_often(
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
    answers = (by_query[number] for number in range(1, len(vectors) + 1))
    return [Matches(len(found), [Match(**row) for row in found]) for found in answers]


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
def _own_function(index: str) -> bytes | None:
    if not _INDEX_NAME.fullmatch(index):
        return None
    statement = SQL(
        """
        select id, score, namespace, values, metadata, content
        from pgvectorize_data.{}(
            top_k => $1, return_values => $2, return_metadata => $3, filter => $4,
            return_content => $5, namespaces => $6, vector => $7
        )
        """
    )
    return statement.format(Identifier(index)).as_bytes()


def _matches(rows: list[tuple[Any, ...]]) -> Matches:
    return Matches(len(rows), list(starmap(Match, rows)))
