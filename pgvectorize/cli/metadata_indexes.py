"""The commands on metadata indexes, which make filters fast."""

from __future__ import annotations

import click

from pgvectorize import Index
from pgvectorize.cli.options import DatabaseCommand, Session, option_of, options_of
from pgvectorize.cli.output import spinner, table
from pgvectorize.models import IndexType


@click.command("create-metadata-index", cls=DatabaseCommand)
@click.argument("name")
@options_of(Index.create_metadata_index, property_name="Dots reach into nested objects.")
@option_of(
    Index.create_metadata_index,
    "index_type",
    "--type",
    "index_type",
    help="The type as which filters compare the property.",
)
@click.pass_obj
def create_metadata_index(
    session: Session, name: str, property_name: str, index_type: IndexType
) -> None:
    """Make filters on a metadata property fast.

    It covers the vectors that exist too, and writers do not wait for it.

    pgvectorize create-metadata-index products --property-name price --type number
    """
    index = session.client.index(name)
    with spinner(f"building the metadata index on {property_name}"):
        mutation_id = index.create_metadata_index(property_name, index_type)
    session.answer(
        {"mutationId": mutation_id},
        f"Created the metadata index on '{property_name}' ({index_type}) of index '{name}'. "
        f"Mutation: {mutation_id}",
    )


@click.command("list-metadata-index", cls=DatabaseCommand)
@click.argument("name")
@click.pass_obj
def list_metadata_index(session: Session, name: str) -> None:
    """Show the metadata indexes of an index.

    pgvectorize list-metadata-index products
    """
    indexes = session.client.index(name).list_metadata_indexes()
    session.answer(
        indexes,
        table(("propertyName", "type"), [(each.property_name, each.index_type) for each in indexes])
        if indexes
        else f"Index '{name}' has no metadata indexes.",
    )


@click.command("delete-metadata-index", cls=DatabaseCommand)
@click.argument("name")
@options_of(
    Index.delete_metadata_index, property_name="The property whose metadata index is deleted."
)
@click.pass_obj
def delete_metadata_index(session: Session, name: str, property_name: str) -> None:
    """Delete a metadata index.

    Filters on its property still work, more slowly.

    pgvectorize delete-metadata-index products --property-name price
    """
    mutation_id = session.client.index(name).delete_metadata_index(property_name)
    session.answer(
        {"mutationId": mutation_id},
        f"Deleted the metadata index on '{property_name}' of index '{name}'. "
        f"Mutation: {mutation_id}",
    )
