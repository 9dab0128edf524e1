"""Row-level security on the table of an index: each tenant has a namespace and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

import pgvectorize
from pgvectorize import Index, InvalidRequest, Vector, schema
from tests.conftest import _database
from tests.servers import Server

ROLE = "pgvectorize_test_tenant"
DIMENSIONS = 8
ROWS = 400

# as docs/security.md has it
POLICY = f"""
    alter table pgvectorize_data.shared enable row level security;
    create policy tenants on pgvectorize_data.shared
        using (namespace = current_setting('app.tenant', true));

    grant usage on schema pgvectorize, pgvectorize_private, pgvectorize_data to {ROLE};
    grant select on all tables in schema pgvectorize_private to {ROLE};
    grant insert, update, delete on pgvectorize_private.mutations to {ROLE};
    grant select, insert, update, delete on pgvectorize_data.shared to {ROLE};
"""


def values(row: int) -> list[float]:
    numbers: list[float] = np.random.default_rng(row).normal(size=DIMENSIONS).tolist()
    return numbers


@pytest.fixture(scope="module")
def shared(server: Server) -> Iterator[str]:
    """The DSN of a database with an index "shared": of 400 vectors every hundredth is acme's."""
    with _database(server) as dsn:
        schema.migrate(dsn)
        with pgvectorize.connect(dsn) as client:
            client.create_index("shared", dimensions=DIMENSIONS, metric="cosine")
            client.index("shared").upsert(
                (f"v{row:03}", values(row), "acme" if row % 100 == 0 else "umbrella", {"row": row})
                for row in range(ROWS)
            )
            client.index("shared").create_metadata_index("row", "number")
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(f"drop role if exists {ROLE}")
            connection.execute(f"create role {ROLE}")
            connection.execute(POLICY)
            connection.execute("analyze pgvectorize_data.shared")
            try:
                yield dsn
            finally:
                connection.execute(f"drop owned by {ROLE}; drop role {ROLE}")


@pytest.fixture
def as_role(shared: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection of the tenants' role; nothing that is written stays."""
    with psycopg.connect(make_conninfo(shared, options=f"-c role={ROLE}")) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def tenant(as_role: psycopg.Connection[tuple[object, ...]]) -> Callable[[str], Index]:
    """The index as the tenant of this name sees it."""

    def become(name: str) -> Index:
        as_role.execute("select set_config('app.tenant', %s, false)", [name])
        return pgvectorize.Client(as_role).index("shared")

    return become


MINE = ["v000", "v100", "v200", "v300"]


def test_every_way_to_read_shows_a_tenant_its_own(tenant: Callable[[str], Index]) -> None:
    index = tenant("acme")
    for options in (
        *({}, {"exact": True}, {"filter": {"row": {"$gte": 0}}}, {"top_k": 100}, {"ef_search": 5}),
        *({"namespace": "acme"}, {"return_metadata": "all"}, {"return_values": True}),
    ):
        found = index.query(values(1), **{"top_k": 10, **options})  # type: ignore[arg-type]
        assert sorted(match.id for match in found) == MINE, options
    assert index.query(values(1), namespace="umbrella").count == 0
    assert {match.id for match in index.query_by_id("v100", top_k=50)} == set(MINE)
    assert [len(matches) for matches in index.query_many([values(1), values(2)])] == [4, 4]
    assert index.count() == 4
    assert index.count(namespace="umbrella") == 0
    assert [vector.id for vector in index.get_by_ids(["v000", "v001"])] == ["v000"]
    assert [vector.id for vector in index] == MINE
    assert index.list_vectors(count=2).total_count == 4
    assert [each.namespace for each in index.list_namespaces()] == ["acme"]
    assert sum(facet.count for facet in index.facets("row")) == 4
    assert index.describe().vector_count == 4
    with pytest.raises(pgvectorize.VectorNotFound):
        index.query_by_id("v001")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"exact": True},
        {"namespace": "umbrella"},
        {"namespace": ["acme", "umbrella"]},
        {"filter": {"row": {"$gte": 0}}},
        {"filter": {"nothing": 1}},
        {"top_k": 100, "ef_search": 5},
    ],
)
def test_explain_tells_nothing_of_hidden_rows(
    tenant: Callable[[str], Index], options: dict[str, object]
) -> None:
    told = tenant("acme").explain(values(1), **options)  # type: ignore[arg-type]
    assert (told.expected_matches, told.visited) == (None, None)
    assert told.matches == (0 if options.get("namespace") == "umbrella" else told.matches) <= 4
    assert told.advice == []
    assert [set(attempt) for attempt in told.attempts] == [
        {"way", "ef_search", "found", "wanted"}
    ] * len(told.attempts)
    assert "holds about 4 vectors" in told.explanation
    assert "Row-level security applies to you" in told.explanation
    assert not set(re.findall(r"\d+", told.explanation)) & {"200", "396", "400", "500", "1000"}


def test_an_estimate_is_of_visible_rows(tenant: Callable[[str], Index], shared: str) -> None:
    """Of many rows `describe` and `stats` give an estimate, which is of all of them."""
    with psycopg.connect(shared, autocommit=True) as owner:
        owner.execute(
            """
            insert into pgvectorize_data.shared (id, namespace, embedding, metadata)
            select 'wide' || number, 'umbrella', array_fill(number, '{8}')::vector,
                jsonb_build_object('text', repeat(md5(number::text), 50))
            from generate_series(1, 700) as number
            """
        )
        owner.execute("analyze pgvectorize_data.shared")
        owner.execute(
            "update pg_class set reltuples = 1e6 where oid = 'pgvectorize_data.shared'::regclass"
        )
        try:
            assert pgvectorize.Client(owner).index("shared").describe().vector_count > 100_000
            index = tenant("acme")
            assert index.describe().vector_count == index.stats().vector_count == 4
            assert index.stats().namespace_count == 1
            assert index.explain(values(1)).matches == 4
        finally:
            owner.execute("delete from pgvectorize_data.shared where id like 'wide%'")
            owner.execute("vacuum analyze pgvectorize_data.shared")


def test_a_plan_that_is_kept_follows_the_tenant(tenant: Callable[[str], Index]) -> None:
    """The index's own function is planned once a session."""
    for _ in range(8):
        assert len(tenant("acme").query(values(1), top_k=10)) == 4
        assert len(tenant("umbrella").query(values(1), top_k=10)) == 10
        assert len(tenant("").query(values(1), top_k=10)) == 0


def test_no_way_to_write_reaches_another_tenants_vectors(
    tenant: Callable[[str], Index], as_role: psycopg.Connection[tuple[object, ...]], shared: str
) -> None:
    index = tenant("acme")
    assert index.delete_by_ids(["v001", "v100"]).count == 1
    assert index.delete(filter={"row": {"$gte": 0}}).count == 3
    assert index.delete_namespace("umbrella").count == 0
    assert index.update_metadata({"mine": True}, filter={"row": {"$gte": 0}}).count == 0
    index.upsert([Vector("new", values(3), "acme")])
    assert index.count() == 1
    for vector in (
        Vector("other", values(4), "umbrella"),  # into another namespace
        Vector("other", values(4)),  # into none
        Vector("v001", values(4), "acme"),  # an id that another tenant has: this much shows
    ):
        with (
            pytest.raises(pgvectorize.DatabaseError, match="row-level security"),
            as_role.transaction(),
        ):
            index.upsert([vector])
    with pytest.raises(pgvectorize.DatabaseError, match="permission denied"):
        index.truncate()
    as_role.rollback()
    with pgvectorize.connect(shared) as owner:
        assert owner.index("shared").count() == ROWS


@pytest.mark.parametrize("name", ["acme", "nobody-yet"])
def test_a_tenant_loads_many(tenant: Callable[[str], Index], name: str) -> None:
    """By COPY into a staging table: Postgres copies into no table that shows only some rows."""
    index = tenant(name)
    before = index.count()
    index.upsert(
        [Vector(f"new{row:05}", values(row % 7), name) for row in range(500)], batch_size=100
    )
    assert index.count() == before + 500


def test_the_owner_sees_all(shared: str) -> None:
    with pgvectorize.connect(shared) as owner:
        assert owner.index("shared").query(values(1), top_k=50).count == 50


def test_a_filter_is_no_way_around_a_policy(tenant: Callable[[str], Index]) -> None:
    index = tenant("acme")
    for filter in (
        {"$or": [{"row": {"$exists": True}}, {"row": {"$exists": False}}]},
        {"$not": {"row": -1}},
        {"namespace": "umbrella"},
        {"row') or true --": {"$ne": 1}},
    ):
        assert index.count(filter=filter) <= 4
    with pytest.raises(InvalidRequest):
        index.count(filter={"row": {"$or": []}})
