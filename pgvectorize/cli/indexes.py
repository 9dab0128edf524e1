"""The commands on indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pgvectorize import Client, Index, IndexInfo
from pgvectorize.cli.options import DatabaseCommand, Session, confirm, force, option_of, options_of
from pgvectorize.cli.output import facts, table, timestamp

if TYPE_CHECKING:
    from rich.table import Table


@click.command("create", cls=DatabaseCommand, may_begin=True)
@click.argument("name")
@options_of(
    Client.create_index,
    dimensions="How many numbers a vector has, 1 to 16,000.",
    metric="How vectors are compared.",
    preset="An embedding model that sets both; see `pgvectorize presets`.",
    model="The embedding model that makes the vectors, such as openai:text-embedding-3-small.",
    description="Any text, kept with the index.",
    strict="Enforce Vectorize's own limits on this index.",
    storage="How values are stored; float16 needs half the space and rounds to three digits.",
    index_precision="What the HNSW index holds, by default what suits the dimensions.",
    m="Neighbours of a vector in the HNSW index.",
    ef_construction="Candidates for neighbours.  [default: 64, or 2 m if that is more]",
)
@click.option("--no-hnsw", is_flag=True, help="Compare every query with every vector.")
@click.pass_obj
def create(session: Session, /, name: str, no_hnsw: bool, **options: Any) -> None:
    """Create an index. Give dimensions and a metric, or a preset, or a model.

    pgvectorize create products --dimensions 3 --metric cosine
    pgvectorize create docs --preset openai/text-embedding-3-small
    pgvectorize create stories --model wordllama
    pgvectorize create large --preset openai/text-embedding-3-large --storage float16
    """
    is_named = options["preset"] is not None or options["model"] is not None
    if not is_named and None in (options["dimensions"], options["metric"]):
        raise click.UsageError("give --dimensions and --metric, or a --preset, or a --model")
    info = session.client.create_index(name, hnsw=not no_hnsw, **options)
    session.answer(
        info,
        f"Created index '{info.name}': {info.dimensions} dimensions, {info.metric}.",
        *searched_exactly(info),
    )


@click.command("update", cls=DatabaseCommand)
@click.argument("name")
@option_of(
    Client.update_index,
    "new_name",
    "--name",
    "new_name",
    help="The new name; the table is renamed too.",
)
@options_of(
    Client.update_index,
    description='The new description; "" removes it.',
    count_queries="Count queries for `usage`, or not.",
    ef_search="What queries use, 1 to 1,000; 0 for the default.",
)
@click.pass_obj
def update(session: Session, /, name: str, **changes: Any) -> None:
    """Change the name or the settings of an index.

    pgvectorize update products --description "what we sell"
    pgvectorize update products --name goods
    pgvectorize update goods --count-queries --ef-search 200
    """
    if all(change is None for change in changes.values()):
        raise click.UsageError("give --name, --description, --count-queries or --ef-search")
    info = session.client.update_index(name, **changes)
    renamed = f", now '{info.name}'" if info.name != name else ""
    session.answer(info, f"Updated index '{name}'{renamed}.")


@click.command("delete", cls=DatabaseCommand)
@click.argument("name")
@force
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
    session.answer(info, _facts(info), *searched_exactly(info))


@click.command("list", cls=DatabaseCommand)
@click.pass_obj
def list_indexes(session: Session) -> None:
    """Show the configuration of every index.

    pgvectorize list
    """
    indexes = session.client.list_indexes()
    session.answer(
        indexes,
        table(
            ("name", "dimensions", "metric", "description", "created"),
            (
                (
                    info.name,
                    info.dimensions,
                    info.metric,
                    info.description,
                    f"{info.created_on:%Y-%m-%d}",
                )
                for info in indexes
            ),
        )
        if indexes
        else "There are no indexes. Make one: pgvectorize create",
    )


@click.command("info", cls=DatabaseCommand)
@click.argument("name")
@options_of(Index.describe, exact="Count the vectors, however many they are.")
@click.pass_obj
def info(session: Session, name: str, exact: bool) -> None:
    """Show how many vectors an index holds. Above 100,000 the number is an estimate.

    pgvectorize info products
    pgvectorize info products --exact
    """
    description = session.client.index(name).describe(exact=exact)
    count = f"{'about ' * description.is_estimate}{description.vector_count:,}"
    session.answer(
        description,
        facts(
            [
                ("dimensions", description.dimensions),
                *([("model", description.model)] if description.model is not None else []),
                ("vectorCount", count),
                ("pendingCount", f"{description.pending_count:,}"),
                ("processedUpToMutation", description.processed_up_to_mutation),
                ("processedUpToDatetime", timestamp(description.processed_up_to_datetime)),
            ]
        ),
    )


def searched_exactly(info: IndexInfo) -> list[str]:
    """Return what to say about an index without an HNSW index."""
    if info.has_hnsw:
        return []
    return [
        "It has no HNSW index: a query compares with every vector. It finds all of them, and is "
        "slower."
        + (
            f" With {info.dimensions:,} dimensions, --index-precision binary makes one, "
            "if the values lie around zero."
            if info.metric == "euclidean" and info.index_precision == "binary"
            else ""
        )
    ]


def _facts(info: IndexInfo) -> Table:
    return facts(
        [
            ("name", info.name),
            ("dimensions", info.dimensions),
            ("metric", info.metric),
            *([("preset", info.preset)] if info.preset is not None else []),
            *([("model", info.model)] if info.model is not None else []),
            ("description", info.description),
            ("created", timestamp(info.created_on)),
            ("modified", timestamp(info.modified_on)),
            ("table", info.relation),
            ("storage", info.storage),
            (
                "HNSW index",
                f"{info.index_precision}, m {info.m}, ef_construction {info.ef_construction}"
                if info.has_hnsw
                else "none",
            ),
            *([("ef_search", info.ef_search)] if info.ef_search is not None else []),
            *([("strict", "yes: Vectorize's own limits hold")] if info.is_strict else []),
            *([("queries", "counted for `usage`")] if info.is_counted else []),
        ]
    )
