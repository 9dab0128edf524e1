"""The commands on the vectors of an index."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar, get_args

import click

from pgvectorize import InvalidVector, VectorNotFound
from pgvectorize.cli import actions, ndjson
from pgvectorize.cli.options import (
    DatabaseCommand,
    ManyValues,
    Session,
    confirm,
    parse_numbers,
    parse_object,
)
from pgvectorize.cli.output import (
    announcement_json,
    facet_json,
    facets_table,
    matches_json,
    matches_table,
    page_json,
    page_table,
    progress_of_reading,
    record_json,
    table,
    vector_json,
)
from pgvectorize.models import PatchMode, ReturnMetadata, ValuesInput

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

_filter = click.option(
    "--filter", callback=parse_object, metavar="JSON", help="""Such as '{"price": {"$lt": 100}}'."""
)
_namespace = click.option("--namespace", help="Only this one.")
_return_values = click.option(
    "--return-values/--no-return-values", default=False, help="With the values."
)
_return_metadata = click.option(
    "--return-metadata",
    type=click.Choice(get_args(ReturnMetadata)),
    default="none",
    show_default=True,
    help="With the metadata, or with the properties that have a metadata index.",
)

_shape = click.option(
    "--shape",
    type=click.Choice(["current", "announcement"]),
    default="current",
    show_default=True,
    help="The shape of --json: Vectorize's now, or that of its announcement in 2023.",
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
@_shape
@click.pass_obj
def insert(
    session: Session, name: str, file: str, batch_size: int, atomic: bool, shape: str
) -> None:
    """Insert vectors, keeping those whose id exists.

    The file is NDJSON in Vectorize's shape, or one JSON array; - is stdin.

    pgvectorize insert products --file products.ndjson
    """
    _write("insert", session, name, file, batch_size, atomic, shape)


@click.command("upsert", cls=DatabaseCommand)
@click.argument("name")
@_file
@_batch_size(5_000)
@_atomic
@_shape
@click.pass_obj
def upsert(
    session: Session, name: str, file: str, batch_size: int, atomic: bool, shape: str
) -> None:
    """Insert vectors, replacing those whose id exists.

    The file is NDJSON in Vectorize's shape, or one JSON array; - is stdin.

    pgvectorize upsert products --file products.ndjson
    pgvectorize upsert products --file - < products.ndjson
    """
    _write("upsert", session, name, file, batch_size, atomic, shape)


def _write(
    operation: Literal["insert", "upsert"],
    session: Session,
    name: str,
    file: str,
    batch_size: int,
    atomic: bool,
    shape: str,
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
        {"count": mutation.count, "ids": mutation.ids}
        if shape == "announcement"
        else {"index": name, "count": mutation.count, "mutationId": str(mutation.mutation_id)},
        *sentences,
    )


def _search_options(command: _Function) -> _Function:
    """Add what `query` and `explain` take."""
    for option in (
        click.option(
            "--offset", type=int, default=0, show_default=True, help="Leave out so many first."
        ),
        click.option("--max-distance", type=float, help="At most this far; for cosine 1 - score."),
        click.option("--min-score", type=float, help="For cosine: at least this score."),
        click.option("--exclude-ids", cls=ManyValues, metavar="ID ...", help="Leave these out."),
        click.option("--exact", is_flag=True, help="Compare with every matching vector."),
        click.option("--recall", type=float, help="The share to find, as `tune` measured it."),
        click.option("--ef-search", type=int, help="How many candidates the HNSW scan keeps."),
        _filter,
        click.option(
            "--namespace", multiple=True, help="Search only this one; or these, given again."
        ),
        _return_metadata,
        _return_values,
        click.option(
            "--top-k", type=int, default=5, show_default=True, help="How many, 1 to 1,000."
        ),
        click.option("--vector-id", help="Search with the stored vector of this id instead."),
        click.option(
            "--vector",
            cls=ManyValues,
            callback=parse_numbers,
            metavar="N ...",
            help="The numbers to search with: 1 -2 3, 1,-2,3 or [1, -2, 3].",
        ),
        click.argument("name"),
    ):
        command = option(command)
    return command


@click.command("query", cls=DatabaseCommand)
@_search_options
@_shape
@click.pass_obj
def query(
    session: Session,
    /,
    name: str,
    vector: list[float] | None,
    vector_id: str | None,
    shape: str,
    **options: Any,
) -> None:
    """Find the vectors nearest to a vector, best first.

    pgvectorize query products --vector 54.8 5.5 3.1 --top-k 3
    pgvectorize query products --vector-id 5 --return-metadata all
    pgvectorize query products --vector-id 5 --filter '{"price": {"$gte": 10, "$lt": 100}}'
    """
    _check_vector(vector, vector_id)
    index = session.client.index(name)
    options["namespace"] = options["namespace"] or None
    if vector is not None:
        matches = index.query(vector, **options)
    else:
        assert vector_id is not None
        matches = index.query_by_id(vector_id, **options)
    session.answer(
        announcement_json(matches) if shape == "announcement" else matches_json(matches),
        matches_table(
            matches,
            values=options["return_values"],
            metadata=options["return_metadata"] != "none",
        )
        if matches
        else "No vectors match.",
    )


@click.command("explain", cls=DatabaseCommand)
@_search_options
@click.pass_obj
def explain(
    session: Session,
    /,
    name: str,
    vector: ValuesInput | None,
    vector_id: str | None,
    **options: Any,
) -> None:
    """Run a query, and say which way it takes and why.

    It takes what `query` takes. Postgres' own plans are in the answer of --json.

    pgvectorize explain products --vector 54.8 5.5 3.1 --filter '{"price": {"$lt": 100}}'
    pgvectorize explain products --vector-id 5 --namespace shoes
    """
    _check_vector(vector, vector_id)
    index = session.client.index(name)
    options["namespace"] = options["namespace"] or None
    if vector is None:
        assert vector_id is not None
        stored = index.get_by_ids([vector_id])
        if not stored:
            raise VectorNotFound(
                f'vector "{vector_id}" does not exist in index "{name}"',
                hint="List the vectors to see which ids there are.",
            )
        vector = stored[0].values
    explanation = index.explain(vector, **options)
    text = explanation.explanation
    for advice in explanation.advice:
        text = actions.with_command(text, advice)
    data = record_json(explanation)
    data["advice"] = [actions.finding_json(advice) for advice in explanation.advice]
    session.answer(data, *text.splitlines())


def _check_vector(vector: object, vector_id: str | None) -> None:
    if (vector is None) == (vector_id is None):
        raise click.UsageError("give either --vector or --vector-id")


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
@click.option("--ids", cls=ManyValues, metavar="ID ...", help="One or more ids.")
@_filter
@_namespace
@click.option("--dry-run", is_flag=True, help="Only count; with --filter or --namespace.")
@click.option("--force", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete_vectors(
    session: Session,
    name: str,
    ids: tuple[str, ...],
    filter: Mapping[str, Any] | None,
    namespace: str | None,
    dry_run: bool,
    force: bool,
) -> None:
    """Delete vectors, by id or by filter and namespace.

    Ids that are not there are passed over; without --ids it asks first. To delete all
    vectors there is `pgvectorize truncate`.

    pgvectorize delete-vectors products --ids 1 2 3
    pgvectorize delete-vectors products --filter '{"price": {"$gt": 100}}' --dry-run
    pgvectorize delete-vectors products --namespace shoes --force
    """
    _check_choice(ids, filter, namespace)
    if ids and dry_run:
        raise click.UsageError("--dry-run goes with --filter or --namespace")
    index = session.client.index(name)
    if ids:
        mutation = index.delete_by_ids(ids)
        mutation_id, count = str(mutation.mutation_id), mutation.count
    else:
        if not force and not dry_run:
            found = index.delete(filter=filter, namespace=namespace, dry_run=True)
            confirm(f"OK to delete {_number(found.count)} from index '{name}'?", force)
        deletion = index.delete(filter=filter, namespace=namespace, dry_run=dry_run)
        if deletion.mutation_id is None:
            session.answer(
                {"mutationId": None, "count": deletion.count},
                f"Would delete {_number(deletion.count)} from index '{name}'.",
            )
            return
        mutation_id, count = str(deletion.mutation_id), deletion.count
    session.answer(
        {"mutationId": mutation_id, "count": count},
        f"Deleted {_number(count)} from index '{name}'. Mutation: {mutation_id}",
    )


@click.command("truncate", cls=DatabaseCommand)
@click.argument("name")
@click.option("--force", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def truncate(session: Session, name: str, force: bool) -> None:
    """Delete all vectors of an index; the index stays.

    pgvectorize truncate products --force
    """
    confirm(f"OK to delete all vectors of the index '{name}'?", force)
    mutation_id = session.client.index(name).truncate()
    session.answer(
        {"mutationId": str(mutation_id)},
        f"Deleted all vectors of index '{name}'. Mutation: {mutation_id}",
    )


@click.command("update-metadata", cls=DatabaseCommand)
@click.argument("name")
@click.option("--ids", cls=ManyValues, metavar="ID ...", help="One or more ids.")
@_filter
@_namespace
@click.option(
    "--patch",
    required=True,
    callback=parse_object,
    metavar="JSON",
    help="""Such as '{"price": 12, "color": null}'.""",
)
@click.option(
    "--mode",
    type=click.Choice(get_args(PatchMode)),
    default="merge",
    show_default=True,
    help="Merge the patch into the metadata, null removing a key; or make it the metadata.",
)
@click.pass_obj
def update_metadata(
    session: Session,
    name: str,
    ids: tuple[str, ...],
    filter: Mapping[str, Any] | None,
    namespace: str | None,
    patch: Mapping[str, Any],
    mode: PatchMode,
) -> None:
    """Change the metadata of vectors, nothing else.

    They are chosen by id, or by filter and namespace. The patch is a JSON Merge Patch
    (RFC 7396).

    pgvectorize update-metadata products --ids 1 2 --patch '{"price": 12, "color": null}'
    pgvectorize update-metadata products --filter '{"color": "red"}' --patch '{"sale": true}'
    """
    _check_choice(ids, filter, namespace)
    mutation = session.client.index(name).update_metadata(
        patch, ids=ids or None, filter=filter, namespace=namespace, mode=mode
    )
    session.answer(
        {"mutationId": str(mutation.mutation_id), "count": mutation.count},
        f"Updated the metadata of {_number(mutation.count)} in index '{name}'. "
        f"Mutation: {mutation.mutation_id}",
    )


@click.command("list-vectors", cls=DatabaseCommand)
@click.argument("name")
@click.option("--count", type=int, default=100, show_default=True, help="How many, 1 to 1,000.")
@click.option("--cursor", help="Where to go on, from the page before.")
@_filter
@_namespace
@_return_values
@_return_metadata
@click.pass_obj
def list_vectors(
    session: Session,
    name: str,
    count: int,
    cursor: str | None,
    filter: Mapping[str, Any] | None,
    namespace: str | None,
    return_values: bool,
    return_metadata: ReturnMetadata,
) -> None:
    """Show the vectors of an index, page by page.

    A cursor is valid for an hour, with the same namespace and filter.

    pgvectorize list-vectors products --count 1000
    pgvectorize list-vectors products --namespace shoes --return-metadata all
    """
    page = session.client.index(name).list_vectors(
        count=count,
        cursor=cursor,
        namespace=namespace,
        filter=filter,
        return_values=return_values,
        return_metadata=return_metadata,
    )
    shown = {"values": return_values, "metadata": return_metadata != "none"}
    if not page.vectors:
        session.answer(page_json(page, **shown), "No vectors found in this index.")
        return
    next_page = []
    if page.next_cursor is not None:
        words = ["pgvectorize", "list-vectors", name, "--count", str(count)]
        words += [] if filter is None else ["--filter", json.dumps(filter, ensure_ascii=False)]
        words += [] if namespace is None else ["--namespace", namespace]
        words += ["--return-values"] * return_values
        words += ["--return-metadata", return_metadata] * (return_metadata != "none")
        next_page = [
            "To get the next page, run:",
            f"  {shlex.join([*words, '--cursor', page.next_cursor])}",
        ]
    session.answer(
        page_json(page, **shown),
        page_table(page, **shown),
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
        [{"namespace": each.namespace, "vectorCount": each.vector_count} for each in namespaces],
        table(
            ("namespace", "vectorCount"),
            [(each.namespace or "(none)", each.vector_count) for each in namespaces],
        )
        if namespaces
        else "No vectors found in this index.",
    )


@click.command("facets", cls=DatabaseCommand)
@click.argument("name")
@click.option("--property-name", required=True, help="Dots reach into nested objects.")
@_filter
@_namespace
@click.option("--top-k", type=int, default=20, show_default=True, help="How many, 1 to 1,000.")
@click.option("--buckets", type=int, help="Count numbers in this many ranges instead.")
@click.pass_obj
def facets(
    session: Session,
    name: str,
    property_name: str,
    filter: Mapping[str, Any] | None,
    namespace: str | None,
    top_k: int,
    buckets: int | None,
) -> None:
    """Count the values of a metadata property.

    The most frequent comes first. Values in an array count each; where the property is
    missing nothing does.

    pgvectorize facets products --property-name color
    pgvectorize facets products --property-name price --buckets 5
    """
    found = session.client.index(name).facets(
        property_name, filter=filter, namespace=namespace, top_k=top_k, buckets=buckets
    )
    session.answer(
        [facet_json(facet) for facet in found],
        facets_table(found) if found else f"No vector has a value of '{property_name}'.",
    )


def _check_choice(
    ids: tuple[str, ...], filter: Mapping[str, Any] | None, namespace: str | None
) -> None:
    if bool(ids) == (filter is not None or namespace is not None):
        raise click.UsageError("give either --ids, or --filter or --namespace")


def _number(count: int) -> str:
    return f"{count:,} vector" if count == 1 else f"{count:,} vectors"
