"""The commands that write, change and delete vectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, Literal

import click

from pgvectorize import Deletion, Index, Mutation, Vector
from pgvectorize.cli.builds import watched_build
from pgvectorize.cli.options import (
    FILTER,
    NAMESPACE,
    DatabaseCommand,
    ManyValues,
    Session,
    batch_size,
    confirm,
    default_of,
    exclude_ids,
    explained,
    force,
    option_of,
    options_of,
    shape,
)
from pgvectorize.cli.output import progress_bar, to_json, vectors
from pgvectorize.models import PatchMode
from pgvectorize.transfer.reading import Rows, reading

_file = click.option(
    "--file",
    required=True,
    help="NDJSON, one vector a line: id, values, namespace, metadata, content; or - for stdin.",
)
_atomic = options_of(
    Index.insert, atomic="The whole file or nothing; or each batch a change of its own."
)

_ids = click.option("--ids", cls=ManyValues, metavar="ID ...", help="One or more ids.")
_filter_and_namespace = options_of(Index.delete, filter=FILTER, namespace=NAMESPACE)


@click.command("insert", cls=DatabaseCommand)
@click.argument("name")
@_file
@batch_size(default_of(Index.insert, "batch_size"))
@_atomic
@shape
@click.pass_obj
def insert(session: Session, /, name: str, **options: Any) -> None:
    """Insert vectors, and keep those whose id exists.

    The file is NDJSON in Vectorize's shape, one JSON array, or {"vectors": [...]},
    also compressed by gzip; `import` also reads Parquet and .npy. Into an empty index
    that was never searched, more than one batch (of at least 1,000) is loaded as by
    `import`: the HNSW index is built at the end, and queries of the index wait meanwhile.

    pgvectorize insert products --file products.ndjson
    """
    _write("insert", session, name, **options)


@click.command("upsert", cls=DatabaseCommand)
@click.argument("name")
@_file
@batch_size(5_000)  # as wrangler has it
@_atomic
@shape
@click.pass_obj
def upsert(session: Session, /, name: str, **options: Any) -> None:
    """Insert vectors, and replace those whose id exists.

    The file is the same as for `insert`, and so is a first load. In strict mode each
    batch is a change of its own, as in wrangler.

    pgvectorize upsert products --file products.ndjson
    pgvectorize upsert products --file - < products.ndjson
    """
    _write("upsert", session, name, **options)


def _write(
    operation: Literal["insert", "upsert"],
    session: Session,
    name: str,
    file: str,
    batch_size: int,
    atomic: bool,
    shape: str,
) -> None:
    with reading(file, "ndjson") as reader, ExitStack() as shown:
        on_progress = shown.enter_context(progress_bar("writing"))
        index = session.client.index(name)
        info = index.info()
        # to Vectorize each batch is a request of its own, with a limit of its own
        atomic = atomic and not (session.is_strict or info.is_strict)
        rows = Rows(
            file,
            reader,
            info,
            hint="Nothing was written." if atomic else "Earlier batches stay written.",
            on_progress=on_progress,
        )
        write = index.insert if operation == "insert" else index.upsert
        with rows.located():
            mutation = write(
                _then_watched(rows, session, name, shown), batch_size=batch_size, atomic=atomic
            )
    sentences = [
        f"{operation.capitalize()}ed {vectors(mutation.count)} into index '{name}'. "
        f"Mutation: {mutation.mutation_id}"
    ]
    if left := rows.count - mutation.count:
        reason = (
            "their ids exist already"
            if operation == "insert"
            else "their ids come again later in the file"
        )
        sentences.append(f"{left:,} of {rows.count:,} were left out: {reason}.")
    session.answer(
        {"count": mutation.count, "ids": mutation.ids}
        if shape == "announcement"
        else {"index": name, **to_json(mutation)},
        *sentences,
    )


def _then_watched(
    rows: Iterable[Vector], session: Session, name: str, shown: ExitStack
) -> Iterator[Vector]:
    """Show how far rows are read, and then the build that ends a first load."""
    yield from rows
    shown.close()
    shown.enter_context(watched_build(session, name))


@click.command("delete-vectors", cls=DatabaseCommand)
@click.argument("name")
@_ids
@_filter_and_namespace
@exclude_ids("Keep these.")
@options_of(Index.delete, dry_run="Only count; not with --ids.")
@force
@click.pass_obj
def delete_vectors(
    session: Session,
    /,
    name: str,
    ids: tuple[str, ...],
    exclude_ids: tuple[str, ...],
    dry_run: bool,
    force: bool,
    **chosen: Any,
) -> None:
    """Delete vectors by id, or by filter and namespace.

    Ids that do not exist are ignored. Without --ids the command asks first. To delete
    all vectors, use `pgvectorize truncate`.

    pgvectorize delete-vectors products --ids 1 2 3
    pgvectorize delete-vectors products --filter '{"price": {"$gt": 100}}' --dry-run
    pgvectorize delete-vectors products --namespace shoes --force
    pgvectorize delete-vectors products --exclude-ids 1 2 3 --force
    """
    chosen["exclude_ids"] = exclude_ids or None
    _check_choice(ids, chosen)
    if ids and dry_run:
        raise click.UsageError("--dry-run does not go with --ids")
    index = session.client.index(name)
    if ids:
        done: Mutation | Deletion = index.delete_by_ids(ids)
    else:
        if not force and not dry_run:
            found = index.delete(**chosen, dry_run=True)
            confirm(f"OK to delete {vectors(found.count)} from index '{name}'?", force)
        done = index.delete(**chosen, dry_run=dry_run)
    session.answer(
        done,
        f"Would delete {vectors(done.count)} from index '{name}'."
        if dry_run
        else f"Deleted {vectors(done.count)} from index '{name}'. Mutation: {done.mutation_id}",
        *explained(ids, done.count),
    )


@click.command("truncate", cls=DatabaseCommand)
@click.argument("name")
@force
@click.pass_obj
def truncate(session: Session, name: str, force: bool) -> None:
    """Delete all vectors of an index. The index stays.

    pgvectorize truncate products --force
    """
    confirm(f"OK to delete all vectors of the index '{name}'?", force)
    mutation_id = session.client.index(name).truncate()
    session.answer(
        {"mutationId": mutation_id},
        f"Deleted all vectors of index '{name}'. Mutation: {mutation_id}",
    )


@click.command("update-metadata", cls=DatabaseCommand)
@click.argument("name")
@_ids
@_filter_and_namespace
@exclude_ids("Leave these as they are.")
@option_of(
    Index.update_metadata,
    "patch",
    metavar="JSON",
    help="""Such as '{"price": 12, "color": null}'.""",
)
@options_of(
    Index.update_metadata,
    mode="Merge the patch into the metadata, where null removes a key; or make it the metadata.",
)
@click.pass_obj
def update_metadata(
    session: Session,
    /,
    name: str,
    ids: tuple[str, ...],
    exclude_ids: tuple[str, ...],
    patch: Mapping[str, Any],
    mode: PatchMode,
    **chosen: Any,
) -> None:
    """Change the metadata of vectors. Nothing else changes.

    Choose the vectors by id, or by filter and namespace. The patch is a JSON Merge
    Patch (RFC 7396).

    pgvectorize update-metadata products --ids 1 2 --patch '{"price": 12, "color": null}'
    pgvectorize update-metadata products --filter '{"color": "red"}' --patch '{"sale": true}'
    """
    chosen["exclude_ids"] = exclude_ids or None
    _check_choice(ids, chosen)
    mutation = session.client.index(name).update_metadata(
        patch, ids=ids or None, mode=mode, **chosen
    )
    session.answer(
        mutation,
        f"Updated the metadata of {vectors(mutation.count)} in index '{name}'. "
        f"Mutation: {mutation.mutation_id}",
        *explained(ids, mutation.count),
    )


def _check_choice(ids: tuple[str, ...], chosen: Mapping[str, Any]) -> None:
    if bool(ids) == any(choice is not None for choice in chosen.values()):
        raise click.UsageError("give either --ids, or --filter, --namespace or --exclude-ids")
