"""The commands on the HNSW index of an index."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import perf_counter
from typing import Any, TypeVar, get_args

import click

import pgvectorize
from pgvectorize import BuildProgress, IndexBuild
from pgvectorize.cli.options import DatabaseCommand, Session
from pgvectorize.cli.output import console, index_json, record_json, table
from pgvectorize.models import IndexPrecision

_POLL_SECONDS = 0.5

F = TypeVar("F", bound=Callable[..., Any])


def build_memory(command: F) -> F:
    """Add the options that say what a build may take."""
    for option in (
        click.option("--workers", type=int, help="Processes that help.  [default: the server's]"),
        click.option("--memory", help='The most it may take: "4GB".  [default: 1GB, or more]'),
    ):
        command = option(command)
    return command


def _build_options(command: F) -> F:
    command = click.option(
        "--concurrently/--no-concurrently",
        default=True,
        show_default=True,
        help="Writers need not wait; takes a connection straight to the server.",
    )(build_memory(command))
    for option in (
        click.option(
            "--index-precision",
            type=click.Choice(get_args(IndexPrecision)),
            help="What the HNSW index holds.",
        ),
        click.option("--ef-construction", type=int, help="Candidates for neighbours."),
        click.option("--m", type=int, help="Neighbours of a vector."),
        click.argument("name"),
    ):
        command = option(command)
    return command


@click.command("build", cls=DatabaseCommand)
@_build_options
@click.pass_obj
def build(session: Session, /, name: str, **options: Any) -> None:
    """Build the HNSW index, or another than there is.

    What is left out stays as it is; nothing happens where all is as asked for.
    What a killed build left behind is mended.

    pgvectorize build products
    pgvectorize build products --m 32 --ef-construction 128 --memory 4GB
    """
    _build(session, name, rebuild=False, **options)


@click.command("rebuild", cls=DatabaseCommand)
@_build_options
@click.pass_obj
def rebuild(session: Session, /, name: str, **options: Any) -> None:
    """Build the HNSW index anew, beside the one in use.

    It takes its place when it is done. Deleted vectors leave it only so.

    pgvectorize rebuild products
    pgvectorize rebuild products --index-precision float16
    """
    _build(session, name, rebuild=True, **options)


@click.command("reindex", cls=DatabaseCommand)
@click.argument("name", required=False)
@build_memory
@click.pass_obj
def reindex(session: Session, name: str | None, memory: str | None, workers: int | None) -> None:
    """Build every HNSW index anew, or that of one index.

    To be done after an upgrade of pgvector from before 0.8.4. Each stays in use until
    the new one is there; an index without one stays so.

    pgvectorize reindex
    pgvectorize reindex products --memory 4GB
    """
    indexes = session.client.list_indexes() if name is None else [session.client.get_index(name)]
    done = []
    sentences = []
    for info in indexes:
        if info.has_hnsw:
            data, *told = _built(session, info.name, rebuild=True, memory=memory, workers=workers)
            done.append(data)
            sentences += told
    session.answer(done, *(sentences or ["There is no HNSW index to build anew."]))


@click.command("drop-hnsw", cls=DatabaseCommand)
@click.argument("name")
@click.pass_obj
def drop_hnsw(session: Session, name: str) -> None:
    """Drop the HNSW index: queries are exact and slower.

    Writes are many times as fast. `build` makes it again.

    pgvectorize drop-hnsw products
    """
    info = session.client.index(name).drop_hnsw()
    session.answer(
        index_json(info),
        f"Dropped the HNSW index of index '{name}'. A query compares with every vector now.",
    )


@click.command("create-namespace-index", cls=DatabaseCommand)
@click.argument("name")
@click.option("--namespace", required=True, help="The namespace that gets an HNSW index.")
@click.pass_obj
def create_namespace_index(session: Session, name: str, namespace: str) -> None:
    """Give a big namespace an HNSW index of its own.

    Queries in that one namespace are then as fast as in an index of its own. At most 8
    namespaces can have one: a write into them keeps two HNSW indexes up to date.

    pgvectorize create-namespace-index products --namespace books
    """
    index = session.client.index(name)
    with watched_build(session, name):
        build = index.create_namespace_index(namespace)
    session.answer(
        record_json(build),
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
        [
            {
                "namespace": each.namespace,
                "isBuilt": each.is_built,
                "vectorCount": each.vector_count,
                "bytes": each.bytes,
            }
            for each in indexes
        ],
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
@click.option("--namespace", required=True, help="The namespace whose HNSW index goes.")
@click.pass_obj
def delete_namespace_index(session: Session, name: str, namespace: str) -> None:
    """Delete the HNSW index of a namespace.

    Queries in the namespace use the HNSW index of all vectors again.

    pgvectorize delete-namespace-index products --namespace books
    """
    session.client.index(name).delete_namespace_index(namespace)
    session.answer(None, f"Deleted the HNSW index of namespace '{namespace}' of index '{name}'.")


def _build(session: Session, name: str, **options: Any) -> None:
    session.answer(*_built(session, name, **options))


def _built(session: Session, name: str, **options: Any) -> tuple[Any, ...]:
    """Build, and return what there is to answer."""
    index = session.client.index(name)
    started = perf_counter()
    with watched_build(session, name):
        build = index.build(**options)
    seconds = perf_counter() - started
    data = {"index": name, **record_json(build), "seconds": round(seconds, 3)}
    if not build.is_built:
        return (
            data,
            f"The HNSW index of index '{name}' is there, with {_parameters(build)}.",
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
    """Return what there is to say of a build that did not fit into its memory."""
    if build.vectors_in_memory >= build.vectors:
        return []
    needed = -(-build.memory_needed // 2**20)
    return [
        f"About {build.vectors_in_memory:,} vectors fitted into the {build.memory // 2**20:,} MB "
        f"that it had, and the others took many times as long. All need {needed:,} MB: "
        f"--memory {needed}MB, or an index precision that takes less."
    ]


@contextmanager
def watched_build(session: Session, name: str) -> Iterator[None]:
    """Show on stderr how far the build of an index is, where somebody may be watching.

    Asks over a second connection, as the first is busy.
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
    """Watch; that it cannot is no reason to end what it watches."""
    try:
        watch()
    except pgvectorize.PgVectorizeError:
        return
