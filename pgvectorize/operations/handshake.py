"""What a client asks of a database first."""

from __future__ import annotations

from pgvectorize.compatibility import check_pgvector, check_revision, check_server
from pgvectorize.errors import ExtensionUnavailable
from pgvectorize.plans import Handshake, Plan, Statement


def handshake() -> Plan[Handshake]:
    """Check that this library can work with the database."""
    rows = yield Statement(
        """
        select
            pg_catalog.current_setting('server_version_num')::integer as version_num,
            pg_catalog.current_setting('server_encoding') as encoding,
            pg_catalog.to_regclass('pgvectorize_private.schema_version') is not null as has_schema,
            extension.extversion,
            vector.oid::bigint as vector_oid,
            pg_catalog.pg_backend_pid() as backend_pid
        from (values (true)) as always
        left join pg_catalog.pg_extension as extension
            on extension.extname operator(pg_catalog.=) 'vector'
        left join pg_catalog.pg_type as vector
            on vector.typnamespace operator(pg_catalog.=) extension.extnamespace
            and vector.typname operator(pg_catalog.=) 'vector'
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
