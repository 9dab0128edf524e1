"""The commands on roles: who owns the indexes, who writes and who reads."""

from __future__ import annotations

import click

from pgvectorize.cli.options import DatabaseCommand, Session, choice
from pgvectorize.cli.output import table
from pgvectorize.models import Access


@click.command("grant", cls=DatabaseCommand)
@click.argument("access", type=choice(Access))
@click.argument("role")
@click.pass_obj
def grant(session: Session, access: Access, role: str) -> None:
    """Make a role owner, writer or reader.

    It holds for every index, present and future, and replaces what was granted before.
    A reader searches and reads. A writer also inserts, changes and deletes vectors. The
    owner may do everything. Only the owner or a superuser may grant.

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

    What the owner had then belongs to the role that runs this command.

    pgvectorize revoke search_service
    """
    session.client.revoke(role)
    session.answer({"role": role, "access": None}, f"Role '{role}' has no access any more.")


@click.command("list-grants", cls=DatabaseCommand)
@click.pass_obj
def list_grants(session: Session) -> None:
    """Show the owner, the writers and the readers.

    pgvectorize list-grants
    """
    known = session.client.list_grants()
    session.answer(
        known,
        table(("role", "access"), [(grant.role, grant.access) for grant in known]),
    )
