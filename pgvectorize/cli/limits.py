"""The commands that show limits and presets."""

from __future__ import annotations

import click

from pgvectorize.cli.options import DatabaseCommand, Session
from pgvectorize.cli.output import table


@click.command("limits", cls=DatabaseCommand)
@click.pass_obj
def limits(session: Session) -> None:
    """Show every limit, here and in strict mode.

    pgvectorize limits
    """
    known = session.client.limits()
    session.answer(
        known,
        table(
            ("limit", "here", "strict", "source"),
            [
                (limit.name, _bound(limit.value), _bound(limit.strict), limit.source)
                for limit in known
            ],
        ),
    )


def _bound(value: int | None) -> str:
    return "none" if value is None else f"{value:,}"


@click.command("presets", cls=DatabaseCommand)
@click.pass_obj
def presets(session: Session) -> None:
    """Show the embedding models that --preset knows.

    pgvectorize presets
    """
    known = session.client.presets()
    session.answer(
        known,
        table(
            ("preset", "dimensions", "metric"),
            [(preset.name, preset.dimensions, preset.metric) for preset in known],
        ),
    )
