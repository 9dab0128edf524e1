"""The command that searches, and the options of a search."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import click

from pgvectorize import Index, Matches
from pgvectorize.cli.options import (
    FILTER,
    RETURN_CONTENT,
    RETURN_METADATA,
    RETURN_VALUES,
    DatabaseCommand,
    ManyValues,
    Session,
    exclude_ids,
    options_of,
    parse_numbers,
    shape,
)
from pgvectorize.cli.output import vectors_table

F = TypeVar("F", bound=Callable[..., Any])


def search_options(command: F) -> F:
    """Add what `query` and `explain` take."""
    for option in (
        options_of(
            Index.query,
            ef_search="How many candidates the HNSW search keeps.",
            recall="The share of the true nearest to find, as `tune` measured it.",
            exact="Compare with every vector that matches.",
        ),
        exclude_ids("Leave these out."),
        options_of(
            Index.query,
            min_score="For cosine: at least this score.",
            max_distance="At most this far; for cosine 1 - score.",
            offset="How many of the best to leave out.",
        ),
        click.option(
            "--namespace", multiple=True, help="Search only this one; or these, if given again."
        ),
        options_of(
            Index.query,
            top_k="How many, 1 to 1,000.",
            return_values=RETURN_VALUES,
            return_metadata=RETURN_METADATA,
            return_content=RETURN_CONTENT,
            filter=FILTER,
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
@click.option("--model", help="What embeds the text, by default the model of the index.")
@click.option("--text", help="Search with this text; the index's model embeds it.")
@search_options
@shape
@click.pass_obj
def query(session: Session, /, name: str, shape: str, model: str | None, **options: Any) -> None:
    """Find the vectors nearest to a vector or to a text. The best comes first.

    pgvectorize query products --vector 54.8 5.5 3.1 --top-k 3
    pgvectorize query products --vector-id 5 --return-metadata all
    pgvectorize query products --vector-id 5 --filter '{"price": {"$gte": 10, "$lt": 100}}'
    pgvectorize query stories --text "orange cloud"
    """
    vector, vector_id, text = chosen_of(options, "--vector", "--vector-id", "--text")
    if model is not None and text is None:
        raise click.UsageError("--model is what embeds a --text")
    index = session.client.index(name, model=model)
    if text is not None:
        matches = index.query_text(text, **options)
    elif vector_id is not None:
        matches = index.query_by_id(vector_id, **options)
    else:
        matches = index.query(vector, **options)
    session.answer(
        _announced(matches) if shape == "announcement" else matches,
        vectors_table(
            matches,
            *("id", "score"),
            *["namespace"] * any(match.namespace is not None for match in matches),
            *["metadata"] * (options["return_metadata"] != "none"),
            *["content"] * options["return_content"],
            *["values"] * options["return_values"],
        )
        if matches
        else "No vectors match.",
    )


def chosen_of(options: dict[str, Any], *flags: str) -> list[Any]:
    """Take what to search with from the options of a search: one of the flags."""
    values = [options.pop(flag.removeprefix("--").replace("-", "_")) for flag in flags]
    if sum(value is not None for value in values) != 1:
        raise click.UsageError(f"give {', '.join(flags[:-1])} or {flags[-1]}")
    options["namespace"] = options["namespace"] or None
    return values


def _announced(matches: Matches) -> dict[str, Any]:
    """Return matches as Vectorize's announcement printed them, scores cut after six digits.

    `vector` stands there if values, metadata or content were asked for (`returnVectors`). Types:
    workerd of 2023-09-12, VectorizeMatches; values are the double that a float32 is.
    """
    printed: list[dict[str, Any]] = []
    for match in matches:
        shape: dict[str, Any] = {
            "vectorId": match.id,
            "score": math.trunc(match.score * 1e6) / 1e6,
        }
        if any(each is not None for each in (match.values, match.metadata, match.content)):
            vector: dict[str, Any] = {"id": match.id}
            if match.values is not None:
                vector["values"] = match.values.tolist()
            if match.namespace is not None:
                vector["namespace"] = match.namespace
            if match.metadata is not None:
                vector["metadata"] = match.metadata
            if match.content is not None:
                vector["content"] = match.content
            shape["vector"] = vector
        printed.append(shape)
    return {"matches": {"count": matches.count, "matches": printed}}
