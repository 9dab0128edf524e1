"""What a client refuses to work with, and what it warns about."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.script import ScriptDirectory

from pgvectorize import (
    ExtensionUnavailable,
    PgVectorizeError,
    SchemaOutdated,
    ServerUnsupported,
    functions,
)
from pgvectorize.compatibility import REVISION, check_pgvector
from pgvectorize.operations.handshake import handshake
from pgvectorize.plans import Handshake

FOUND = {
    "version_num": 180_000,
    "encoding": "UTF8",
    "has_schema": True,
    "extversion": "0.8.6",
    "vector_oid": 70_000,
    "backend_pid": 7,
}


def test_revision_is_the_head_of_the_migrations() -> None:
    assert ScriptDirectory(str(functions.find("migrations"))).get_heads() == [REVISION]


def test_handshake_learns_the_oids() -> None:
    plan = handshake()
    next(plan)
    plan.send([FOUND])
    with pytest.raises(StopIteration) as done:
        plan.send([{"version_num": REVISION}])
    assert done.value.value == Handshake(70_000, 7)


@pytest.mark.parametrize(
    ("found", "error", "message", "hint"),
    [
        ({"version_num": 150_010}, ServerUnsupported, "PostgreSQL 15 is too old", "Upgrade"),
        ({"encoding": "SQL_ASCII"}, ServerUnsupported, "encoding is SQL_ASCII", "createdb"),
        ({"has_schema": False}, SchemaOutdated, "revision none", "pgvectorize migrate"),
        ({"extversion": None}, ExtensionUnavailable, "not in this database", "create extension"),
        ({"extversion": "0.7.4"}, ExtensionUnavailable, "0.7.4 is too old", "alter extension"),
    ],
)
def test_handshake_refuses(
    found: dict[str, Any], error: type[PgVectorizeError], message: str, hint: str
) -> None:
    plan = handshake()
    next(plan)
    with pytest.raises(error, match=message) as caught:
        plan.send([FOUND | found])
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize(
    ("revision", "hint"), [("0000", "pgvectorize migrate"), ("9999", "pip install --upgrade")]
)
def test_handshake_refuses_another_revision(revision: str, hint: str) -> None:
    plan = handshake()
    next(plan)
    plan.send([FOUND])
    with pytest.raises(SchemaOutdated, match=revision) as caught:
        plan.send([{"version_num": revision}])
    assert hint in str(caught.value.hint)


def test_handshake_refuses_a_version_table_without_a_row() -> None:
    plan = handshake()
    next(plan)
    plan.send([FOUND])
    with pytest.raises(SchemaOutdated, match="revision none"):
        plan.send([])


@pytest.mark.parametrize("version", ["0.8.0", "0.8.3"])
def test_a_pgvector_with_known_faults_is_warned_about(version: str) -> None:
    plan = handshake()
    next(plan)
    with pytest.warns(UserWarning, match=version) as warned:
        plan.send([FOUND | {"extversion": version}])
    assert len(warned) == 1


@pytest.mark.parametrize("version", ["0.8.4", "0.9.0", "0.10.0", "1.0"])
def test_a_newer_pgvector_is_welcome(version: str) -> None:
    check_pgvector(version)
