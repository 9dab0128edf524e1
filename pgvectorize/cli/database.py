"""The commands on the schema of the database, and the demo."""

from __future__ import annotations

import click

from pgvectorize import schema
from pgvectorize.cli.options import DatabaseCommand, Session
from pgvectorize.embedded import DEFAULT_PATH
from pgvectorize.schema import SchemaState


@click.command("migrate", cls=DatabaseCommand)
@click.option("--sql", is_flag=True, help="Print the SQL of a first run; do not connect.")
@click.option("--vector-schema", help="With --sql, the schema of pgvector.  [default: public]")
@click.pass_obj
def migrate(session: Session, sql: bool, vector_schema: str | None) -> None:
    """Bring the database's schema up to date. A second run does nothing.

    pgvectorize migrate
    pgvectorize migrate --sql | less
    """
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
            "before": before,
            "after": after,
        },
        f"Nothing to do: the database is at {_state(after)}."
        if before == after
        else f"Migrated the database from {_state(before)} to {_state(after)}.",
    )


@click.command("current", cls=DatabaseCommand)
@click.pass_obj
def current(session: Session) -> None:
    """Show the revision of the database's schema.

    It also shows the revision that this library needs.

    pgvectorize current
    """
    found, wanted = schema.inspect(session.dsn), schema.wanted()
    session.answer(
        {
            "current": found,
            "wanted": wanted,
            "upToDate": found == wanted,
        },
        f"The database is at {_state(found)}.",
        "This is what this library needs."
        if found == wanted
        else f"This library needs {_state(wanted)}. Run: pgvectorize migrate",
    )


@click.command("demo", cls=DatabaseCommand, may_begin=True)
@click.pass_obj
def demo(session: Session) -> None:
    """Show the main job on sample data.

    Five products, then a search over real text, in Python and in SQL. It creates the
    indexes demo-products and demo-speeches and the schema pgvectorize_demo. A second
    run uses them again.

    pgvectorize demo
    """
    from pgvectorize import demo

    if session.as_json:
        raise click.UsageError("the demo prints text, not JSON")
    folder = DEFAULT_PATH if session.is_embedded else None
    demo.run(session.client, session.dsn, folder=folder)


def _state(state: SchemaState) -> str:
    if state.revision is None:
        return "no revision"
    return f"revision {state.revision} with functions {state.functions or 'none'}"
