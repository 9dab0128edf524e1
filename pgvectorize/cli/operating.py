"""The commands that an operator needs: statistics, sizes, vacuum, memory, usage."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from pgvectorize import Client, Index, IndexStats, PostgresIndex
from pgvectorize.cli import output
from pgvectorize.cli.builds import memory_sentences, watched_build
from pgvectorize.cli.options import DatabaseCommand, Session, options_of
from pgvectorize.cli.output import facts, table, timestamp

if TYPE_CHECKING:
    from rich.table import Table


@click.command("stats", cls=DatabaseCommand)
@click.argument("name")
@options_of(Index.stats, exact="Count vectors and namespaces, by a scan of the whole table.")
@click.pass_obj
def stats(session: Session, name: str, exact: bool) -> None:
    """Show the rows, the size and the use of an index.

    pgvectorize stats products
    pgvectorize stats products --exact --json
    """
    known = session.client.index(name).stats(exact=exact)
    session.answer(known, _stats_facts(known), _indexes_table(known.indexes))


def _stats_facts(known: IndexStats) -> Table:
    about = "about " if known.is_estimate else ""
    return facts(
        [
            ("name", known.name),
            ("vectors", f"{about}{known.vector_count:,}"),
            (
                "namespaces",
                "unknown" if known.namespace_count is None else f"{about}{known.namespace_count:,}",
            ),
            (
                "HNSW index",
                f"{known.index_precision}, m {known.m}, ef_construction {known.ef_construction}"
                if known.has_hnsw
                else "none",
            ),
            ("ef_search", known.ef_search or "default"),
            ("table", output.size(known.table_bytes)),
            ("table, vectors out of line", output.size(known.toast_bytes)),
            ("HNSW index of all", output.size(known.hnsw_bytes)),
            ("HNSW indexes of namespaces", output.size(known.namespace_hnsw_bytes)),
            ("metadata indexes", output.size(known.metadata_index_bytes)),
            ("other indexes", output.size(known.other_index_bytes)),
            ("total", output.size(known.total_bytes)),
            *(
                [("per vector", output.size(known.bytes_per_vector))]
                if known.bytes_per_vector is not None
                else []
            ),
            ("rows", f"{known.live_rows:,} live, {known.dead_rows:,} dead"),
            ("changed since analyzed", f"{known.modified_rows:,}"),
            ("vacuumed", _when(timestamp(known.last_vacuum), known.is_autovacuum)),
            ("analyzed", _when(timestamp(known.last_analyze), known.is_autoanalyze)),
            ("scans of the whole table", f"{known.table_scans:,}"),
            ("found in shared buffers, table", _share(known.table_hit_ratio)),
            ("found in shared buffers, HNSW index", _share(known.hnsw_hit_ratio)),
            ("running builds", known.running_builds),
            ("counted since", timestamp(known.counted_since) or "always"),
        ]
    )


def _indexes_table(indexes: Sequence[PostgresIndex]) -> Table:
    return table(
        ("index", "of", "size", "scans", "last"),
        [
            (
                index.kind if index.is_valid else f"{index.kind}, INVALID",
                index.relation if index.kind in ("new", "other") else index.subject,
                output.size(index.bytes),
                f"{index.scans:,}",
                timestamp(index.last_scan),
            )
            for index in indexes
        ],
    )


def _when(moment: str | None, is_automatic: bool | None) -> str:
    return "never" if moment is None else f"{moment}{' by autovacuum' if is_automatic else ''}"


def _share(ratio: float | None) -> str:
    return "nothing was read" if ratio is None else f"{ratio:.1%}"


@click.command("size", cls=DatabaseCommand)
@options_of(
    Client.size,
    vectors="How many.",
    dimensions="Of a vector.",
    preset="A known embedding model instead of dimensions.",
    storage="What the table holds.",
    index_precision="What the HNSW index holds.",
    m="Neighbours of a vector.",
    metadata_bytes="Of a vector, as JSON.",
    id_bytes="Of an id.",
    content_bytes="Of a vector's content.",
)
@click.pass_obj
def size(session: Session, /, vectors: int, **options: Any) -> None:
    """Estimate the disk space and memory of an index.

    The index need not exist. After a load the estimate is right within about 5 %.

    pgvectorize size --vectors 1000000 --dimensions 768
    pgvectorize size --vectors 1000000 --preset openai/text-embedding-3-small
    """
    estimated = session.client.size(vectors, **options)
    session.answer(
        estimated,
        facts(
            [
                ("table", output.size(estimated.table_bytes)),
                (f"HNSW index, {estimated.hnsw_precision}", output.size(estimated.hnsw_bytes)),
                ("both", output.size(estimated.total_bytes)),
                ("memory of a build", output.size(estimated.build_memory)),
                ("shared memory of a build with workers", output.size(estimated.shared_memory)),
                ("shared_buffers", output.size(estimated.shared_buffers)),
            ]
        ),
    )


@click.command("vacuum", cls=DatabaseCommand)
@click.argument("name")
@options_of(
    Index.vacuum,
    analyze="Update the statistics too.",
    rebuild="Rebuild the HNSW index first.  [default: if it is faster]",
)
@click.pass_obj
def vacuum(session: Session, name: str, analyze: bool, rebuild: bool | None) -> None:
    """Remove deleted vectors and update statistics.

    Searches and writes continue. If more than 3 % of the vectors were deleted, the HNSW
    index is rebuilt first, beside the one in use: this is faster than to remove them
    from it. The table's file does not become smaller. `vacuum full` in SQL does that,
    and everybody waits for it.

    pgvectorize vacuum products
    pgvectorize vacuum products --no-rebuild
    """
    index = session.client.index(name)
    started = perf_counter()
    with watched_build(session, name):
        done = index.vacuum(analyze=analyze, rebuild=rebuild)
    seconds = perf_counter() - started
    session.answer(
        {"index": name, **output.to_json(done), "seconds": round(seconds, 3)},
        f"Vacuumed index '{name}' in {seconds:,.1f} s: about {done.dead_rows:,} dead rows before, "
        f"{done.remaining_rows:,} now.",
        *([] if done.build is None else ["Its HNSW index was rebuilt first."]),
        *([] if done.build is None else memory_sentences(done.build)),
        *(
            [f"Older transactions may see the rows that remain: pgvectorize doctor {name}"]
            if done.remaining_rows
            else []
        ),
    )


@click.command("prewarm", cls=DatabaseCommand)
@click.argument("name")
@click.pass_obj
def prewarm(session: Session, name: str) -> None:
    """Read an index into memory.

    Run it after a start of the server, so that the first searches do not wait for the
    disk. It needs Postgres' extension pg_prewarm.

    pgvectorize prewarm products
    """
    read = session.client.index(name).prewarm()
    buffered = sum(each.bytes for each in read if each.is_buffered)
    rest = sum(each.bytes for each in read if not each.is_buffered)
    session.answer(
        read,
        table(
            ("relation", "size", "read into"),
            [
                (
                    each.relation,
                    output.size(each.bytes),
                    "shared buffers" if each.is_buffered else "the system's cache",
                )
                for each in read
            ],
        ),
        f"Read {output.size(buffered)} of index '{name}' into the shared buffers."
        if not rest
        else f"Read {output.size(buffered)} of index '{name}' into the shared buffers; "
        f"{output.size(rest)} more do not fit and are in the system's cache.",
    )


@click.command("usage", cls=DatabaseCommand)
@click.argument("name", required=False)
@click.pass_obj
def usage(session: Session, name: str | None) -> None:
    """Show what is stored and queried, by month.

    Queries are counted after `update NAME --count-queries`. The price at Vectorize does
    not deduct what Vectorize's plans include for an account.

    pgvectorize usage
    pgvectorize usage products --json
    """
    months = session.client.usage(name)
    session.answer(
        months,
        table(
            ("name", "month", "stored dimensions", "queried dimensions", "at Vectorize"),
            [
                (
                    month.name,
                    f"{month.month:%Y-%m}",
                    f"{month.stored_dimensions:,}",
                    "not counted"
                    if month.queried_dimensions is None
                    else f"{month.queried_dimensions:,}",
                    f"${month.vectorize_dollars:,.2f}",
                )
                for month in months
            ],
        ),
    )
