"""Operations that search."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy.typing as npt

from pgvectorize.encoding import Binary, jsonb, query_matrix, query_vector, vector_array
from pgvectorize.errors import InvalidFilter
from pgvectorize.models import Filter, Match, Matches, ReturnMetadata, ValuesInput
from pgvectorize.plans import Handshake, Plan, Row, Statement


def query(index: str, vector: ValuesInput, **options: Any) -> Plan[Matches]:
    rows = yield Statement(
        """
        select id, score, namespace, values, metadata
        from pgvectorize.query(
            index => %(index)s, vector => %(vector)s, top_k => %(top_k)s,
            namespace => %(namespace)s, filter => %(filter)s,
            return_values => %(return_values)s, return_metadata => %(return_metadata)s,
            ef_search => %(ef_search)s, exact => %(exact)s
        )
        """,
        {"index": index, "vector": query_vector(vector), **_options(**options)},
    )
    return _matches(rows)


def query_by_id(index: str, id: str, **options: Any) -> Plan[Matches]:
    rows = yield Statement(
        """
        select id, score, namespace, values, metadata
        from pgvectorize.query_by_id(
            index => %(index)s, id => %(id)s, top_k => %(top_k)s,
            namespace => %(namespace)s, filter => %(filter)s,
            return_values => %(return_values)s, return_metadata => %(return_metadata)s,
            ef_search => %(ef_search)s, exact => %(exact)s
        )
        """,
        {"index": index, "id": id, **_options(**options)},
    )
    return _matches(rows)


def query_many(
    index: str, vectors: npt.ArrayLike, handshake: Handshake, **options: Any
) -> Plan[list[Matches]]:
    matrix = query_matrix(vectors)
    rows = yield Statement(
        """
        select query, id, score, namespace, values, metadata
        from pgvectorize.query_many(
            index => %(index)s, vectors => %(vectors)s, top_k => %(top_k)s,
            namespace => %(namespace)s, filter => %(filter)s,
            return_values => %(return_values)s, return_metadata => %(return_metadata)s,
            ef_search => %(ef_search)s, exact => %(exact)s
        )
        """,
        {
            "index": index,
            "vectors": vector_array(matrix, handshake.vector_oid),
            **_options(**options),
        },
    )
    by_query: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_query[row.pop("query")].append(row)
    return [_matches(by_query[number]) for number in range(1, len(matrix) + 1)]


def count(index: str, namespace: str | None, filter: Filter | None) -> Plan[int]:
    rows = yield Statement(
        """
        select pgvectorize.count(
            index => %(index)s, namespace => %(namespace)s, filter => %(filter)s
        ) as count
        """,
        {"index": index, "namespace": namespace, "filter": _filter(filter)},
    )
    number: int = rows[0]["count"]
    return number


def _options(
    *,
    top_k: int,
    namespace: str | None,
    filter: Filter | None,
    return_values: bool,
    return_metadata: ReturnMetadata | bool,
    ef_search: int | None,
    exact: bool,
) -> dict[str, Any]:
    if isinstance(return_metadata, bool):
        return_metadata = "all" if return_metadata else "none"
    return {
        "top_k": top_k,
        "namespace": namespace,
        "filter": _filter(filter),
        "return_values": return_values,
        "return_metadata": return_metadata,
        "ef_search": ef_search,
        "exact": exact,
    }


def _filter(filter: Filter | None) -> Binary | None:
    try:
        return None if filter is None else jsonb(filter)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidFilter(
            f"filter cannot be written as JSON: {error}",
            hint="A filter holds strings, numbers, booleans and None.",
        ) from error


def _matches(rows: list[Row]) -> Matches:
    return Matches(len(rows), [Match(**row) for row in rows])
