"""Operations that read the vectors of an index: by id, page by page, counted."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from pgvectorize.models import Facet, ListedVector, NamespaceInfo, Vector, VectorList
from pgvectorize.operations.calls import call, many, many_often, value
from pgvectorize.operations.parameters import checked, needed, search_parameters
from pgvectorize.plans import Plan, Statement

list_namespaces = partial(many, NamespaceInfo, "list_namespaces")


def get_by_ids(*, index: str, ids: Iterable[str]) -> Plan[list[Vector]]:
    return many_often(Vector, "get_by_ids", index=index, ids=needed("ids", ids))


def count(**arguments: Any) -> Plan[int]:
    return value(int, "count", **search_parameters(**arguments))


def list_vectors(**arguments: Any) -> Plan[VectorList]:
    rows = yield Statement(
        """
        select page.count, page.total_count, page.is_truncated, page.next_cursor,
            page.cursor_expiration_timestamp,
            listed.id, listed.namespace, listed.values, listed.metadata, listed.content
        from pgvectorize.list_vectors(
            index => %(index)s, count => %(count)s, cursor => %(cursor)s,
            namespace => %(namespace)s, filter => %(filter)s,
            return_values => %(return_values)s, return_metadata => %(return_metadata)s,
            exclude_ids => %(exclude_ids)s, return_content => %(return_content)s
        ) as page
        left join lateral pg_catalog.unnest(page.vectors) with ordinality
            as listed (id, namespace, values, metadata, content, position) on true
        order by listed.position
        """,
        checked(arguments),
    )
    page = rows[0]
    return VectorList(
        [
            ListedVector(
                row["id"], row["namespace"], row["values"], row["metadata"], row["content"]
            )
            for row in rows
            if row["id"] is not None  # the one row of an empty page
        ],
        page["count"],
        page["total_count"],
        page["is_truncated"],
        page["next_cursor"],
        page["cursor_expiration_timestamp"],
    )


def page(*, index: str, count: int, cursor: str | None) -> Plan[tuple[list[Vector], str | None]]:
    """Read a page of whole vectors, and the cursor of the next."""
    listed = yield from list_vectors(
        index=index,
        count=count,
        cursor=cursor,
        namespace=None,
        filter=None,
        return_values=True,
        return_metadata="all",
        exclude_ids=None,
        return_content=True,
    )
    vectors = [
        Vector(vector.id, vector.values, vector.namespace, vector.metadata, vector.content)
        for vector in listed.vectors
    ]
    return vectors, listed.next_cursor


def facets(**arguments: Any) -> Plan[list[Facet]]:
    rows = yield call(Facet, "facets", arguments)
    for row in rows:
        for bound in ("lower", "upper"):
            if row[bound] is not None:
                row[bound] = float(row[bound])
    return [Facet(**row) for row in rows]
