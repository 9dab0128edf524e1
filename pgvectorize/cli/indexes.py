"""The commands on indexes and on their metadata indexes."""

from __future__ import annotations

from typing import get_args

import click

from pgvectorize.cli.options import DatabaseCommand, Session, confirm
from pgvectorize.cli.output import (
    description_json,
    facts,
    index_facts,
    index_json,
    index_table,
    searched_exactly,
    spinner,
    table,
    timestamp,
)
from pgvectorize.models import IndexPrecision, IndexType, Metric, Storage


@click.command("create", cls=DatabaseCommand)
@click.argument("name")
@click.option("--dimensions", type=int, help="How many numbers a vector has, 1 to 16,000.")
@click.option("--metric", type=click.Choice(get_args(Metric)), help="How vectors are compared.")
@click.option("--preset", help="An embedding model that names both; see `pgvectorize presets`.")
@click.option("--description", help="Any text, kept with the index.")
@click.option("--strict", is_flag=True, help="Enforce Vectorize's own limits on this index.")
@click.option(
    "--storage",
    type=click.Choice(get_args(Storage)),
    default="float32",
    help="How values are kept; float16 takes half the room and rounds to three digits.",
)
@click.option(
    "--index-precision",
    type=click.Choice(get_args(IndexPrecision)),
    help="What the HNSW index holds, by default what suits the dimensions.",
)
@click.option("--m", type=int, default=16, help="Neighbours of a vector in the HNSW index, 16.")
@click.option("--ef-construction", type=int, help="Candidates for neighbours, 64 or 2 m.")
@click.option("--no-hnsw", is_flag=True, help="Compare every query with every vector.")
@click.pass_obj
def create(
    session: Session,
    name: str,
    dimensions: int | None,
    metric: Metric | None,
    preset: str | None,
    description: str | None,
    strict: bool,
    storage: Storage,
    index_precision: IndexPrecision | None,
    m: int,
    ef_construction: int | None,
    no_hnsw: bool,
) -> None:
    """Create an index. Give dimensions and a metric, or a preset.

    pgvectorize create products --dimensions 3 --metric cosine
    pgvectorize create docs --preset openai/text-embedding-3-small
    pgvectorize create large --preset openai/text-embedding-3-large --storage float16
    """
    if preset is None and (dimensions is None or metric is None):
        raise click.UsageError("give --dimensions and --metric, or a --preset")
    info = session.client.create_index(
        name,
        dimensions=dimensions,
        metric=metric,
        preset=preset,
        description=description,
        strict=strict,
        storage=storage,
        index_precision=index_precision,
        m=m,
        ef_construction=ef_construction,
        hnsw=not no_hnsw,
    )
    session.answer(
        index_json(info),
        f"Created index '{info.name}': {info.dimensions} dimensions, {info.metric}.",
        *searched_exactly(info),
    )


@click.command("update", cls=DatabaseCommand)
@click.argument("name")
@click.option("--name", "new_name", help="The new name; the table is renamed too.")
@click.option("--description", help='The new description; "" removes it.')
@click.option(
    "--count-queries/--no-count-queries", default=None, help="Count queries for `usage`, or not."
)
@click.option("--ef-search", type=int, help="What queries use, 1 to 1,000; 0 for the default.")
@click.pass_obj
def update(
    session: Session,
    name: str,
    new_name: str | None,
    description: str | None,
    count_queries: bool | None,
    ef_search: int | None,
) -> None:
    """Change the name or the settings of an index.

    pgvectorize update products --description "what we sell"
    pgvectorize update products --name goods
    pgvectorize update goods --count-queries --ef-search 200
    """
    changes = (new_name, description, count_queries, ef_search)
    if all(change is None for change in changes):
        raise click.UsageError("give --name, --description, --count-queries or --ef-search")
    info = session.client.update_index(
        name,
        new_name=new_name,
        description=description,
        count_queries=count_queries,
        ef_search=ef_search,
    )
    renamed = f", now '{info.name}'" if info.name != name else ""
    session.answer(index_json(info), f"Updated index '{name}'{renamed}.")


@click.command("delete", cls=DatabaseCommand)
@click.argument("name")
@click.option("--force", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(session: Session, name: str, force: bool) -> None:
    """Delete an index with all its vectors.

    pgvectorize delete products --force
    """
    confirm(f"OK to delete the index '{name}'?", force)
    session.client.delete_index(name)
    session.answer(None, f"Deleted index '{name}'.")


@click.command("get", cls=DatabaseCommand)
@click.argument("name")
@click.pass_obj
def get(session: Session, name: str) -> None:
    """Show the configuration of an index.

    pgvectorize get products --json
    """
    info = session.client.get_index(name)
    session.answer(index_json(info), index_facts(info), *searched_exactly(info))


@click.command("list", cls=DatabaseCommand)
@click.pass_obj
def list_indexes(session: Session) -> None:
    """Show the configuration of every index.

    pgvectorize list
    """
    indexes = session.client.list_indexes()
    session.answer(
        [index_json(info) for info in indexes],
        index_table(indexes) if indexes else "There are no indexes. Make one: pgvectorize create",
    )


@click.command("info", cls=DatabaseCommand)
@click.argument("name")
@click.option("--exact", is_flag=True, help="Count the vectors, however many they are.")
@click.pass_obj
def info(session: Session, name: str, exact: bool) -> None:
    """Show how many vectors an index holds. Above 100,000 this is an estimate.

    pgvectorize info products
    pgvectorize info products --exact
    """
    description = session.client.index(name).describe(exact=exact)
    session.answer(
        description_json(description),
        facts(
            [
                ("dimensions", description.dimensions),
                (
                    "vectorCount",
                    f"about {description.vector_count:,}"
                    if description.is_estimate
                    else description.vector_count,
                ),
                ("processedUpToMutation", description.processed_up_to_mutation),
                ("processedUpToDatetime", timestamp(description.processed_up_to_datetime)),
            ]
        ),
    )


@click.command("usage", cls=DatabaseCommand)
@click.argument("name", required=False)
@click.pass_obj
def usage(session: Session, name: str | None) -> None:
    """Show what is stored and queried by month.

    Queries are counted from `update NAME --count-queries`. The price at Vectorize is
    before what Vectorize's plans include for an account.

    pgvectorize usage
    pgvectorize usage products --json
    """
    months = session.client.usage(name)
    session.answer(
        [
            {
                "name": month.name,
                "month": f"{month.month:%Y-%m}",
                "dimensions": month.dimensions,
                "storedVectors": month.stored_vectors,
                "storedDimensions": month.stored_dimensions,
                "queriedVectors": month.queried_vectors,
                "queriedDimensions": month.queried_dimensions,
                "vectorizeDollars": float(month.vectorize_dollars),
            }
            for month in months
        ],
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


@click.command("create-metadata-index", cls=DatabaseCommand)
@click.argument("name")
@click.option("--property-name", required=True, help="Dots reach into nested objects.")
@click.option(
    "--type",
    "index_type",
    type=click.Choice(get_args(IndexType)),
    required=True,
    help="As what filters compare the property.",
)
@click.pass_obj
def create_metadata_index(
    session: Session, name: str, property_name: str, index_type: IndexType
) -> None:
    """Make filters on a metadata property fast.

    The vectors that are there already are covered too, and writers need not wait.

    pgvectorize create-metadata-index products --property-name price --type number
    """
    index = session.client.index(name)
    with spinner(f"building the metadata index on {property_name}"):
        mutation_id = index.create_metadata_index(property_name, index_type)
    session.answer(
        {"mutationId": str(mutation_id)},
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
        [{"propertyName": each.property_name, "indexType": each.index_type} for each in indexes],
        table(("propertyName", "type"), [(each.property_name, each.index_type) for each in indexes])
        if indexes
        else f"Index '{name}' has no metadata indexes.",
    )


@click.command("delete-metadata-index", cls=DatabaseCommand)
@click.argument("name")
@click.option("--property-name", required=True, help="The property whose index goes.")
@click.pass_obj
def delete_metadata_index(session: Session, name: str, property_name: str) -> None:
    """Delete a metadata index.

    Filters on its property still work, more slowly.

    pgvectorize delete-metadata-index products --property-name price
    """
    mutation_id = session.client.index(name).delete_metadata_index(property_name)
    session.answer(
        {"mutationId": str(mutation_id)},
        f"Deleted the metadata index on '{property_name}' of index '{name}'. "
        f"Mutation: {mutation_id}",
    )
