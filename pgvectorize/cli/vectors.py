"""The commands on the vectors of an index."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar, get_args

import click

from pgvectorize import InvalidVector
from pgvectorize.cli import ndjson
from pgvectorize.cli.options import (
    DatabaseCommand,
    ManyValues,
    Session,
    parse_numbers,
    parse_object,
)
from pgvectorize.cli.output import (
    matches_json,
    matches_table,
    page_json,
    progress_of_reading,
    table,
    vector_json,
)
from pgvectorize.models import ReturnMetadata

_Function = TypeVar("_Function", bound=Callable[..., Any])

_file = click.option(
    "--file", required=True, help="NDJSON, one vector a line: id, values, namespace, metadata."
)
_atomic = click.option(
    "--atomic/--no-atomic",
    default=True,
    show_default=True,
    help="The whole file or nothing; or each batch a change of its own.",
)


def _batch_size(default: int) -> Callable[[_Function], _Function]:
    return click.option(
        "--batch-size",
        type=click.IntRange(1, 5_000),
        default=default,
        show_default=True,
        help="How many vectors are sent at a time.",
    )


@click.command("insert", cls=DatabaseCommand)
@click.argument("name")
@_file
@_batch_size(1_000)
@_atomic
@click.pass_obj
def insert(session: Session, name: str, file: str, batch_size: int, atomic: bool) -> None:
    """Insert vectors, keeping those whose id exists.

    The file is NDJSON in Vectorize's shape, or one JSON array; - is stdin.

    pgvectorize insert products --file products.ndjson
    """
    _write("insert", session, name, file, batch_size, atomic)


@click.command("upsert", cls=DatabaseCommand)
@click.argument("name")
@_file
@_batch_size(5_000)
@_atomic
@click.pass_obj
def upsert(session: Session, name: str, file: str, batch_size: int, atomic: bool) -> None:
    """Insert vectors, replacing those whose id exists.

    The file is NDJSON in Vectorize's shape, or one JSON array; - is stdin.

    pgvectorize upsert products --file products.ndjson
    pgvectorize upsert products --file - < products.ndjson
    """
    _write("upsert", session, name, file, batch_size, atomic)


def _write(
    operation: Literal["insert", "upsert"],
    session: Session,
    name: str,
    file: str,
    batch_size: int,
    atomic: bool,
) -> None:
    reader = ndjson.VectorReader(
        file, hint="Nothing was written." if atomic else "Earlier batches stay written."
    )
    with ndjson.opened(file) as (stream, size):
        index = session.client.index(name)
        index.info()  # that it does not exist shows before the file is sent
        with progress_of_reading(stream, size) as lines:
            write = index.insert if operation == "insert" else index.upsert
            try:
                mutation = write(reader.read(lines), batch_size=batch_size, atomic=atomic)
            except InvalidVector as error:
                raise reader.located(error) from error

    verb = "Inserted" if operation == "insert" else "Upserted"
    sentences = [
        f"{verb} {_number(mutation.count)} into index '{name}'. Mutation: {mutation.mutation_id}"
    ]
    if left := reader.count - mutation.count:
        reason = (
            "their ids were there already"
            if operation == "insert"
            else "their ids come again later in the file"
        )
        sentences.append(f"{left:,} of {reader.count:,} were left out: {reason}.")
    session.answer(
        {"index": name, "count": mutation.count, "mutationId": str(mutation.mutation_id)},
        *sentences,
    )


@click.command("query", cls=DatabaseCommand)
@click.argument("name")
@click.option(
    "--vector",
    cls=ManyValues,
    callback=parse_numbers,
    metavar="N ...",
    help="The numbers to search with: 1 -2 3, 1,-2,3 or [1, -2, 3].",
)
@click.option("--vector-id", help="Search with the stored vector of this id instead.")
@click.option("--top-k", type=int, default=5, show_default=True, help="How many, 1 to 1,000.")
@click.option("--return-values/--no-return-values", default=False, help="With the values.")
@click.option(
    "--return-metadata",
    type=click.Choice(get_args(ReturnMetadata)),
    default="none",
    show_default=True,
    help="With the metadata, or with the properties that have a metadata index.",
)
@click.option("--namespace", multiple=True, help="Search only this one; or these, given again.")
@click.option(
    "--filter", callback=parse_object, metavar="JSON", help="""Such as '{"price": {"$lt": 100}}'."""
)
@click.option("--ef-search", type=int, help="How many candidates the HNSW scan keeps.")
@click.option("--exact", is_flag=True, help="Compare with every matching vector.")
@click.option("--exclude-ids", cls=ManyValues, metavar="ID ...", help="Leave these out.")
@click.option("--min-score", type=float, help="For cosine: at least this score.")
@click.option("--max-distance", type=float, help="At most this far; for cosine 1 - score.")
@click.option("--offset", type=int, default=0, show_default=True, help="Leave out so many first.")
@click.pass_obj
def query(
    session: Session,
    name: str,
    vector: list[float] | None,
    vector_id: str | None,
    top_k: int,
    return_values: bool,
    return_metadata: ReturnMetadata,
    namespace: tuple[str, ...],
    filter: Mapping[str, Any] | None,
    ef_search: int | None,
    exact: bool,
    exclude_ids: tuple[str, ...],
    min_score: float | None,
    max_distance: float | None,
    offset: int,
) -> None:
    """Find the vectors nearest to a vector, best first.

    pgvectorize query products --vector 54.8 5.5 3.1 --top-k 3
    pgvectorize query products --vector-id 5 --return-metadata all
    pgvectorize query products --vector-id 5 --filter '{"price": {"$gte": 10, "$lt": 100}}'
    """
    if (vector is None) == (vector_id is None):
        raise click.UsageError("give either --vector or --vector-id")
    index = session.client.index(name)
    options: dict[str, Any] = {
        "top_k": top_k,
        "namespace": namespace or None,
        "filter": filter,
        "return_values": return_values,
        "return_metadata": return_metadata,
        "ef_search": ef_search,
        "exact": exact,
        "exclude_ids": exclude_ids,
        "min_score": min_score,
        "max_distance": max_distance,
        "offset": offset,
    }
    if vector is not None:
        matches = index.query(vector, **options)
    else:
        assert vector_id is not None
        matches = index.query_by_id(vector_id, **options)
    session.answer(
        matches_json(matches),
        matches_table(matches, values=return_values, metadata=return_metadata != "none")
        if matches
        else "No vectors match.",
    )


@click.command("get-vectors", cls=DatabaseCommand)
@click.argument("name")
@click.option("--ids", cls=ManyValues, required=True, metavar="ID ...", help="One or more ids.")
@click.pass_obj
def get_vectors(session: Session, name: str, ids: tuple[str, ...]) -> None:
    """Show vectors by id. Those that are not there are left out.

    pgvectorize get-vectors products --ids 1 2 3
    """
    vectors = session.client.index(name).get_by_ids(ids)
    session.answer(
        [vector_json(vector) for vector in vectors],
        table(
            ("id", "namespace", "metadata", "values"),
            [(vector.id, vector.namespace, vector.metadata, vector.values) for vector in vectors],
        )
        if vectors
        else f"Index '{name}' does not contain vectors of these ids.",
    )


@click.command("delete-vectors", cls=DatabaseCommand)
@click.argument("name")
@click.option("--ids", cls=ManyValues, required=True, metavar="ID ...", help="One or more ids.")
@click.pass_obj
def delete_vectors(session: Session, name: str, ids: tuple[str, ...]) -> None:
    """Delete vectors by id. Those that are not there are passed over.

    pgvectorize delete-vectors products --ids 1 2 3
    """
    mutation = session.client.index(name).delete_by_ids(ids)
    session.answer(
        {"mutationId": str(mutation.mutation_id), "count": mutation.count},
        f"Deleted {_number(mutation.count)} from index '{name}'. Mutation: {mutation.mutation_id}",
    )


@click.command("list-vectors", cls=DatabaseCommand)
@click.argument("name")
@click.option("--count", type=int, default=100, show_default=True, help="How many, 1 to 1,000.")
@click.option("--cursor", help="Where to go on, from the page before.")
@click.pass_obj
def list_vectors(session: Session, name: str, count: int, cursor: str | None) -> None:
    """Show the ids of an index, page by page.

    pgvectorize list-vectors products --count 1000
    """
    page = session.client.index(name).list_vectors(count=count, cursor=cursor)
    if not page.ids:
        session.answer(page_json(page), "No vectors found in this index.")
        return
    next_page = (
        [
            "To get the next page, run:",
            f"  pgvectorize list-vectors {name} --count {count} "
            f"--cursor {shlex.quote(page.next_cursor)}",
        ]
        if page.next_cursor is not None
        else []
    )
    session.answer(
        page_json(page),
        table(("#", "Vector ID"), enumerate(page.ids, 1)),
        f"Showing {page.count:,} of {page.total_count:,} vectors.",
        *next_page,
    )


def _number(count: int) -> str:
    return f"{count:,} vector" if count == 1 else f"{count:,} vectors"
