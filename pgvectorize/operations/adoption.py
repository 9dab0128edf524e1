"""Operations that make an index of what others stored."""

from __future__ import annotations

from collections.abc import Sequence

from pgvectorize.errors import InvalidRequest, NotFound
from pgvectorize.models import IndexInfo, Library, Metric
from pgvectorize.operations.indexes import get_index
from pgvectorize.plans import Plan, Statement


def adopt_index(
    name: str,
    table: str,
    id_column: str,
    embedding_column: str,
    metric: Metric,
    namespace_column: str | None,
    metadata_column: str | None,
    metadata_columns: Sequence[str],
    in_place: bool,
    description: str | None,
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
    yield Statement(
        """
        select from pgvectorize.adopt_index(
            name => %(name)s, relation => %(table)s::pg_catalog.text::pg_catalog.regclass,
            id_column => %(id_column)s,
            embedding_column => %(embedding_column)s, metric => %(metric)s,
            namespace_column => %(namespace_column)s, metadata_column => %(metadata_column)s,
            metadata_columns => %(metadata_columns)s, in_place => %(in_place)s,
            description => %(description)s
        )
        """,
        {
            "name": name,
            "table": table,
            "id_column": id_column,
            "embedding_column": embedding_column,
            "metric": metric,
            "namespace_column": namespace_column,
            "metadata_column": metadata_column,
            "metadata_columns": list(metadata_columns),
            "in_place": in_place,
            "description": description,
        },
    )
    return (yield from get_index(name))


def adopt_collection(
    name: str,
    library: Library,
    collection: str,
    metric: Metric,
    document: bool,
    description: str | None,
) -> Plan[IndexInfo]:
    yield Statement(
        """
        select from pgvectorize.adopt_collection(
            name => %(name)s, library => %(library)s, collection => %(collection)s,
            metric => %(metric)s, document => %(document)s, description => %(description)s
        )
        """,
        {
            "name": name,
            "library": library,
            "collection": collection,
            "metric": metric,
            "document": document,
            "description": description,
        },
    )
    return (yield from get_index(name))
