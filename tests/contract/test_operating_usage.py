"""What is stored and queried, and what it would cost at Vectorize."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import psycopg
import pytest

from pgvectorize import Client, IndexNotFound
from tests.contract.faces import Face


def fill(client: Client, name: str, rows: int) -> None:
    dimensions = client.get_index(name).dimensions
    client.index(name).upsert((str(row), [row + 1.0] * dimensions) for row in range(rows))


def test_an_index_is_not_counted_by_default(face: Face, client: Client, index: str) -> None:
    fill(client, index, 3)
    face.query(index, [1, 2])
    (usage,) = face.usage(index)
    assert (usage.name, usage.dimensions) == (index, 2)
    assert (usage.stored_vectors, usage.stored_dimensions) == (3, 6)
    assert usage.queried_vectors is None
    assert usage.queried_dimensions is None
    assert usage.month.day == 1


def test_queries_are_counted_from_when_it_is_asked_for(
    face: Face, client: Client, index: str
) -> None:
    fill(client, index, 3)
    assert face.update_index(index, count_queries=True).is_counted
    assert face.usage(index)[0].queried_vectors == 0
    face.query(index, [1, 2])
    face.query_by_id(index, "1", exact=True)
    face.query_many(index, [[1, 2], [3, 4], [5, 6]])
    (usage,) = face.usage(index)
    assert (usage.queried_vectors, usage.queried_dimensions) == (5, 10)

    assert not face.update_index(index, count_queries=False).is_counted
    face.query(index, [1, 2])
    assert face.usage(index)[0].queried_vectors == 5


def test_many_queries_are_added_up(
    face: Face, client: Client, index: str, connection: psycopg.Connection[tuple[int]]
) -> None:
    """About one query in a hundred adds the rows up: 2,000 all miss once in 10^8 runs."""
    client.update_index(index, count_queries=True)
    for rounds in range(1, 41):
        face.query_many(index, [[1, 2]] * 50)
        row = connection.execute(
            "select count(*) from pgvectorize_private.queries join pgvectorize_private.indexes"
            " on id = index_id"
            " where name = %s",
            [index],
        ).fetchone()
        assert row is not None
        rows = row[0]
        if rows < rounds * 50:
            break
    assert rows < rounds * 50
    assert face.usage(index)[0].queried_vectors == rounds * 50


def test_the_cost_is_that_of_vectorizes_examples(
    face: Face, index: str, connection: psycopg.Connection[tuple[object, ...]]
) -> None:
    """platform/pricing: 50,000 vectors of 768 dimensions, queried 200,000 times, cost $1.94."""
    for vectors, dimensions, queries, dollars in (
        (5_000, 384, 10_000, Decimal("0.06")),
        (50_000, 768, 200_000, Decimal("1.94")),
        (500_000, 1_536, 1_000_000, Decimal("23.42")),
    ):
        row = connection.execute(
            "select pgvectorize_private._vectorize_dollars(stored => %s::bigint, queried =>"
            " %s::bigint)",
            [vectors * dimensions, queries * dimensions],
        ).fetchone()
        assert row is not None
        assert round(Decimal(str(row[0])), 2) == dollars


def test_the_cost_is_of_what_is_stored_and_queried(
    face: Face, client: Client, make_index: Callable[..., str]
) -> None:
    name = make_index(dimensions=1_000, metric="euclidean")
    fill(client, name, 200)
    (usage,) = face.usage(name)
    # 200,000 dimensions: at $0.01 a million, and at $0.05 a hundred million
    assert usage.vectorize_dollars == Decimal("0.0021")


def test_usage_is_of_every_index(face: Face, index: str) -> None:
    names = [usage.name for usage in face.usage()]
    assert index in names
    assert names == sorted(names)


def test_usage_of_an_unknown_index_is_refused(face: Face) -> None:
    with pytest.raises(IndexNotFound):
        face.usage("nothing")


def test_a_read_only_transaction_queries_without_counting(
    face: Face, client: Client, index: str
) -> None:
    fill(client, index, 3)
    client.update_index(index, count_queries=True)
    with face.borrow() as borrowed:
        borrowed.wait(borrowed.connection.execute("begin transaction read only"))
        assert borrowed.face.query(index, [1, 2]).count == 3
        borrowed.wait(borrowed.connection.execute("rollback"))
    assert face.usage(index)[0].queried_vectors == 0


def test_a_deleted_index_takes_its_counts_with_it(
    face: Face, new_name: str, connection: psycopg.Connection[tuple[int]]
) -> None:
    face.create_index(new_name, dimensions=2, metric="euclidean")
    face.update_index(new_name, count_queries=True)
    face.query(new_name, [1, 2])
    face.delete_index(new_name)
    row = connection.execute(
        "select count(*) from pgvectorize_private.queries"
        " where index_id not in (select id from pgvectorize_private.indexes)"
    ).fetchone()
    assert row == (0,)
