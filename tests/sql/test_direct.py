"""What SQL of one's own may write into the table of an index: nothing that no search could use."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

import pgvectorize

Connection = psycopg.Connection[tuple[object, ...]]

ADOPTED = "adopted-directly"


@pytest.fixture(params=["created", "adopted"])
def make_table(
    request: pytest.FixtureRequest,
    client: pgvectorize.Client,
    connection: Connection,
    make_index: Callable[..., str],
) -> Iterator[Callable[..., str]]:
    """Make an index, or adopt a table in place; return the name of its table."""

    def make(metric: str, storage: str = "float32") -> str:
        if request.param == "created":
            name = make_index(dimensions=2, metric=metric, storage=storage)
        else:
            kind = "halfvec" if storage == "float16" else "vector"
            connection.execute(f"create table direct (key text unique, vec {kind}(2))".encode())
            name = ADOPTED
            connection.execute(
                "select pgvectorize.adopt_index(%s, 'direct', 'key', 'vec', %s, in_place => true)",
                [name, metric],
            )
        return f'pgvectorize_data."{name}"'

    yield make
    if request.param == "adopted":
        client.delete_index(ADOPTED)


@pytest.mark.parametrize(
    ("metric", "storage", "embedding", "metadata"),
    [
        ("cosine", "float32", "[0,0]", "{}"),
        ("cosine", "float32", "[1e-30,0]", "{}"),
        ("cosine", "float32", "[3e38,0]", "{}"),
        ("cosine", "float16", "[0,0]", "{}"),
        ("cosine", "float16", "[1e-9,0]", "{}"),
        ("euclidean", "float32", "[1e19,0]", "{}"),
        ("dot-product", "float32", "[1e19,0]", "{}"),
        ("euclidean", "float32", "[1,0]", "[]"),
        ("euclidean", "float32", "[1,0]", "null"),
        ("euclidean", "float16", "[1,0]", "5"),
    ],
)
def test_what_no_search_could_use_is_refused(
    connection: Connection,
    make_table: Callable[..., str],
    metric: str,
    storage: str,
    embedding: str,
    metadata: str,
) -> None:
    table = make_table(metric, storage)
    insert = f"insert into {table} (id, embedding, metadata) values (%s, %s, %s)".encode()
    connection.execute(insert, ["a", "[1,2]", '{"a": 1}'])
    connection.execute(insert, ["b", "[1,2]", None])
    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(insert, ["x", embedding, metadata])
    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(
            f"update {table} set embedding = %s, metadata = %s".encode(), [embedding, metadata]
        )
