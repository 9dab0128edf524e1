"""The HNSW index: built, built otherwise, dropped; queries are right throughout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import psycopg
import pytest

from pgvectorize import Client, InvalidRequest
from tests.contract.faces import Face

VALUES = np.random.default_rng(5).normal(size=(300, 8)).astype(np.float32)
IDS = [f"v{row:03}" for row in range(300)]


@pytest.fixture
def filled(client: Client, make_index: Callable[..., str]) -> str:
    name = make_index(dimensions=8, metric="cosine")
    client.index(name).upsert(ids=IDS, values=VALUES)
    return name


def nearest(face: Face, index: str) -> list[str]:
    return [match.id for match in face.query(index, VALUES[0], top_k=5)]


def names(connection: psycopg.Connection[tuple[object, ...]], index: str) -> set[str]:
    """The HNSW indexes of an index's table, without its number."""
    rows = connection.execute(
        """
        select regexp_replace(class.relname, '^_idx_[0-9]+_', '')
        from pg_index as index
        join pg_class as class on class.oid = index.indexrelid
        join pg_am as method on method.oid = class.relam and method.amname = 'hnsw'
        join pgvectorize_private.indexes on indexes.relation = index.indrelid
        where indexes.name = %s
        """,
        [index],
    )
    return {str(row[0]) for row in rows}


def test_it_is_dropped_and_built_again(face: Face, filled: str, connection: Any) -> None:
    expected = nearest(face, filled)
    assert face.drop_hnsw(filled).has_hnsw is False
    assert names(connection, filled) == set()
    assert nearest(face, filled) == expected
    assert face.drop_hnsw(filled).has_hnsw is False  # again

    build = face.build(filled)
    assert build.is_built
    assert (build.index_precision, build.m, build.ef_construction) == ("float32", 16, 64)
    assert (build.vectors, build.vectors_in_memory) == (300, 300)
    assert face.get_index(filled).has_hnsw
    assert names(connection, filled) == {"embedding_hnsw"}
    assert nearest(face, filled) == expected


def test_nothing_is_built_twice_unless_it_is_to_be(
    face: Face, filled: str, connection: Any
) -> None:
    def file() -> object:
        return connection.execute(
            "select pg_relation_filenode(pgvectorize_private._hnsw_index("
            "pgvectorize_private._find_index(%s)))",
            [filled],
        ).fetchone()

    before = file()
    assert face.build(filled).is_built is False
    assert face.build(filled, m=16).is_built is False
    assert file() == before
    assert face.build(filled, rebuild=True).is_built
    assert file() != before
    assert face.build_progress(filled) == []


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"m": 8}, ("float32", 8, 64)),
        ({"m": 40}, ("float32", 40, 80)),
        ({"ef_construction": 100}, ("float32", 16, 100)),
        ({"index_precision": "float16", "workers": 0}, ("float16", 16, 64)),
        ({"index_precision": "binary", "memory": "100MB"}, ("binary", 16, 64)),
    ],
)
def test_it_is_built_otherwise(
    face: Face, filled: str, connection: Any, options: Any, expected: Any
) -> None:
    modified = face.get_index(filled).modified_on
    build = face.build(filled, **options)
    info = face.get_index(filled)
    assert (build.index_precision, build.m, build.ef_construction) == expected
    assert (info.index_precision, info.m, info.ef_construction) == expected
    assert info.modified_on > modified
    assert names(connection, filled) == {"embedding_hnsw"}
    assert nearest(face, filled)[0] == "v000"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"m": 1}, "m must be between 2 and 100"),
        ({"m": 32, "ef_construction": 63}, "ef_construction must be between 64 and"),
        ({"index_precision": "float8"}, 'index_precision "float8" is not known'),
        ({"memory": "much"}, 'memory "much" is not a size'),
        ({"memory": "1kB"}, 'memory "1kB" is not a size of at least 1MB'),
        ({"workers": -1}, "workers must be between 0 and 1024"),
    ],
)
def test_what_cannot_be_built_is_refused(
    face: Face, filled: str, connection: Any, options: Any, says: str
) -> None:
    before = face.get_index(filled)
    with pytest.raises(InvalidRequest, match=says) as refusal:
        face.build(filled, **options)
    assert refusal.value.hint
    assert face.get_index(filled) == before
    assert names(connection, filled) == {"embedding_hnsw"}


def test_the_answer_says_what_does_not_fit_into_memory(
    face: Face, client: Client, make_index: Callable[..., str]
) -> None:
    name = make_index(dimensions=1_000, metric="euclidean", index_precision="float32", hnsw=False)
    random = np.random.default_rng(1)
    client.index(name).upsert(
        ids=[str(row) for row in range(600)], values=random.normal(size=(600, 1_000))
    )
    build = face.build(name, memory="2MB")
    assert build.memory == 2 * 2**20
    assert build.memory_needed > build.memory
    assert 300 < build.vectors_in_memory < build.vectors == 600
    assert face.query(name, [0.0] * 1_000, top_k=600).count == 600


def test_the_settings_are_as_before(face: Face, filled: str) -> None:
    show = (
        "select current_setting('maintenance_work_mem'), "
        "current_setting('max_parallel_maintenance_workers'), "
        "current_setting('min_parallel_table_scan_size'), current_setting('statement_timeout')"
    )
    with face.borrow() as borrowed, borrowed.transaction():
        borrowed.execute("select set_config('statement_timeout', '1h', true)")
        before = borrowed.execute(show)
        borrowed.face.build(filled, rebuild=True, workers=1, memory="100MB")
        assert borrowed.execute(show) == before


def test_in_a_transaction_it_can_be_taken_back(face: Face, filled: str, connection: Any) -> None:
    before = face.get_index(filled)
    with face.borrow() as borrowed:
        with borrowed.transaction(rollback=True):
            borrowed.face.build(filled, m=8, index_precision="float16")
            assert borrowed.face.get_index(filled).m == 8
            assert nearest(borrowed.face, filled)[0] == "v000"
        with borrowed.transaction(rollback=True):
            borrowed.face.drop_hnsw(filled)
    assert face.get_index(filled) == before
    assert names(connection, filled) == {"embedding_hnsw"}


@pytest.mark.parametrize(
    "use",
    [
        lambda face: face.build("nowhere"),
        lambda face: face.drop_hnsw("nowhere"),
        lambda face: face.build_progress("nowhere"),
    ],
)
def test_an_unknown_index_is_refused(face: Face, use: Callable[[Face], object]) -> None:
    with pytest.raises(LookupError, match='"nowhere"'):
        use(face)
