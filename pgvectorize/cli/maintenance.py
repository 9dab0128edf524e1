"""The commands that keep indexes well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, get_args

import click

from pgvectorize import Finding, IndexStats, PostgresIndex
from pgvectorize.cli import actions, output
from pgvectorize.cli.building import memory_sentences, watched_build
from pgvectorize.cli.options import DatabaseCommand, Session
from pgvectorize.cli.output import facts, record_json, table, timestamp
from pgvectorize.models import IndexPrecision, Severity, Storage

if TYPE_CHECKING:
    from rich.table import Table

_FOUND = 3  # the exit code; 1 says that it could not be looked at, 2 that the command is wrong


@click.command("doctor", cls=DatabaseCommand)
@click.argument("name", required=False)
@click.option(
    "--fail-on",
    type=click.Choice(get_args(Severity)),
    default="warning",
    show_default=True,
    help="The least finding that exits with 3.",
)
@click.pass_obj
def doctor(session: Session, name: str | None, fail_on: Severity) -> None:
    """Show what is wrong, with the commands that fix it.

    With the database, the server, and every index or one. It changes nothing. Exit
    code 0: nothing, or less than --fail-on; 3: such a finding; 1: it could not look.

    pgvectorize doctor
    pgvectorize doctor products --json
    pgvectorize doctor --fail-on error
    """
    from pgvectorize import schema

    # what the embedded server lacks is given to it when a client connects
    findings = [] if session.is_embedded else schema.diagnose(session.dsn)
    if not any(finding.severity == "error" for finding in findings):
        findings += session.client.doctor(name)
    session.answer([actions.finding_json(finding) for finding in findings], *_told(findings))
    least = get_args(Severity).index(fail_on)
    if any(get_args(Severity).index(finding.severity) <= least for finding in findings):
        raise click.exceptions.Exit(_FOUND)


def _told(findings: Sequence[Finding]) -> list[str]:
    if not findings:
        return ["Nothing is wrong."]
    counts = Counter(finding.severity for finding in findings)
    return [
        *(
            f"{finding.severity}{f' ({finding.name})' if finding.name else ''}: {finding.finding}"
            f" [{finding.code}]" + (f"\n    {fix}" if fix else "")
            for finding in findings
            for fix in [actions.command(finding) or finding.fix]
        ),
        ", ".join(
            f"{counts[severity]} {severity}{'s' if counts[severity] > 1 else ''}"
            for severity in get_args(Severity)
            if severity in counts
        )
        + ".",
    ]


@click.command("stats", cls=DatabaseCommand)
@click.argument("name")
@click.option("--exact", is_flag=True, help="Count vectors and namespaces, which takes a scan.")
@click.pass_obj
def stats(session: Session, name: str, exact: bool) -> None:
    """Show the rows, the room and the use of an index.

    pgvectorize stats products
    pgvectorize stats products --exact --json
    """
    known = session.client.index(name).stats(exact=exact)
    session.answer(_stats_json(known), _stats_facts(known), _indexes_table(known.indexes))


def _stats_json(known: IndexStats) -> dict[str, Any]:
    return {
        **record_json(known),
        "lastVacuum": timestamp(known.last_vacuum),
        "lastAnalyze": timestamp(known.last_analyze),
        "countedSince": timestamp(known.counted_since),
        "indexes": [
            {**record_json(index), "lastScan": timestamp(index.last_scan)}
            for index in known.indexes
        ],
    }


def _stats_facts(known: IndexStats) -> Table:
    about = "about " if known.is_estimate else ""
    return facts(
        [
            ("name", known.name),
            ("vectors", f"{about}{known.vector_count:,}"),
            (
                "namespaces",
                "not known"
                if known.namespace_count is None
                else f"{about}{known.namespace_count:,}",
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
            ("in all", output.size(known.total_bytes)),
            *(
                [("a vector", output.size(known.bytes_per_vector))]
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
            ("builds that run", known.running_builds),
            ("counted since", timestamp(known.counted_since) or "ever"),
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
@click.option("--vectors", type=int, required=True, help="How many.")
@click.option("--dimensions", type=int, help="Of a vector.")
@click.option("--preset", help="A known embedding model instead of dimensions.")
@click.option(
    "--storage",
    type=click.Choice(get_args(Storage)),
    default="float32",
    show_default=True,
    help="What the table holds.",
)
@click.option(
    "--index-precision",
    type=click.Choice(get_args(IndexPrecision)),
    help="What the HNSW index holds.",
)
@click.option("--m", type=int, default=16, show_default=True, help="Neighbours of a vector.")
@click.option(
    "--metadata-bytes", type=int, default=100, show_default=True, help="Of a vector, as JSON."
)
@click.option("--id-bytes", type=int, default=16, show_default=True, help="Of an id.")
@click.pass_obj
def size(session: Session, /, vectors: int, **options: Any) -> None:
    """Reckon how much room and memory an index takes.

    Before there is one, and within some 5 % of what it is after a load.

    pgvectorize size --vectors 1000000 --dimensions 768
    pgvectorize size --vectors 1000000 --preset openai/text-embedding-3-small
    """
    reckoned = session.client.size(vectors, **options)
    session.answer(
        record_json(reckoned),
        facts(
            [
                ("table", output.size(reckoned.table_bytes)),
                (f"HNSW index, {reckoned.hnsw_precision}", output.size(reckoned.hnsw_bytes)),
                ("both", output.size(reckoned.total_bytes)),
                ("memory of a build", output.size(reckoned.build_memory)),
                ("shared memory of a build with workers", output.size(reckoned.shared_memory)),
                ("shared_buffers", output.size(reckoned.shared_buffers)),
            ]
        ),
    )


@click.command("vacuum", cls=DatabaseCommand)
@click.argument("name")
@click.option("--analyze/--no-analyze", default=True, show_default=True, help="Statistics, too.")
@click.option(
    "--rebuild/--no-rebuild",
    default=None,
    help="Build the HNSW index anew first.  [default: where it is faster]",
)
@click.pass_obj
def vacuum(session: Session, name: str, analyze: bool, rebuild: bool | None) -> None:
    """Remove deleted vectors; bring statistics up to date.

    Searches and writes go on. Above 3 % of deleted vectors the HNSW index is built
    anew first, beside the one in use, which is faster than to take them out of it.
    To make the table's file smaller is another thing, for which all have to wait:
    `vacuum full` in SQL.

    pgvectorize vacuum products
    pgvectorize vacuum products --no-rebuild
    """
    index = session.client.index(name)
    started = perf_counter()
    with watched_build(session, name):
        done = index.vacuum(analyze=analyze, rebuild=rebuild)
    seconds = perf_counter() - started
    build = None if done.build is None else record_json(done.build)
    session.answer(
        {"index": name, **record_json(done), "build": build, "seconds": round(seconds, 3)},
        f"Vacuumed index '{name}' in {seconds:,.1f} s: about {done.dead_rows:,} dead rows before, "
        f"{done.remaining_rows:,} now.",
        *([] if done.build is None else ["Its HNSW index was built anew first."]),
        *([] if done.build is None else memory_sentences(done.build)),
        *(
            [f"Those that remain, older transactions may see: pgvectorize doctor {name}"]
            if done.remaining_rows
            else []
        ),
    )


@click.command("prewarm", cls=DatabaseCommand)
@click.argument("name")
@click.pass_obj
def prewarm(session: Session, name: str) -> None:
    """Read an index into memory.

    As after a start of the server, so that the first searches wait for no disk. Takes
    Postgres' extension pg_prewarm.

    pgvectorize prewarm products
    """
    read = session.client.index(name).prewarm()
    buffered = sum(each.bytes for each in read if each.is_buffered)
    rest = sum(each.bytes for each in read if not each.is_buffered)
    session.answer(
        [record_json(each) for each in read],
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
        f"{output.size(rest)} more do not fit, and are in the system's cache.",
    )
