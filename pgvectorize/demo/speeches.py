"""A semantic search over real text: passages of the State of the Union addresses."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from pgvectorize import Client, IndexInfo, Match, Matches, Mutation, Vector
from pgvectorize.demo.stage import Stage
from pgvectorize.errors import translated

_DATA = Path(__file__).parent / "data"
_QUESTION = "sending astronauts to land on the moon"

# The bodies of these functions, and this SQL, are shown as they are run: keep them short.


def create(client: Client) -> IndexInfo:
    return client.create_index("demo-speeches", preset="sentence-transformers/all-minilm-l6-v2")


def fill(client: Client, speeches: Iterable[Vector]) -> Mutation:
    return client.index("demo-speeches").upsert(speeches)


def index_metadata(client: Client) -> None:
    client.index("demo-speeches").create_metadata_index("year", "number")
    client.index("demo-speeches").create_metadata_index("president", "string")


def plain(client: Client, moon: list[float]) -> Matches:
    return client.index("demo-speeches").query(moon, top_k=3, return_metadata="indexed")


def filtered(client: Client, moon: list[float]) -> Matches:
    return client.index("demo-speeches").query(
        moon,
        top_k=3,
        filter={
            "year": {"$gte": 1980},
            "president": {"$in": ["Ronald Reagan", "Barack Obama"]},
        },
        return_metadata="indexed",
    )


def in_namespace(client: Client, moon: list[float]) -> Matches:
    return client.index("demo-speeches").query(
        moon, top_k=3, namespace="republican", return_metadata="indexed"
    )


def related(client: Client) -> Matches:
    return client.index("demo-speeches").query_by_id(
        "1962_john_f_kennedy_d#47", top_k=3, return_metadata="indexed"
    )


TEXTS = """\
create schema if not exists pgvectorize_demo;
create table if not exists pgvectorize_demo.passages (
    id    text primary key,
    text  text not null
);
"""

FILL_TEXTS = """\
insert into pgvectorize_demo.passages (id, text)
select * from unnest(%(ids)s::text[], %(texts)s::text[])
on conflict (id) do nothing
"""

JOIN = """\
select
    round(matches.score::numeric, 3) as score,
    matches.metadata ->> 'year' as year,
    matches.metadata ->> 'president' as president,
    substring(
        passages.text
        from greatest(1, position('moon' in lower(passages.text)) - 80)
        for 160
    ) as passage
from pgvectorize.query(
    index => 'demo-speeches',
    vector => %(moon)s,
    top_k => 3,
    filter => '{"year": {"$gte": 1980}}',
    return_metadata => 'indexed'
) as matches
join pgvectorize_demo.passages using (id)
order by matches.score desc
"""


def show(stage: Stage, client: Client, dsn: str) -> None:
    passages = list(_passages())
    texts = {passage["id"]: passage["text"] for passage in passages}
    moon = _question_values(_QUESTION)

    def matches_table(matches: Matches) -> None:
        stage.table(
            ("score", "year", "president", "passage"),
            [(*_facts(match), _excerpt(texts[match.id])) for match in matches],
        )

    stage.title(f"2. {len(passages):,} passages of State of the Union addresses, 1948 to 2021")
    stage.say("Each was embedded with all-MiniLM-L6-v2: a preset knows its 384 dimensions.")
    stage.create(create, client)

    stage.say("speeches is any iterable of vectors; it is read in batches and is one change.")
    speeches = stage.progress(_vectors(passages), len(passages))
    mutation = stage.run(fill, client, speeches)
    stage.result(f"{mutation.count:,} vectors; the namespace is the president's party")

    stage.say("Filters work on every property. A metadata index makes them fast.")
    stage.run(index_metadata, client)

    stage.say(f'moon is the embedding of "{_QUESTION}".')
    matches_table(stage.run(plain, client, moon))

    stage.say("The same, since 1980, from two presidents:")
    matches_table(stage.run(filtered, client, moon))

    stage.say("The same, in one namespace:")
    matches_table(stage.run(in_namespace, client, moon))

    stage.say("Related items of a stored vector, itself among them:")
    matches_table(stage.run(related, client))

    stage.title("3. The same in SQL")
    stage.say("The texts are in an ordinary table, which the search is joined with.")
    with translated(), psycopg.connect(dsn) as connection:
        stage.code(TEXTS, "sql")
        connection.execute(TEXTS)
        connection.execute(FILL_TEXTS, {"ids": list(texts), "texts": list(texts.values())})
        stage.code(JOIN, "sql")
        cursor = connection.execute(JOIN, {"moon": str(moon)})
        stage.table([column.name for column in cursor.description or ()], cursor.fetchall())


def _passages() -> Iterator[dict[str, Any]]:
    with gzip.open(_DATA / "passages.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _vectors(passages: Iterable[Mapping[str, Any]]) -> Iterator[Vector]:
    embeddings = np.load(_DATA / "passages.f16.npy")
    for passage, values in zip(passages, embeddings, strict=True):
        yield Vector(passage["id"], values, passage["namespace"], passage["metadata"])


def _question_values(text: str) -> list[float]:
    lines = (_DATA / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    questions = {question["text"]: question["values"] for question in map(json.loads, lines)}
    values: list[float] = questions[text]
    return values


def _facts(match: Match) -> tuple[object, ...]:
    metadata = match.metadata or {}
    return f"{match.score:.3f}", metadata["year"], metadata["president"]


def _excerpt(text: str, length: int = 160) -> str:
    """Return the part of a text in which most words of the question are."""
    words = [word for word in _QUESTION.split() if len(word) > 3]

    def found(start: int) -> int:
        part = text[start : start + length].lower()
        return sum(word in part for word in words)

    start = max((match.start() for match in re.finditer(r"\b\w+", text)), key=found)
    part = text[start : start + length].rsplit(" ", 1)[0]
    return ("… " if start else "") + part + " …"
