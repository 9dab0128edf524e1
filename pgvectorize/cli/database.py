"""The commands on the database as a whole. `schema` is imported where it is used: it is slow."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, get_args

import click

from pgvectorize.cli.options import DatabaseCommand, Session
from pgvectorize.cli.output import table
from pgvectorize.embedded import DEFAULT_PATH
from pgvectorize.models import Access

if TYPE_CHECKING:
    from pgvectorize.schema import SchemaState


@click.command("migrate", cls=DatabaseCommand)
@click.option("--sql", is_flag=True, help="Print the SQL of a first run; do not connect.")
@click.option("--vector-schema", help="With --sql, the schema of pgvector.  [default: public]")
@click.pass_obj
def migrate(session: Session, sql: bool, vector_schema: str | None) -> None:
    """Bring the database's schema up to date. The second time it does nothing.

    pgvectorize migrate
    pgvectorize migrate --sql | less
    """
    from pgvectorize import schema

    if sql and session.as_json:
        raise click.UsageError("--sql prints SQL, not JSON")
    if vector_schema is not None and not sql:
        raise click.UsageError("--vector-schema goes with --sql; migrate finds pgvector itself")
    if sql:
        click.echo(schema.upgrade_sql(vector_schema or "public"))
        return
    before, after = schema.migrate(session.dsn)
    session.answer(
        {
            "changed": before != after,
            "before": _state_json(before),
            "after": _state_json(after),
        },
        f"Nothing to do: the database is at {_state(after)}."
        if before == after
        else f"Migrated the database from {_state(before)} to {_state(after)}.",
    )


@click.command("current", cls=DatabaseCommand)
@click.pass_obj
def current(session: Session) -> None:
    """Show the revision of the database's schema.

    With it, the one that this library wants.

    pgvectorize current
    """
    from pgvectorize import schema

    found, wanted = schema.inspect(session.dsn), schema.wanted()
    session.answer(
        {
            "current": _state_json(found),
            "wanted": _state_json(wanted),
            "upToDate": found == wanted,
        },
        f"The database is at {_state(found)}.",
        "That is what this library wants."
        if found == wanted
        else f"This library wants {_state(wanted)}. Run: pgvectorize migrate",
    )


@click.command("presets", cls=DatabaseCommand)
@click.pass_obj
def presets(session: Session) -> None:
    """Show the embedding models that --preset knows.

    pgvectorize presets
    """
    known = session.client.presets()
    session.answer(
        [
            {"name": preset.name, "dimensions": preset.dimensions, "metric": preset.metric}
            for preset in known
        ],
        table(
            ("preset", "dimensions", "metric"),
            [(preset.name, preset.dimensions, preset.metric) for preset in known],
        ),
    )


@click.command("limits", cls=DatabaseCommand)
@click.pass_obj
def limits(session: Session) -> None:
    """Show every limit, here and in strict mode.

    pgvectorize limits
    """
    known = session.client.limits()
    session.answer(
        [asdict(limit) for limit in known],
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


@click.command("grant", cls=DatabaseCommand)
@click.argument("access", type=click.Choice(get_args(Access)))
@click.argument("role")
@click.pass_obj
def grant(session: Session, access: Access, role: str) -> None:
    """Make a role owner, writer or reader.

    It holds for every index, also for those to come, and replaces what was granted
    before. A reader searches and reads; a writer inserts, changes and deletes vectors
    as well; the owner does all. Only the owner or a superuser may grant.

    pgvectorize grant reader search_service
    pgvectorize grant writer importer
    pgvectorize grant owner vectors
    """
    session.client.grant(role, access)
    session.answer({"role": role, "access": access}, f"Role '{role}' is {_ARTICLES[access]}.")


_ARTICLES = {"owner": "the owner", "writer": "a writer", "reader": "a reader"}


@click.command("revoke", cls=DatabaseCommand)
@click.argument("role")
@click.pass_obj
def revoke(session: Session, role: str) -> None:
    """Take from a role what `grant` gave it.

    What the owner had belongs to the role that runs this from then on.

    pgvectorize revoke search_service
    """
    session.client.revoke(role)
    session.answer({"role": role, "access": None}, f"Role '{role}' has nothing any more.")


@click.command("list-grants", cls=DatabaseCommand)
@click.pass_obj
def list_grants(session: Session) -> None:
    """Show the owner, the writers and the readers.

    pgvectorize list-grants
    """
    known = session.client.list_grants()
    session.answer(
        [asdict(grant) for grant in known],
        table(("role", "access"), [(grant.role, grant.access) for grant in known]),
    )


@click.command("demo", cls=DatabaseCommand)
@click.pass_obj
def demo(session: Session) -> None:
    """Show the main job on sample data.

    Five products, then a search over real text, in Python and in SQL. Makes the
    indexes demo-products and demo-speeches and the schema pgvectorize_demo; the
    second time it finds them there.

    pgvectorize demo
    """
    from pgvectorize import demo

    if session.as_json:
        raise click.UsageError("the demo is told in words, not in JSON")
    folder = DEFAULT_PATH if session.is_embedded else None
    demo.run(session.client, session.dsn, folder=folder)


def _state(state: SchemaState) -> str:
    if state.revision is None:
        return "no revision"
    return f"revision {state.revision} with functions {state.functions or 'none'}"


def _state_json(state: SchemaState) -> dict[str, str | None]:
    return {"revision": state.revision, "functions": state.functions}
