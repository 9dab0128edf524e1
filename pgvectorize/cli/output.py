"""What the commands print: Vectorize's JSON shapes for programs, tables for people."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO

import click
import numpy as np

from pgvectorize import (
    Facet,
    IndexDescription,
    IndexInfo,
    ListedVector,
    Match,
    Matches,
    Vector,
    VectorList,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from pgvectorize.models import ValuesInput

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def console(*, stderr: bool = False) -> Console:
    """Return a console that prints text as it is: data may look like markup."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


# JSON


def print_json(data: Any) -> None:
    # bytes, because JSON is UTF-8 whatever the terminal is
    click.echo(json.dumps(data, indent=2, ensure_ascii=False).encode())


def index_json(info: IndexInfo) -> dict[str, Any]:
    config: dict[str, Any] = {"dimensions": info.dimensions, "metric": info.metric}
    if info.preset is not None:
        config["preset"] = info.preset
    config |= _unlike_vectorize(info)
    return {
        "name": info.name,
        "description": info.description,
        "config": config,
        "created_on": timestamp(info.created_on),
        "modified_on": timestamp(info.modified_on),
    }


def _unlike_vectorize(info: IndexInfo) -> dict[str, Any]:
    """Return the settings that Vectorize does not have, where they are not the plainest."""
    plain = {
        "storage": "float32",
        "index_precision": "float32",
        "m": 16,
        "ef_construction": 64,
        "has_hnsw": True,
        "ef_search": None,
    }
    return {name: value for name, usual in plain.items() if (value := getattr(info, name)) != usual}


def description_json(description: IndexDescription) -> dict[str, Any]:
    mutation = description.processed_up_to_mutation
    return {
        "dimensions": description.dimensions,
        "vectorCount": description.vector_count,
        **({"isEstimate": True} if description.is_estimate else {}),
        "processedUpToMutation": None if mutation is None else str(mutation),
        "processedUpToDatetime": timestamp(description.processed_up_to_datetime),
    }


def matches_json(matches: Matches) -> dict[str, Any]:
    return {"count": matches.count, "matches": [_match_json(match) for match in matches]}


def _match_json(match: Match) -> dict[str, Any]:
    """Return a match with only what was asked for: some clients choke on nulls."""
    shape: dict[str, Any] = {"id": match.id, "score": match.score}
    if match.values is not None:
        shape["values"] = shortest(match.values)
    if match.metadata is not None:
        shape["metadata"] = match.metadata
    if match.namespace is not None:
        shape["namespace"] = match.namespace
    return shape


def announcement_json(matches: Matches) -> dict[str, Any]:
    """Return matches as Vectorize's announcement printed them, scores cut after six digits.

    `vector` stands there if values or metadata were asked for (`returnVectors`). Types:
    workerd of 2023-09-12, VectorizeMatches; values are the double that a float32 is.
    """
    printed: list[dict[str, Any]] = []
    for match in matches:
        shape: dict[str, Any] = {
            "vectorId": match.id,
            "score": math.trunc(match.score * 1e6) / 1e6,
        }
        if match.values is not None or match.metadata is not None:
            vector: dict[str, Any] = {"id": match.id}
            if match.values is not None:
                vector["values"] = match.values.tolist()
            if match.namespace is not None:
                vector["namespace"] = match.namespace
            if match.metadata is not None:
                vector["metadata"] = match.metadata
            shape["vector"] = vector
        printed.append(shape)
    return {"matches": {"count": matches.count, "matches": printed}}


def vector_json(vector: Vector) -> dict[str, Any]:
    return {
        "id": vector.id,
        "namespace": vector.namespace,
        "metadata": vector.metadata,
        "values": shortest(vector.values),
    }


def page_json(page: VectorList, *, values: bool, metadata: bool) -> dict[str, Any]:
    return {
        "count": page.count,
        "totalCount": page.total_count,
        "isTruncated": page.is_truncated,
        "nextCursor": page.next_cursor,
        "cursorExpirationTimestamp": timestamp(page.cursor_expiration_timestamp),
        "vectors": [
            _listed_json(vector, values=values, metadata=metadata) for vector in page.vectors
        ],
    }


def _listed_json(vector: ListedVector, *, values: bool, metadata: bool) -> dict[str, Any]:
    """Return a vector of a listing: its id, as Vectorize does, and what was asked for."""
    shape: dict[str, Any] = {"id": vector.id}
    if values and vector.values is not None:
        shape["values"] = shortest(vector.values)
    if metadata:
        shape["metadata"] = vector.metadata
    if values or metadata:
        shape["namespace"] = vector.namespace
    return shape


def facet_json(facet: Facet) -> dict[str, Any]:
    if facet.lower is None:
        return {"value": facet.value, "count": facet.count}
    return {"lower": facet.lower, "upper": facet.upper, "count": facet.count}


def shortest(values: ValuesInput) -> list[float]:
    """Return float32 values as the shortest numbers that mean them: 0.2321, and 0 for 0.0."""
    numbers = [float(str(value)) for value in np.asarray(values, dtype=np.float32)]
    return [
        int(number) if number.is_integer() and abs(number) < 1e15 else number for number in numbers
    ]


def record_json(record: Any) -> dict[str, Any]:
    """Return a dataclass as JSON has it: every field, in camel case."""
    return {camel_case(name): value for name, value in asdict(record).items()}


def camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))


def timestamp(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


# Text


def print_parts(parts: Iterable[str | Table]) -> None:
    tables = console()
    for part in parts:
        if isinstance(part, str):
            click.echo(part)  # unlike rich it never breaks a line: commands stay copyable
        else:
            tables.print(part)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return a table that folds what is too long rather than cut it off."""
    from rich.table import Table

    made = Table()
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*map(_cell, row))
    return made


def facts(rows: Iterable[tuple[str, object]]) -> Table:
    """Return a table with one fact a line."""
    made = table(("", ""), rows)
    made.show_header = False
    return made


def size(bytes: float) -> str:
    """Write a size as people read it: 1.5 GB."""
    for unit in ("bytes", "kB", "MB"):
        if bytes < 1024:
            return f"{bytes:,.0f} {unit}" if unit == "bytes" else f"{bytes:,.1f} {unit}"
        bytes /= 1024
    return f"{bytes:,.1f} GB"


def index_facts(info: IndexInfo) -> Table:
    return facts(
        [
            ("name", info.name),
            ("dimensions", info.dimensions),
            ("metric", info.metric),
            *([("preset", info.preset)] if info.preset is not None else []),
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
        ]
    )


def index_table(indexes: Iterable[IndexInfo]) -> Table:
    return table(
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


def matches_table(matches: Matches, *, values: bool, metadata: bool) -> Table:
    namespaces = any(match.namespace is not None for match in matches)
    columns = ["#", "id", "score"]
    columns += ["namespace"] * namespaces + ["metadata"] * metadata + ["values"] * values
    rows: list[list[object]] = []
    for number, match in enumerate(matches, 1):
        row: list[object] = [number, match.id, f"{match.score:.9f}"]
        row += [match.namespace] * namespaces
        row += [match.metadata] * metadata + [match.values] * values
        rows.append(row)
    return table(columns, rows)


def facets_table(facets: Sequence[Facet]) -> Table:
    if facets[0].lower is None:
        return table(
            ("value", "count"),
            ((json.dumps(facet.value, ensure_ascii=False), facet.count) for facet in facets),
        )
    return table(
        ("from", "to", "count"),
        ((f"{facet.lower:g}", f"{facet.upper:g}", facet.count) for facet in facets),
    )


def page_table(page: VectorList, *, values: bool, metadata: bool) -> Table:
    columns = ["#", "Vector ID"] + ["namespace"] * (values or metadata)
    columns += ["metadata"] * metadata + ["values"] * values
    rows: list[list[object]] = []
    for number, vector in enumerate(page.vectors, 1):
        row: list[object] = [number, vector.id]
        row += [vector.namespace] * (values or metadata)
        row += [vector.metadata] * metadata + [vector.values] * values
        rows.append(row)
    return table(columns, rows)


def searched_exactly(info: IndexInfo) -> list[str]:
    """Return what there is to say of an index without HNSW."""
    if info.has_hnsw:
        return []
    return [
        "It has no HNSW index: a query compares with every vector, which finds all and is slower."
        + (
            f" For {info.dimensions:,} dimensions --index-precision binary makes one, "
            "if the values lie around zero."
            if info.metric == "euclidean" and info.index_precision == "binary"
            else ""
        )
    ]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, np.ndarray):
        numbers = ", ".join(f"{number:g}" for number in value[:6])
        return f"[{numbers}]" if len(value) <= 6 else f"[{numbers}, … {len(value):,} in all]"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return _UNPRINTABLE.sub(lambda found: repr(found.group())[1:-1], text)


# Progress, on stderr and only where somebody may be watching


@contextmanager
def progress_of_reading(stream: BinaryIO, size: int | None) -> Iterator[Iterator[bytes]]:
    """Give the lines of a stream, with a bar while they are read and then written."""
    if not sys.stderr.isatty():
        yield iter(stream)
        return
    from rich.progress import Progress

    with Progress(console=console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=size)

        def lines() -> Iterator[bytes]:
            for line in stream:
                progress.advance(task, len(line))
                yield line
            progress.remove_task(task)
            progress.add_task("writing", total=None)

        yield lines()


@contextmanager
def spinner(text: str) -> Iterator[None]:
    if not sys.stderr.isatty():
        yield
        return
    with console(stderr=True).status(text):
        yield
