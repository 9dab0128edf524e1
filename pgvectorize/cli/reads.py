"""The commands that show vectors, namespaces and the values of metadata."""

from __future__ import annotations

import json
import shlex
from typing import Any

import click

from pgvectorize import Index
from pgvectorize.cli.options import (
    FILTER,
    NAMESPACE,
    RETURN_CONTENT,
    RETURN_METADATA,
    RETURN_VALUES,
    DatabaseCommand,
    ManyValues,
    Session,
    exclude_ids,
    explained,
    options_of,
)
from pgvectorize.cli.output import table, vectors_table


@click.command("get-vectors", cls=DatabaseCommand)
@click.argument("name")
@click.option("--ids", cls=ManyValues, required=True, metavar="ID ...", help="One or more ids.")
@click.pass_obj
def get_vectors(session: Session, name: str, ids: tuple[str, ...]) -> None:
    """Show vectors by id. Ids that do not exist are ignored.

    pgvectorize get-vectors products --ids 1 2 3
    """
    vectors = session.client.index(name).get_by_ids(ids)
    session.answer(
        vectors,
        vectors_table(
            vectors,
            *("id", "namespace", "metadata"),
            *["content"] * any(vector.content is not None for vector in vectors),
            "values",
        )
        if vectors
        else f"Index '{name}' does not contain vectors of these ids.",
        *explained(ids, len(vectors)),
    )


@click.command("list-vectors", cls=DatabaseCommand)
@click.argument("name")
@options_of(
    Index.list_vectors,
    count="How many, 1 to 1,000.",
    cursor="Where to continue, from the page before.",
    filter=FILTER,
    namespace=NAMESPACE,
    return_values=RETURN_VALUES,
    return_metadata=RETURN_METADATA,
    return_content=RETURN_CONTENT,
)
@exclude_ids("Leave these out.")
@click.pass_obj
def list_vectors(session: Session, /, name: str, **options: Any) -> None:
    """Show the vectors of an index, page by page.

    A page ends early with the vector whose metadata bring it above 64 MB. A cursor is
    valid for an hour, with the same namespace, filter and excluded ids.

    pgvectorize list-vectors products --count 1000
    pgvectorize list-vectors products --namespace shoes --return-metadata all
    """
    options["exclude_ids"] = options["exclude_ids"] or None
    page = session.client.index(name).list_vectors(**options)
    if not page.vectors:
        session.answer(page, "No vectors found in this index.")
        return
    columns = ["metadata"] * (options["return_metadata"] != "none")
    columns += ["content"] * options["return_content"]
    columns += ["values"] * options["return_values"]
    next_page = []
    if page.next_cursor is not None:
        words = ["pgvectorize", "list-vectors", name]
        for option, value in {**options, "cursor": page.next_cursor}.items():
            flag = "--" + option.replace("_", "-")
            if value is True:
                words.append(flag)
            elif option == "exclude_ids":
                words += [f"{flag}={id}" for id in value or ()]  # an id may begin with "-"
            elif value not in (None, False, "none"):
                text = json.dumps(value, ensure_ascii=False) if option == "filter" else str(value)
                words += [flag, text]
        next_page = ["To get the next page, run:", f"  {shlex.join(words)}"]
    session.answer(
        page,
        vectors_table(page.vectors, "id", *["namespace"] * bool(columns), *columns),
        f"Showing {page.count:,} of {page.total_count:,} vectors.",
        *next_page,
    )


@click.command("list-namespaces", cls=DatabaseCommand)
@click.argument("name")
@click.pass_obj
def list_namespaces(session: Session, name: str) -> None:
    """Show the namespaces of an index, with sizes.

    pgvectorize list-namespaces products
    """
    namespaces = session.client.index(name).list_namespaces()
    session.answer(
        namespaces,
        table(
            ("namespace", "vectorCount"),
            [(each.namespace or "(none)", each.vector_count) for each in namespaces],
        )
        if namespaces
        else "No vectors found in this index.",
    )


@click.command("facets", cls=DatabaseCommand)
@click.argument("name")
@options_of(
    Index.facets,
    property_name="Dots reach into nested objects.",
    filter=FILTER,
    namespace=NAMESPACE,
    top_k="How many, 1 to 1,000.",
    buckets="Count numbers in this many ranges instead.",
)
@click.pass_obj
def facets(session: Session, /, name: str, property_name: str, **options: Any) -> None:
    """Count the values of a metadata property.

    The most frequent comes first. Each value in an array counts. A vector without the
    property does not count.

    pgvectorize facets products --property-name color
    pgvectorize facets products --property-name price --buckets 5
    """
    found = session.client.index(name).facets(property_name, **options)
    if not found:
        told: Any = f"No vector has a value of '{property_name}'."
    elif found[0].lower is None:
        rows = [(json.dumps(facet.value, ensure_ascii=False), facet.count) for facet in found]
        told = table(("value", "count"), rows)
    else:
        told = table(
            ("from", "to", "count"),
            [(f"{facet.lower:g}", f"{facet.upper:g}", facet.count) for facet in found],
        )
    session.answer(found, told)
