"""The command that makes an index of a table with vectors."""

from __future__ import annotations

from typing import Any

import click

from pgvectorize import Client
from pgvectorize.cli.indexes import searched_exactly
from pgvectorize.cli.options import (
    DatabaseCommand,
    ManyValues,
    Session,
    choice,
    option_of,
    options_of,
)
from pgvectorize.cli.output import spinner, to_json
from pgvectorize.models import Library, Metric


@click.command("adopt", cls=DatabaseCommand)
@click.argument("name")
@click.option("--table", help="The table or view, as SQL writes it: schema.table.")
@click.option("--id", "id_column", help="Its column of ids, of any type that has a text.")
@click.option("--embedding", "embedding_column", help="Its column of vectors.")
@click.option("--namespace", "namespace_column", help="Its column of namespaces, if any.")
@click.option("--metadata", "metadata_column", help="Its column of metadata, jsonb, if any.")
@click.option(
    "--metadata-columns",
    cls=ManyValues,
    metavar="COLUMN ...",
    help="Columns that become properties of the metadata.",
)
@click.option("--content", "content_column", help="Its column of content, the text, if any.")
@click.option(
    "--from",
    "source",
    type=(choice(Library), str),
    metavar="LIBRARY COLLECTION",
    help="A collection of vecs or langchain instead of a table.",
)
@option_of(
    Client.adopt_collection,
    "document",
    "--document/--no-document",
    "document",
    help="langchain: the document becomes the content.",
)
@options_of(
    Client.adopt_index,
    metric="As for create.",
    in_place="Make the table itself the index: see above.",
)
@click.pass_obj
def adopt(
    session: Session,
    /,
    name: str,
    metric: Metric,
    source: tuple[Library, str] | None,
    document: bool,
    in_place: bool,
    **table: Any,
) -> None:
    """Make an index of a table with vectors.

    The table is copied and stays as it is. With --in-place the table itself becomes
    the index: it moves to the schema pgvectorize_data, its columns are renamed, and
    `delete` drops it. If a row does not fit, nothing changes.

    pgvectorize adopt docs --table app.docs --id id --embedding vec --metric cosine
    pgvectorize adopt docs --from langchain my_docs --metric cosine
    """
    if source is not None:
        if any(table.values()) or in_place:
            raise click.UsageError("--from finds the table and its columns, and always copies")
    elif None in (table["table"], table["id_column"], table["embedding_column"]):
        raise click.UsageError("give --table, --id and --embedding, or --from")
    with spinner(f"adopting {table['table'] or 'the collection'}"):
        if source is not None:
            info = session.client.adopt_collection(name, *source, metric=metric, document=document)
        else:
            info = session.client.adopt_index(name, metric=metric, in_place=in_place, **table)
        count = session.client.index(name).count()
    session.answer(
        {**to_json(info), "vectorCount": count},
        f"Adopted {count:,} vectors as index '{name}': {info.dimensions} dimensions, "
        f"{info.metric}, in the table {info.relation}.",
        *searched_exactly(info),
    )
