"""Databases of older versions."""

from __future__ import annotations

import psycopg
import pytest

from pgvectorize import SchemaOutdated, schema

Connection = psycopg.Connection[tuple[object, ...]]


def test_a_development_version_is_refused(empty_database: str, administrator: Connection) -> None:
    """Its catalog lay in schema pgvectorize; nothing was released, so nothing leads on from it."""
    administrator.execute("create schema pgvectorize")
    administrator.execute("create table pgvectorize.schema_version (version_num text)")
    administrator.execute("insert into pgvectorize.schema_version values ('0003')")
    with pytest.raises(SchemaOutdated, match="development version") as caught:
        schema.migrate(empty_database)
    assert "Export its indexes" in str(caught.value.hint)
    left = administrator.execute("select to_regnamespace('pgvectorize_private') is null")
    assert left.fetchone() == (True,)
