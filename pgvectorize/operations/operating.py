"""Operations that keep an index fast: its size, statistics and use; vacuum and prewarm."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from psycopg.sql import SQL, Composed

from pgvectorize.errors import DatabaseError, InvalidRequest, SchemaOutdated
from pgvectorize.models import (
    IndexBuild,
    IndexInfo,
    IndexSize,
    IndexStats,
    IndexUsage,
    PostgresIndex,
    PrewarmedRelation,
    Vacuum,
)
from pgvectorize.operations.builds import build_concurrently, changed, check_clash
from pgvectorize.operations.calls import call, many, one
from pgvectorize.operations.parameters import argument
from pgvectorize.plans import Plan, Statement

# A vacuum finds new neighbours for every vector that had a dead one, at several times the cost of
# its share of a build. With 20,000 vectors of 384 dimensions it took 3.7 s with 2 % dead, 16.1 s
# with 10 % and 28.5 s with 30 %; a build and then the vacuum took 7 to 11 s (docs/operating.md).
_DEAD_TO_REBUILD = 0.03

usage = partial(many, IndexUsage, "usage")
size = partial(one, IndexSize, "size")
prewarm = partial(many, PrewarmedRelation, "prewarm")


def stats(*, index: str, exact: bool) -> Plan[IndexStats]:
    rows = yield call(IndexStats, "stats", {"index": index, "exact": exact})
    return stats_of_row(rows[0])


def stats_of_row(row: dict[str, Any]) -> IndexStats:
    indexes = [
        PostgresIndex(**{**each, "last_scan": _moment(each["last_scan"])})
        for each in row["indexes"]
    ]
    return IndexStats(**{**row, "indexes": indexes})


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def vacuum(
    *, index: str, analyze: bool, rebuild: bool | None, has_session: bool = True
) -> Plan[Vacuum]:
    """Vacuum, outside of a transaction; rebuild the HNSW index first if that is faster."""
    index, analyze = argument("index", index), argument("analyze", analyze)
    rebuild = argument("rebuild", rebuild)
    rows = yield Statement(
        """
        select relation, has_hnsw, may_build, live_rows, dead_rows, dead_rows_in_hnsw
        from pgvectorize_private._prepare_vacuum(index => %(index)s)
        """,
        {"index": index},
    )
    before = rows[0]
    build: IndexBuild | None = None
    if before["has_hnsw"] and rebuild is None:
        most = _DEAD_TO_REBUILD * before["live_rows"]
        is_rebuilt = before["may_build"] and before["dead_rows_in_hnsw"] > most
    else:
        is_rebuilt = before["has_hnsw"] and rebuild
    if is_rebuilt:
        try:
            build = yield from build_concurrently(
                index=index,
                m=None,
                ef_construction=None,
                index_precision=None,
                memory=None,
                workers=None,
                rebuild=True,
                has_session=has_session,
            )
        except InvalidRequest:  # without a session there is not enough memory
            if rebuild:
                raise
    # a name from the catalog, quoted by Postgres
    relation = SQL(before["relation"])
    # without index_cleanup Postgres leaves the dead rows of fewer than 2 % of the pages
    how = SQL("vacuum (analyze {}, index_cleanup on) ").format(SQL("on" if analyze else "off"))
    try:
        yield Statement(Composed([how, relation]))
        after = yield Statement(
            "select pg_catalog.pg_stat_get_dead_tuples(%(relation)s::pg_catalog.regclass)"
            " as dead_rows",
            {"relation": before["relation"]},
        )
    except (DatabaseError, SchemaOutdated) as error:
        check_clash(index, error)
        yield from one(IndexInfo, "get_index", name=index)  # which refuses one that is gone
        raise changed(index) from error
    return Vacuum(before["dead_rows"], after[0]["dead_rows"], build)
