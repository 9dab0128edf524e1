"""Operations that search."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from psycopg.sql import SQL, Identifier

from pgvectorize.encoding import Matrix, query_vector, vector_array
from pgvectorize.errors import DatabaseError, IndexNotFound, InvalidRequest, SchemaOutdated
from pgvectorize.models import (
    Explanation,
    Filter,
    Finding,
    Match,
    Matches,
    ReturnMetadata,
    ValuesInput,
)
from pgvectorize.operations.parameters import (
    filter_parameter,
    filters_parameter,
    namespaces_parameter,
)
from pgvectorize.plans import Handshake, Plan, Row, Statement

if TYPE_CHECKING:
    from typing_extensions import LiteralString

_OPTIONS: LiteralString = """top_k => %(top_k)s, filter => %(filter)s,
            return_values => %(return_values)s, return_metadata => %(return_metadata)s,
            ef_search => %(ef_search)s, exact => %(exact)s, namespaces => %(namespaces)s,
            exclude_ids => %(exclude_ids)s, min_score => %(min_score)s,
            max_distance => %(max_distance)s, "offset" => %(offset)s, recall => %(recall)s"""
_INDEX_NAME = re.compile("[a-z][a-z0-9_-]{0,62}")
# what a query must not ask for if the index's own function is to answer it
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


def query(index: str, vector: ValuesInput, **options: Any) -> Plan[Matches]:
    given = {"index": index, "vector": query_vector(vector), **_options(**options)}
    unknown: SchemaOutdated | DatabaseError | None = None
    if _INDEX_NAME.fullmatch(index) and all(given[name] == value for name, value in _PLAIN.items()):
        # The index's own function, whose statement is planned once; `query` takes a plan each.
        try:
            return _matches((yield Statement(_own_function(index), given)))
        except (SchemaOutdated, DatabaseError) as error:
            # there is none of this name, or, "cache lookup failed", it was dropped just now
            if isinstance(error, DatabaseError) and error.sqlstate != "XX000":
                raise
            unknown = error
    try:
        return (yield from _query(given))
    except DatabaseError as error:
        if unknown is None or error.sqlstate != "25P02":
            raise
        # within the caller's transaction, which the first error has ended
        raise IndexNotFound(
            f'index "{index}" does not exist',
            hint="Create it first, or list the indexes that there are.",
        ) from unknown


def _query(given: Mapping[str, Any]) -> Plan[Matches]:
    rows = yield Statement(
        f"""
        select id, score, namespace, values, metadata
        from pgvectorize.query(
            index => %(index)s, vector => %(vector)s, {_OPTIONS}
        )
        """,
        given,
    )
    return _matches(rows)


def query_by_id(index: str, id: str, **options: Any) -> Plan[Matches]:
    rows = yield Statement(
        f"""
        select id, score, namespace, values, metadata
        from pgvectorize.query_by_id(
            index => %(index)s, id => %(id)s, {_OPTIONS}
        )
        """,
        {"index": index, "id": id, **_options(**options)},
    )
    return _matches(rows)


def query_many(
    index: str,
    vectors: Matrix,
    handshake: Handshake,
    filters: Sequence[Filter | None] | None,
    **options: Any,
) -> Plan[list[Matches]]:
    rows = yield Statement(
        f"""
        select query, id, score, namespace, values, metadata
        from pgvectorize.query_many(
            index => %(index)s, vectors => %(vectors)s, filters => %(filters)s, {_OPTIONS}
        )
        """,
        {
            "index": index,
            "vectors": vector_array(vectors, handshake.vector_oid),
            "filters": None if filters is None else filters_parameter(filters),
            **_options(**options),
        },
    )
    by_query: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_query[row.pop("query")].append(row)
    return [_matches(by_query[number]) for number in range(1, len(vectors) + 1)]


def explain(index: str, vector: ValuesInput, **options: Any) -> Plan[Explanation]:
    rows = yield Statement(
        f"""
        select path, expected_matches, matches, visited, count, milliseconds, explanation, attempts,
            advice
        from pgvectorize.explain(index => %(index)s, vector => %(vector)s, {_OPTIONS})
        """,
        {"index": index, "vector": query_vector(vector), **_options(**options)},
    )
    return explanation_of_row(rows[0])


def explanation_of_row(row: dict[str, Any]) -> Explanation:
    return Explanation(**{**row, "advice": [Finding(**each) for each in row["advice"]]})


def count(
    index: str, namespace: str | Sequence[str | None] | None, filter: Filter | None
) -> Plan[int]:
    rows = yield Statement(
        """
        select pgvectorize.count(
            index => %(index)s, namespaces => %(namespaces)s, filter => %(filter)s
        ) as count
        """,
        {
            "index": index,
            "namespaces": namespaces_parameter(namespace),
            "filter": filter_parameter(filter),
        },
    )
    number: int = rows[0]["count"]
    return number


def _options(
    *,
    top_k: int,
    namespace: str | Sequence[str | None] | None,
    filter: Filter | None,
    return_values: bool,
    return_metadata: ReturnMetadata | bool,
    ef_search: int | None,
    exact: bool,
    exclude_ids: Sequence[str] | None,
    min_score: float | None,
    max_distance: float | None,
    offset: int,
    recall: float | None,
) -> dict[str, Any]:
    if isinstance(return_metadata, bool):
        return_metadata = "all" if return_metadata else "none"
    if isinstance(exclude_ids, str):
        raise InvalidRequest(
            f"exclude_ids is the string {exclude_ids!r}", hint="Pass a list of ids."
        )
    return {
        "top_k": top_k,
        "namespaces": namespaces_parameter(namespace),
        "filter": filter_parameter(filter),
        "return_values": return_values,
        "return_metadata": return_metadata,
        "ef_search": ef_search,
        "exact": exact,
        "exclude_ids": None if exclude_ids is None else list(exclude_ids),
        "min_score": min_score,
        "max_distance": max_distance,
        "offset": offset,
        "recall": recall,
    }


@lru_cache(maxsize=1024)
def _own_function(index: str) -> bytes:
    statement = SQL(
        """
        select id, score, namespace, values, metadata
        from pgvectorize_data.{}(
            vector => %(vector)s, top_k => %(top_k)s, return_values => %(return_values)s,
            return_metadata => %(return_metadata)s
        )
        """
    )
    return statement.format(Identifier(index)).as_bytes()


def _matches(rows: list[Row]) -> Matches:
    return Matches(len(rows), [Match(**row) for row in rows])
