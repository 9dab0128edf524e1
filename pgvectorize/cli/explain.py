"""The command that shows how a query is answered."""

from __future__ import annotations

from typing import Any

import click

from pgvectorize import VectorNotFound
from pgvectorize.cli import actions
from pgvectorize.cli.options import DatabaseCommand, Session
from pgvectorize.cli.output import to_json
from pgvectorize.cli.search import chosen_of, search_options


@click.command("explain", cls=DatabaseCommand)
@search_options
@click.pass_obj
def explain(session: Session, /, name: str, **options: Any) -> None:
    """Run a query, and show how it was answered and why.

    It has the options of `query`. --json also has Postgres' own plans.

    pgvectorize explain products --vector 54.8 5.5 3.1 --filter '{"price": {"$lt": 100}}'
    pgvectorize explain products --vector-id 5 --namespace shoes
    """
    vector, vector_id = chosen_of(options, "--vector", "--vector-id")
    index = session.client.index(name)
    if vector_id is not None:
        stored = index.get_by_ids([vector_id])
        if not stored:
            raise VectorNotFound(
                f'vector "{vector_id}" does not exist in index "{name}"',
                hint="List the vectors to see which ids there are.",
            )
        vector = stored[0].values
        if vector is None:
            index.query_by_id(vector_id, top_k=1)  # which says why not
    assert vector is not None
    explanation = index.explain(vector, **options)
    text = explanation.explanation
    for advice in explanation.advice:
        text = actions.with_command(text, advice)
    data = to_json(explanation) | {
        "advice": [actions.finding_json(advice) for advice in explanation.advice]
    }
    session.answer(data, *text.splitlines())
