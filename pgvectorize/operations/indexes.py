"""Operations on indexes, and on the database as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from psycopg.sql import SQL, Composed

from pgvectorize.compatibility import check_pgvector, check_revision, check_server
from pgvectorize.errors import (
    DatabaseError,
    ExtensionUnavailable,
    IndexBusy,
    PgVectorizeError,
    SchemaOutdated,
)
from pgvectorize.models import (
    Access,
    Grant,
    IndexDescription,
    IndexInfo,
    IndexPrecision,
    IndexType,
    IndexUsage,
    LimitInfo,
    MetadataIndex,
    Metric,
    NamespaceIndex,
    NamespaceInfo,
    Preset,
    Storage,
)
from pgvectorize.plans import Handshake, Plan, Statement

if TYPE_CHECKING:
    from typing_extensions import LiteralString

# What builds that begin in the same instant can do to each other: deadlock, or "tuple concurrently
# updated", which has no better code. And between two steps the table may go, or get another name.
_CLASHES = ("40P01", "XX000", "42P01")
INFO: LiteralString = (
    "name, dimensions, metric, preset, description, relation::text, has_hnsw, is_strict, "
    "is_counted, created_on, modified_on, storage, index_precision, m, ef_construction, ef_search"
)


def handshake() -> Plan[Handshake]:
    """Check that this library can work with the database."""
    rows = yield Statement(
        """
        select
            current_setting('server_version_num')::integer as version_num,
            current_setting('server_encoding') as encoding,
            to_regclass('pgvectorize_private.schema_version') is not null as has_schema,
            extension.extversion,
            vector.oid::bigint as vector_oid,
            pg_backend_pid() as backend_pid
        from (values (true)) as always
        left join pg_catalog.pg_extension as extension on extension.extname = 'vector'
        left join pg_catalog.pg_type as vector
            on vector.typnamespace = extension.extnamespace and vector.typname = 'vector'
        """
    )
    found = rows[0]
    check_server(found["version_num"], found["encoding"])
    if not found["has_schema"]:
        check_revision(None)
    if found["extversion"] is None:
        raise ExtensionUnavailable(
            "pgvector is not in this database", hint="Run in this database: create extension vector"
        )
    check_pgvector(found["extversion"])
    revisions = yield Statement("select version_num from pgvectorize_private.schema_version")
    check_revision(revisions[0]["version_num"] if revisions else None)
    return Handshake(found["vector_oid"], found["backend_pid"])


def create_index(
    name: str,
    dimensions: int | None,
    metric: Metric | None,
    preset: str | None,
    description: str | None,
    strict: bool,
    storage: Storage,
    index_precision: IndexPrecision | None,
    m: int,
    ef_construction: int | None,
    hnsw: bool,
) -> Plan[IndexInfo]:
    rows = yield Statement(
        f"""
        select {INFO}
        from pgvectorize.create_index(
            name => %(name)s, dimensions => %(dimensions)s, metric => %(metric)s,
            preset => %(preset)s, description => %(description)s, strict => %(strict)s,
            storage => %(storage)s, index_precision => %(index_precision)s, m => %(m)s,
            ef_construction => %(ef_construction)s, hnsw => %(hnsw)s
        )
        """,
        {
            "name": name,
            "dimensions": dimensions,
            "metric": metric,
            "preset": preset,
            "description": description,
            "strict": strict,
            "storage": storage,
            "index_precision": index_precision,
            "m": m,
            "ef_construction": ef_construction,
            "hnsw": hnsw,
        },
    )
    return IndexInfo(**rows[0])


def get_index(name: str) -> Plan[IndexInfo]:
    rows = yield Statement(
        f"""
        select {INFO}
        from pgvectorize.get_index(name => %(name)s)
        """,
        {"name": name},
    )
    return IndexInfo(**rows[0])


def list_indexes() -> Plan[list[IndexInfo]]:
    rows = yield Statement(
        f"""
        select {INFO}
        from pgvectorize.list_indexes()
        """
    )
    return [IndexInfo(**row) for row in rows]


def update_index(
    name: str,
    new_name: str | None,
    description: str | None,
    count_queries: bool | None,
    ef_search: int | None,
) -> Plan[IndexInfo]:
    rows = yield Statement(
        f"""
        select {INFO}
        from pgvectorize.update_index(
            name => %(name)s, new_name => %(new_name)s, description => %(description)s,
            count_queries => %(count_queries)s, ef_search => %(ef_search)s
        )
        """,
        {
            "name": name,
            "new_name": new_name,
            "description": description,
            "count_queries": count_queries,
            "ef_search": ef_search,
        },
    )
    return IndexInfo(**rows[0])


def delete_index(name: str) -> Plan[None]:
    yield Statement("select pgvectorize.delete_index(name => %(name)s)", {"name": name})


def usage(index: str | None) -> Plan[list[IndexUsage]]:
    rows = yield Statement(
        """
        select name, month, dimensions, stored_vectors, stored_dimensions, queried_vectors,
            queried_dimensions, vectorize_dollars
        from pgvectorize.usage(index => %(index)s)
        """,
        {"index": index},
    )
    return [IndexUsage(**row) for row in rows]


def limits() -> Plan[list[LimitInfo]]:
    rows = yield Statement("select name, value, strict, source from pgvectorize.limits()")
    return [LimitInfo(**row) for row in rows]


def presets() -> Plan[list[Preset]]:
    rows = yield Statement("select name, dimensions, metric from pgvectorize.presets()")
    return [Preset(**row) for row in rows]


def grant(role: str, access: Access) -> Plan[None]:
    yield Statement(
        "select pgvectorize.grant(role => %(role)s, access => %(access)s)",
        {"role": role, "access": access},
    )


def revoke(role: str) -> Plan[None]:
    yield Statement("select pgvectorize.revoke(role => %(role)s)", {"role": role})


def list_grants() -> Plan[list[Grant]]:
    rows = yield Statement("select role, access from pgvectorize.list_grants()")
    return [Grant(**row) for row in rows]


def describe(index: str, exact: bool) -> Plan[IndexDescription]:
    rows = yield Statement(
        """
        select dimensions, vector_count, is_estimate, processed_up_to_mutation,
            processed_up_to_datetime
        from pgvectorize.describe(index => %(index)s, exact => %(exact)s)
        """,
        {"index": index, "exact": exact},
    )
    return IndexDescription(**rows[0])


def list_namespaces(index: str) -> Plan[list[NamespaceInfo]]:
    rows = yield Statement(
        "select namespace, vector_count from pgvectorize.list_namespaces(index => %(index)s)",
        {"index": index},
    )
    return [NamespaceInfo(**row) for row in rows]


def create_metadata_index(index: str, property_name: str, index_type: IndexType) -> Plan[UUID]:
    rows = yield Statement(
        """
        select pgvectorize.create_metadata_index(
            index => %(index)s, property_name => %(property_name)s, index_type => %(index_type)s
        ) as mutation_id
        """,
        {"index": index, "property_name": property_name, "index_type": index_type},
    )
    mutation_id: UUID = rows[0]["mutation_id"]
    return mutation_id


def build_metadata_index(index: str, property_name: str, index_type: IndexType) -> Plan[UUID]:
    """As `create_metadata_index`, without making writers wait; not in a transaction."""
    clashes = 0
    while True:
        try:
            rows = yield Statement(
                """
                select statement, mutation_id
                from pgvectorize_private._next_metadata_index_statement(
                    index => %(index)s, property_name => %(property_name)s,
                    index_type => %(index_type)s
                )
                """,
                {"index": index, "property_name": property_name, "index_type": index_type},
            )
            if rows[0]["statement"] is None:
                mutation_id: UUID = rows[0]["mutation_id"]
                return mutation_id
            # Whole from our own SQL function, which quoted every name and literal in it;
            # psycopg would take a lone % for a placeholder.
            yield Statement(Composed([SQL(rows[0]["statement"].replace("%", "%%"))]))
        except (DatabaseError, SchemaOutdated) as error:
            clashes += 1
            check_clash(index, error, clashes)
            # look again: what the other session did is found there


def check_clash(index: str, error: PgVectorizeError, clashes: int = 1) -> None:
    """Raise the error of a build's step, unless what clashed with it may have ended."""
    if error.sqlstate not in _CLASHES:
        raise error
    if clashes > 10:
        raise changed(index) from error


def changed(index: str) -> IndexBusy:
    return IndexBusy(
        f'index "{index}" is being changed by other sessions all the time',
        hint="Try again when they have ended.",
    )


def list_metadata_indexes(index: str) -> Plan[list[MetadataIndex]]:
    rows = yield Statement(
        """
        select property_name, index_type
        from pgvectorize.list_metadata_indexes(index => %(index)s)
        """,
        {"index": index},
    )
    return [MetadataIndex(**row) for row in rows]


def delete_metadata_index(index: str, property_name: str) -> Plan[UUID]:
    rows = yield Statement(
        """
        select pgvectorize.delete_metadata_index(
            index => %(index)s, property_name => %(property_name)s
        ) as mutation_id
        """,
        {"index": index, "property_name": property_name},
    )
    mutation_id: UUID = rows[0]["mutation_id"]
    return mutation_id


def list_namespace_indexes(index: str) -> Plan[list[NamespaceIndex]]:
    rows = yield Statement(
        """
        select namespace, is_built, vector_count, bytes
        from pgvectorize.list_namespace_indexes(index => %(index)s)
        """,
        {"index": index},
    )
    return [NamespaceIndex(**row) for row in rows]


def delete_namespace_index(index: str, namespace: str) -> Plan[None]:
    yield Statement(
        "select pgvectorize.delete_namespace_index(index => %(index)s, namespace => %(namespace)s)",
        {"index": index, "namespace": namespace},
    )
