"""The command that finds what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

import click

from pgvectorize import Finding, schema
from pgvectorize.cli import actions
from pgvectorize.cli.options import DatabaseCommand, Session, choice
from pgvectorize.models import Severity

_FOUND = 3  # the exit code; 1 says that it could not be looked at, 2 that the command is wrong


@click.command("doctor", cls=DatabaseCommand)
@click.argument("name", required=False)
@click.option(
    "--fail-on",
    type=choice(Severity),
    default="warning",
    show_default=True,
    help="The least severe finding that exits with 3.",
)
@click.pass_obj
def doctor(session: Session, name: str | None, fail_on: Severity) -> None:
    """Show what is wrong, with the commands that fix it.

    It looks at the server, the database, and every index or one, and changes nothing.
    Exit code 0: nothing, or nothing as severe as --fail-on; 3: a finding of that
    severity; 1: it could not look.

    pgvectorize doctor
    pgvectorize doctor products --json
    pgvectorize doctor --fail-on error
    """
    # what the embedded server lacks, a client creates when it connects
    findings = [] if session.is_embedded else schema.diagnose(session.dsn)
    if not any(finding.severity == "error" for finding in findings):
        findings += session.client.doctor(name)
    findings = [_built_once(finding, findings) for finding in findings]
    session.answer([actions.finding_json(finding) for finding in findings], *_told(findings))
    least = get_args(Severity).index(fail_on)
    if any(get_args(Severity).index(finding.severity) <= least for finding in findings):
        raise click.exceptions.Exit(_FOUND)


def _built_once(finding: Finding, findings: Sequence[Finding]) -> Finding:
    """Suggest no rebuild beside a vacuum that rebuilds the same HNSW index."""
    is_vacuumed = any(
        other.code == "rows_dead" and other.name == finding.name for other in findings
    )
    if finding.code != "hnsw_bloated" or not is_vacuumed:
        return finding
    return replace(finding, action="vacuum", arguments={"index": finding.name})


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
