"""The commands on HNSW indexes: of all vectors, and of a namespace."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import perf_counter
from typing import Any, TypeVar

import click

import pgvectorize
from pgvectorize import BuildProgress, Index, IndexBuild
from pgvectorize.cli.options import DatabaseCommand, Session, options_of
from pgvectorize.cli.output import console, print_parts, table, to_json

_POLL_SECONDS = 0.5
F = TypeVar("F", bound=Callable[..., Any])

build_memory = options_of(
    Index.build,
    memory='The most memory it may use, such as "4GB".  [default: 1GB, or more]',
    workers="How many processes help.  [default: the server's]",
)


def _build_options(command: F) -> F:
    settings = options_of(
        Index.build,
        m="Neighbours of a vector.",
        ef_construction="Candidates for neighbours.",
        index_precision="What the HNSW index holds.",
    )
    concurrently = options_of(
        Index.build,
        concurrently="Writers do not wait; needs a connection straight to the server.",
    )
    return click.argument("name")(settings(build_memory(concurrently(command))))


@click.command("build", cls=DatabaseCommand)
@_build_options
@click.pass_obj
def build(session: Session, /, name: str, **options: Any) -> None:
    """Build the HNSW index, or change its settings.

    Settings that are left out stay as they are. If the index has them all, nothing
    happens. If an earlier build was killed, its remains are removed.

    pgvectorize build products
    pgvectorize build products --m 32 --ef-construction 128 --memory 4GB
    """
    session.answer(*_built(session, name, rebuild=False, **options))


@click.command("rebuild", cls=DatabaseCommand)
@_build_options
@click.pass_obj
def rebuild(session: Session, /, name: str, **options: Any) -> None:
    """Build the HNSW index again, beside the one in use.

    The new one replaces the old one when it is complete. It does not hold vectors that
    were deleted.

    pgvectorize rebuild products
    pgvectorize rebuild products --index-precision float16
    """
    session.answer(*_built(session, name, rebuild=True, **options))


@click.command("reindex", cls=DatabaseCommand)
@click.argument("name", required=False)
@build_memory
@click.pass_obj
def reindex(session: Session, /, name: str | None, **options: Any) -> None:
    """Rebuild every HNSW index, or that of one index.

    Run it after an upgrade of pgvector from before 0.8.4. Each HNSW index stays in use
    until the new one replaces it. An index without one stays so.

    pgvectorize reindex
    pgvectorize reindex products --memory 4GB
    """
    indexes = session.client.list_indexes() if name is None else [session.client.get_index(name)]
    done = []
    for info in indexes:
        if info.has_hnsw:
            data, *told = _built(session, info.name, rebuild=True, **options)
            done.append(data)
            if not session.as_json:  # as it happens: all of them may take hours
                print_parts(told)
    if session.as_json or not done:
        session.answer(done, "There is no HNSW index to rebuild.")


@click.command("drop-hnsw", cls=DatabaseCommand)
@click.argument("name")
@click.pass_obj
def drop_hnsw(session: Session, name: str) -> None:
    """Drop the HNSW index; queries become exact.

    Queries become slower, and writes many times as fast. `build` makes the HNSW index again.

    pgvectorize drop-hnsw products
    """
    info = session.client.index(name).drop_hnsw()
    session.answer(
        info,
        f"Dropped the HNSW index of index '{name}'. A query compares with every vector now.",
    )


@click.command("create-namespace-index", cls=DatabaseCommand)
@click.argument("name")
@options_of(Index.create_namespace_index, namespace="The namespace that gets an HNSW index.")
@click.pass_obj
def create_namespace_index(session: Session, name: str, namespace: str) -> None:
    """Give a large namespace an HNSW index of its own.

    Queries in this namespace alone are then as fast as in an index of its own. At most 8
    namespaces can have one. A write into them updates two HNSW indexes.

    pgvectorize create-namespace-index products --namespace books
    """
    index = session.client.index(name)
    with watched_build(session, name):
        build = index.create_namespace_index(namespace)
    session.answer(
        build,
        f"Created the HNSW index of namespace '{namespace}' of index '{name}': "
        f"{build.vectors:,} vectors, {_parameters(build)}."
        if build.is_built
        else f"Namespace '{namespace}' of index '{name}' has its HNSW index already.",
    )


@click.command("list-namespace-index", cls=DatabaseCommand)
@click.argument("name")
@click.pass_obj
def list_namespace_index(session: Session, name: str) -> None:
    """Show the namespaces with an HNSW index.

    pgvectorize list-namespace-index products
    """
    indexes = session.client.index(name).list_namespace_indexes()
    session.answer(
        indexes,
        table(
            ("namespace", "vectors", "size"),
            [
                (each.namespace, f"about {each.vector_count:,}", f"{each.bytes / 2**20:,.1f} MB")
                if each.vector_count is not None and each.bytes is not None
                else (each.namespace, "not built", "")
                for each in indexes
            ],
        )
        if indexes
        else f"Index '{name}' has no namespace indexes.",
    )


@click.command("delete-namespace-index", cls=DatabaseCommand)
@click.argument("name")
@options_of(Index.delete_namespace_index, namespace="The namespace whose HNSW index is deleted.")
@click.pass_obj
def delete_namespace_index(session: Session, name: str, namespace: str) -> None:
    """Delete the HNSW index of a namespace.

    Queries in the namespace use the HNSW index of all vectors again.

    pgvectorize delete-namespace-index products --namespace books
    """
    session.client.index(name).delete_namespace_index(namespace)
    session.answer(None, f"Deleted the HNSW index of namespace '{namespace}' of index '{name}'.")


def _built(session: Session, name: str, **options: Any) -> tuple[Any, ...]:
    """Build, and return the answer."""
    index = session.client.index(name)
    started = perf_counter()
    with watched_build(session, name):
        build = index.build(**options)
    seconds = perf_counter() - started
    data = {"index": name, **to_json(build), "seconds": round(seconds, 3)}
    if not build.is_built:
        return (
            data,
            f"Index '{name}' has its HNSW index already: {_parameters(build)}.",
        )
    return (
        data,
        f"Built the HNSW index of index '{name}' in {seconds:,.1f} s: "
        f"{build.vectors:,} vectors, {_parameters(build)}.",
        *memory_sentences(build),
    )


def _parameters(build: IndexBuild) -> str:
    return f"{build.index_precision}, m {build.m}, ef_construction {build.ef_construction}"


def memory_sentences(build: IndexBuild) -> list[str]:
    """Return what to say about a build that did not fit into its memory."""
    if build.vectors_in_memory >= build.vectors:
        return []
    needed = -(-build.memory_needed // 2**20)
    return [
        f"About {build.vectors_in_memory:,} vectors fitted into {build.memory // 2**20:,} MB of "
        f"memory, and the others took many times as long. All need {needed:,} MB: "
        f"use --memory {needed}MB, or an index precision that needs less."
    ]


@contextmanager
def watched_build(session: Session, name: str) -> Iterator[None]:
    """Show on stderr how far the build of an index is, if stderr is a terminal.

    It asks over a second connection, as the first is busy.
    """
    if not sys.stderr.isatty():
        yield
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    ended = Event()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rows]}"),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(f"{name}: preparing", total=None, rows="")

        def watch() -> None:
            if ended.wait(_POLL_SECONDS):
                return
            with pgvectorize.connect(session.dsn, max_size=1) as second:
                while not ended.wait(_POLL_SECONDS):
                    for build in second.index(name).build_progress():
                        # by fraction: with a total that wavers, rich tells no time left
                        bar.update(
                            task,
                            description=f"{name}: {build.phase}",
                            completed=build.fraction or 0,
                            total=None if build.fraction is None else 1.0,
                            rows=_rows(build, bar.tasks[0].elapsed or 0),
                        )

        watcher = Thread(target=_quietly, args=(watch,), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()


def _rows(build: BuildProgress, seconds: float) -> str:
    if build.total is None or seconds == 0:
        return ""
    return f"{build.done:,} of about {build.total:,}, {build.done / seconds:,.0f} a second"


def _quietly(watch: Callable[[], None]) -> None:
    """Watch. A watcher that fails must not end the build."""
    try:
        watch()
    except pgvectorize.PgVectorizeError:
        return
