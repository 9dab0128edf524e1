"""The schema revision and the server versions that this library works with."""

from __future__ import annotations

import warnings

from pgvectorize.errors import (
    MIGRATE_HINT,
    ExtensionUnavailable,
    SchemaOutdated,
    ServerUnsupported,
)

# The newest revision in migrations/versions; a test compares the two.
REVISION = "0001"

POSTGRES_MINIMUM = 16
# 0.8.0 has iterative scans; without them a filtered query returns too few matches.
PGVECTOR_MINIMUM = (0, 8, 0)
# 0.8.2 fixes an overflow in parallel builds; 0.8.3 and 0.8.4 fix damage by a vacuum that runs
# beside inserts (pgvector's CHANGELOG.md).
PGVECTOR_RECOMMENDED = (0, 8, 4)


def check_revision(found: str | None) -> None:
    """Refuse a database with another schema revision than this library's."""
    if found == REVISION:
        return
    if found is not None and found > REVISION:
        raise SchemaOutdated(
            f"the database has schema revision {found}, this library knows {REVISION}",
            hint="The library is older than the database. Run: pip install --upgrade pgvectorize",
        )
    raise SchemaOutdated(
        f"the database has schema revision {found or 'none'}, this library needs {REVISION}",
        hint=MIGRATE_HINT,
    )


def check_server(version_num: int, encoding: str) -> None:
    """Refuse a server that is too old and a database that is not UTF-8."""
    if version_num < POSTGRES_MINIMUM * 10_000:
        raise ServerUnsupported(
            f"PostgreSQL {version_num // 10_000} is too old, {POSTGRES_MINIMUM} is the oldest",
            hint="Upgrade the server.",
        )
    if encoding != "UTF8":
        raise ServerUnsupported(
            f"the database's encoding is {encoding}, it has to be UTF8",
            hint="Run: createdb --template=template0 --encoding=UTF8 NAME",
        )


def check_pgvector(version: str) -> None:
    """Refuse a pgvector that is too old, and warn about one with known faults."""
    found = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
    if found < PGVECTOR_MINIMUM:
        raise ExtensionUnavailable(
            f"pgvector {version} is too old, {_dotted(PGVECTOR_MINIMUM)} is the oldest",
            hint="Upgrade it on the server, then run in this database: "
            "alter extension vector update",
        )
    if found < PGVECTOR_RECOMMENDED:
        warnings.warn(
            f"pgvector {version} can lose or damage index entries under vacuum and parallel "
            f"builds; {_dotted(PGVECTOR_RECOMMENDED)} or newer is recommended",
            stacklevel=3,
        )


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
