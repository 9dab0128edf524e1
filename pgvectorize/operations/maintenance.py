"""Operations that keep indexes well: what is wrong, how large, how used; vacuum and prewarm."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from psycopg.sql import SQL, Composed

from pgvectorize.errors import DatabaseError, InvalidRequest, SchemaOutdated
from pgvectorize.models import (
    Finding,
    IndexBuild,
    IndexPrecision,
    IndexSize,
    IndexStats,
    PostgresIndex,
    PrewarmedRelation,
    Storage,
    Vacuum,
)
from pgvectorize.operations.building import build_concurrently
from pgvectorize.operations.indexes import changed, check_clash, get_index
from pgvectorize.plans import Plan, Statement

if TYPE_CHECKING:
    from typing_extensions import LiteralString

# A vacuum seeks new neighbours for all that had a dead one, at several times the cost of its share
# of a build. Of 20,000 vectors with 384 dimensions it took 3.7 s where 2 % were dead, 16.1 s where
# 10 % and 28.5 s where 30 % were; a build and then the vacuum took 7 to 11 s (docs/operating.md).
_DEAD_TO_REBUILD = 0.03

_STATS: LiteralString = (
    "name, vector_count, namespace_count, is_estimate, has_hnsw, index_precision, m, "
    "ef_construction, ef_search, table_bytes, toast_bytes, hnsw_bytes, namespace_hnsw_bytes, "
    "metadata_index_bytes, other_index_bytes, total_bytes, bytes_per_vector, live_rows, dead_rows, "
    "modified_rows, last_vacuum, is_autovacuum, last_analyze, is_autoanalyze, table_scans, "
    "table_hit_ratio, hnsw_hit_ratio, indexes, running_builds, counted_since"
)


def doctor(index: str | None) -> Plan[list[Finding]]:
    rows = yield Statement(
        """
        select severity, code, name, finding, mend
        from pgvectorize.doctor(index => %(index)s)
        """,
        {"index": index},
    )
    return [Finding(**row) for row in rows]


def stats(index: str, exact: bool) -> Plan[IndexStats]:
    rows = yield Statement(
        f"""
        select {_STATS}
        from pgvectorize.stats(index => %(index)s, exact => %(exact)s)
        """,
        {"index": index, "exact": exact},
    )
    return stats_of_row(rows[0])


def stats_of_row(row: dict[str, Any]) -> IndexStats:
    indexes = [
        PostgresIndex(**{**each, "last_scan": _moment(each["last_scan"])})
        for each in row["indexes"]
    ]
    return IndexStats(**{**row, "indexes": indexes})


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def size(
    vectors: int,
    dimensions: int | None,
    preset: str | None,
    storage: Storage,
    index_precision: IndexPrecision | None,
    m: int,
    metadata_bytes: int,
    id_bytes: int,
) -> Plan[IndexSize]:
    rows = yield Statement(
        """
        select hnsw_precision, table_bytes, hnsw_bytes, total_bytes, build_memory, shared_memory,
            shared_buffers
        from pgvectorize.size(
            vectors => %(vectors)s, dimensions => %(dimensions)s, preset => %(preset)s,
            storage => %(storage)s, index_precision => %(index_precision)s, m => %(m)s,
            metadata_bytes => %(metadata_bytes)s, id_bytes => %(id_bytes)s
        )
        """,
        {
            "vectors": vectors,
            "dimensions": dimensions,
            "preset": preset,
            "storage": storage,
            "index_precision": index_precision,
            "m": m,
            "metadata_bytes": metadata_bytes,
            "id_bytes": id_bytes,
        },
    )
    return IndexSize(**rows[0])


def prewarm(index: str) -> Plan[list[PrewarmedRelation]]:
    rows = yield Statement(
        """
        select relation, bytes, is_buffered
        from pgvectorize.prewarm(index => %(index)s)
        """,
        {"index": index},
    )
    return [PrewarmedRelation(**row) for row in rows]


def vacuum(
    index: str, analyze: bool, rebuild: bool | None, has_session: bool = True
) -> Plan[Vacuum]:
    """Vacuum, outside of a transaction, after a build of the HNSW index if that is faster."""
    rows = yield Statement(
        """
        select relation, has_hnsw, may_build, live_rows, dead_rows
        from pgvectorize_private._prepare_vacuum(index => %(index)s)
        """,
        {"index": index},
    )
    before = rows[0]
    build: IndexBuild | None = None
    is_faster = before["may_build"] and before["dead_rows"] > _DEAD_TO_REBUILD * before["live_rows"]
    if before["has_hnsw"] and (is_faster if rebuild is None else rebuild):
        try:
            build = yield from build_concurrently(
                index,
                m=None,
                ef_construction=None,
                index_precision=None,
                memory=None,
                workers=None,
                rebuild=True,
                has_session=has_session,
            )
        except InvalidRequest:  # not without a session
            if rebuild:
                raise
    # a name from the catalog, quoted by Postgres
    relation = SQL(before["relation"])
    # without index_cleanup Postgres leaves the dead rows of fewer than 2 % of the pages
    how = SQL("vacuum (analyze {}, index_cleanup on) ").format(SQL("on" if analyze else "off"))
    try:
        yield Statement(Composed([how, relation]))
        after = yield Statement(
            "select pg_catalog.pg_stat_get_dead_tuples(%(relation)s::regclass) as dead_rows",
            {"relation": before["relation"]},
        )
    except (DatabaseError, SchemaOutdated) as error:
        check_clash(index, error)
        yield from get_index(index)  # which refuses one that is gone
        raise changed(index) from error
    return Vacuum(before["dead_rows"], after[0]["dead_rows"], build)
