"""A database that comes back from `pg_dump`, by every way that docs/backup.md tells."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

import pgvectorize
from pgvectorize import schema
from pgvectorize.embedded import _programs, serve
from tests.conftest import _database
from tests.migrations.conftest import as_role, catalog
from tests.servers import Server

pytestmark = pytest.mark.slow

ROWS = 120
KINDS: dict[str, dict[str, Any]] = {
    "docs": {"dimensions": 8, "metric": "cosine", "description": 'it\'s a "test"'},
    "wide-one": {"dimensions": 1_100, "metric": "cosine"},
    "half": {"dimensions": 16, "metric": "euclidean", "storage": "float16"},
    "signs": {"dimensions": 64, "metric": "cosine", "index_precision": "binary"},
    "flat": {"dimensions": 4, "metric": "dot-product", "hnsw": False},
    "strict": {"dimensions": 32, "metric": "cosine", "strict": True},
}
ADOPTED = """
    create table adopted_table (key text primary key, embedding extensions.vector(3));
    insert into adopted_table
    select 'v' || row, array[1, row, 0] from generate_series(1, 20) as numbers (row);
"""
TYPES = {"price": "number", "color": "string", "on": "boolean", "it's.a": "string"}


def execute(dsn: str, *statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def fill(index: pgvectorize.Index, dimensions: int) -> None:
    index.upsert(
        ids=[f"v{row:03}" for row in range(ROWS)],
        values=np.random.default_rng(dimensions).normal(size=(ROWS, dimensions)),
        namespaces=["even" if row % 2 == 0 else "odd" for row in range(ROWS)],
        metadata=[
            {"price": row, "color": "red" if row % 3 else "blue", "on": row % 2 == 0}
            | {"it's": {"a": "x" * row}}
            for row in range(ROWS)
        ],
    )


@pytest.fixture(scope="module")
def original(server: Server) -> Iterator[str]:
    """The DSN of a database with indexes of every kind; nobody writes to it."""
    with _database(server) as dsn:
        execute(dsn, "create schema extensions", "create extension vector schema extensions")
        schema.migrate(dsn)
        execute(dsn, ADOPTED)
        with pgvectorize.connect(dsn) as client:
            for name, options in KINDS.items():
                client.create_index(name, **options)
                index = client.index(name)
                fill(index, options["dimensions"])
                for property_name, index_type in TYPES.items():
                    index.create_metadata_index(property_name, index_type)  # type: ignore[arg-type]
            client.adopt_index(
                "adopted",
                "adopted_table",
                id_column="key",
                embedding_column="embedding",
                metric="euclidean",
                in_place=True,
            )
            docs = client.index("docs")
            docs.create_namespace_index("even")
            docs.recall(queries=10, top_k=5)
            docs.delete_by_ids(["v007"])
            client.update_index("docs", count_queries=True)
            docs.query([1.0] * 8)
            client.update_index("half", ef_search=77)
        execute(dsn, "analyze")
        yield dsn


@pytest.fixture
def target(server: Server) -> Iterator[str]:
    """The DSN of an empty database."""
    with _database(server) as dsn:
        yield dsn


@pytest.fixture(scope="session")
def run(server: Server) -> Callable[..., None]:
    """Run one of Postgres' programs: the server's own where it is on this machine."""
    with psycopg.connect(server.dsn) as connection:
        ((folder,),) = connection.execute(
            "select setting from pg_config where name = 'BINDIR'"
        ).fetchall()
    if not (Path(folder) / "pg_restore").exists():
        folder = _programs()

    def run(program: str, *arguments: str) -> None:
        finished = subprocess.run(
            [Path(folder) / program, *arguments], capture_output=True, text=True, check=False
        )
        assert (finished.returncode, finished.stderr) == (0, "")

    return run


def state(dsn: str) -> dict[str, Any]:
    """All that can be asked of the indexes of a database."""
    found: dict[str, Any] = {}
    with pgvectorize.connect(dsn) as client:
        infos = client.list_indexes()
        found["indexes"] = [replace(info, relation="") for info in infos]
        found["usage"] = client.usage()
        for info in infos:
            index = client.index(info.name)
            vector = [1.0] * info.dimensions
            found[info.name] = {
                "description": index.describe(),
                "vectors": sorted(
                    (each.id, each.namespace, each.values.tolist(), each.metadata)  # type: ignore[union-attr]
                    for each in index
                ),
                "metadata indexes": index.list_metadata_indexes(),
                "namespace indexes": [
                    (each.namespace, each.is_built, each.vector_count)
                    for each in index.list_namespace_indexes()
                ],
                "namespaces": index.list_namespaces(),
                "facets": [] if info.is_strict else index.facets("color"),
                "nearest": index.query(vector),
                "filtered": index.query(vector, filter={"color": "red", "price": {"$lt": 50}}),
                "exact": index.query(vector, namespace="even", exact=True, return_metadata="all"),
            }
    with psycopg.connect(dsn) as connection:
        for table in (
            "mutations",
            "recalls",
            "recall_baselines",
            "metadata_indexes",
            "namespace_indexes",
        ):
            rows = connection.execute(f"select * from pgvectorize_private.{table}")
            found[table] = sorted(rows.fetchall())
        found["postgres indexes"] = connection.execute(
            "select indexname, indexdef from pg_indexes"
            " where schemaname in ('pgvectorize_private', 'pgvectorize_data') order by indexname"
        ).fetchall()
        found["invalid"] = connection.execute(
            "select indexrelid::regclass from pg_index where not indisvalid"
        ).fetchall()
    return found


def facts(dsn: str) -> set[tuple[str, ...]]:
    """What is in our schemas, but for how an adopted table's own index calls its columns."""
    return {fact for fact in catalog(dsn) if "_theirs_" not in fact[1]}


def check_the_same(original: str, restored: str) -> None:
    assert facts(restored) == facts(original)
    expected = state(original)
    for name, value in state(restored).items():
        assert value == expected[name], name


def check_it_lives_on(dsn: str) -> None:
    """Nothing is left to migrate, its Postgres indexes are used, and it can be written."""
    assert schema.migrate(dsn) == (schema.wanted(), schema.wanted())
    check_use(dsn, "docs", "price", lambda index: index.count(filter={"price": {"$lt": 3}}))
    check_use(dsn, "docs", "color", lambda index: index.count(filter={"color": "blue"}))
    check_use(dsn, "docs", "it's.a", lambda index: index.count(filter={"it's.a": "xx"}))
    check_use(dsn, "wide-one", None, lambda index: index.query([1.0] * 1_100))
    check_use(dsn, "signs", None, lambda index: index.query([1.0] * 64))
    with pgvectorize.connect(dsn) as client:
        ids = {info.relation for info in client.list_indexes()}
        client.create_index("newer", dimensions=8, metric="cosine")  # no id is given twice
        assert client.get_index("newer").relation not in ids
        newer = client.index("newer")
        fill(newer, 8)
        newer.create_metadata_index("price", "number")
        assert newer.query([1.0] * 8, filter={"price": {"$gte": 100}}, top_k=50).count == 20

        docs = client.index("docs")
        docs.upsert([("v007", [1.0] * 8), ("w", [1.0] * 8)])
        assert [match.id for match in docs.query([1.0] * 8, top_k=2)] == ["v007", "w"]
        assert docs.delete(filter={"price": {"$lt": 7}}).count == 7
        client.update_index("docs", new_name="documents")
        assert client.index("documents").query([1.0] * 8).count == 5
        client.delete_index("wide-one")


def check_use(
    dsn: str, name: str, property_name: str | None, ask: Callable[[pgvectorize.Index], object]
) -> None:
    """Of a property its metadata index, of none the HNSW index."""
    relation = (
        "select pgvectorize_private._relation_name(id, 'embedding_hnsw')"
        " from pgvectorize_private.indexes"
    )
    if property_name is not None:
        relation = """
            select pgvectorize_private._metadata_index_name(id, property_name, index_type)
            from pgvectorize_private.indexes
            join pgvectorize_private.metadata_indexes on index_id = id and property_name =
                %(property_name)s
        """
    with psycopg.connect(dsn, options="-c enable_seqscan=off -c enable_sort=off") as connection:
        ask(pgvectorize.Client(connection).index(name))
        row = connection.execute(
            "select pg_stat_get_xact_numscans(format('pgvectorize_data.%%I', name)::regclass)"
            f" from ({relation} where indexes.name = %(name)s) as found (name)",
            {"name": name, "property_name": property_name},
        ).fetchone()
    assert row is not None
    assert row[0] > 0


# Whole databases


def by_one_file(run: Callable[..., None], folder: Path, original: str, target: str) -> None:
    run("pg_dump", "--format=custom", f"--file={folder}/dump", f"--dbname={original}")
    run("pg_restore", "--exit-on-error", f"--dbname={target}", f"{folder}/dump")


def by_a_folder(run: Callable[..., None], folder: Path, original: str, target: str) -> None:
    run(
        *("pg_dump", "--format=directory", "--jobs=2"),
        *(f"--file={folder}/dump", f"--dbname={original}"),
    )
    run("pg_restore", "--exit-on-error", "--jobs=2", f"--dbname={target}", f"{folder}/dump")


def by_sql(run: Callable[..., None], folder: Path, original: str, target: str) -> None:
    run("pg_dump", f"--file={folder}/dump", f"--dbname={original}")
    run(
        *("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"),
        *(f"--file={folder}/dump", f"--dbname={target}"),
    )


def by_schema_then_data(run: Callable[..., None], folder: Path, original: str, target: str) -> None:
    """The triggers are there already when the catalog is filled."""
    for part in ("--schema-only", "--data-only"):
        run("pg_dump", "--format=custom", part, f"--file={folder}/dump", f"--dbname={original}")
        run("pg_restore", "--exit-on-error", f"--dbname={target}", f"{folder}/dump")


def by_our_schemas(run: Callable[..., None], folder: Path, original: str, target: str) -> None:
    execute(target, "create schema extensions", "create extension vector schema extensions")
    run(
        *("pg_dump", "--format=custom", "--schema=pgvectorize*"),
        *(f"--file={folder}/dump", f"--dbname={original}"),
    )
    run("pg_restore", "--exit-on-error", f"--dbname={target}", f"{folder}/dump")


def over_what_is_there(run: Callable[..., None], folder: Path, original: str, target: str) -> None:
    by_one_file(run, folder, original, target)
    with pgvectorize.connect(target) as client:
        client.delete_index("docs")
        client.index("half").truncate()
        client.create_index("later", dimensions=2, metric="cosine")
        client.delete_index("later")
    run(
        *("pg_restore", "--exit-on-error", "--clean", "--if-exists"),
        *(f"--dbname={target}", f"{folder}/dump"),
    )


@pytest.mark.parametrize(
    "way",
    [
        *(by_one_file, by_a_folder, by_sql),
        *(by_schema_then_data, by_our_schemas, over_what_is_there),
    ],
)
def test_a_dump_brings_all_back(
    way: Callable[..., None], run: Callable[..., None], original: str, target: str, tmp_path: Path
) -> None:
    way(run, tmp_path, original, target)
    execute(target, "analyze")
    check_the_same(original, target)
    check_it_lives_on(target)


def test_a_role_that_is_no_superuser_restores_a_dump(
    run: Callable[..., None], original: str, target: str, tmp_path: Path
) -> None:
    """As on a managed server, where the extension is there already and of another owner."""
    role = "pgvectorize_test_restorer"
    execute(
        target,
        f"drop role if exists {role}",
        f"create role {role}",
        f'grant create on database "{conninfo_to_dict(target)["dbname"]}" to {role}',
        "create schema extensions",
        "create extension vector schema extensions",
        f"grant usage on schema extensions to {role}",
    )
    try:
        run(
            *("pg_dump", "--format=custom", "--schema=pgvectorize*"),
            *(f"--file={tmp_path}/dump", f"--dbname={original}"),
        )
        run(
            *("pg_restore", "--exit-on-error", "--no-owner", "--no-privileges", f"--role={role}"),
            *(f"--dbname={target}", f"{tmp_path}/dump"),
        )
        check_the_same(original, target)
        check_it_lives_on(as_role(target, role))
    finally:
        execute(target, f"drop owned by {role} cascade", f"drop role {role}")


def test_what_a_restore_could_not_bring_back_is_migrated(
    run: Callable[..., None], original: str, target: str, tmp_path: Path
) -> None:
    by_one_file(run, tmp_path, original, target)
    execute(
        target,
        "drop function pgvectorize_private._search cascade",
        "drop function pgvectorize_data.docs",
    )
    before, after = schema.migrate(target)
    assert (before.functions, after) == (None, schema.wanted())
    check_the_same(original, target)


def test_another_cluster_lists_what_is_newer_than_its_transactions(
    run: Callable[..., None], original: str, tmp_path: Path
) -> None:
    """Rows carry the numbers of the transactions that wrote them: here they lie in the future."""
    run("pg_dump", "--format=custom", f"--file={tmp_path}/dump", f"--dbname={original}")
    with serve(tmp_path / "cluster") as dsn:
        execute(dsn, "create database restored")
        restored = make_conninfo(dsn, dbname="restored")
        run("pg_restore", "--exit-on-error", f"--dbname={restored}", f"{tmp_path}/dump")
        execute(restored, "update pgvectorize_data.docs set inserted_by = '900000000'::xid8")
        with pgvectorize.connect(restored) as client:
            docs = client.index("docs")
            first = docs.list_vectors(count=50)
            docs.upsert([("later", [1.0] * 8)])
            rest = docs.list_vectors(count=1_000, cursor=first.next_cursor)
            assert len(first.ids + rest.ids) == first.total_count == ROWS - 1
            assert len(list(docs)) == ROWS
            docs.delete_by_ids(["later"])
        check_it_lives_on(restored)


# Parts


def test_the_vectors_of_one_index_are_taken_out_of_a_dump(
    run: Callable[..., None], original: str, target: str, tmp_path: Path
) -> None:
    """Into an index of the same kind, here of another number."""
    run("pg_dump", "--format=custom", f"--file={tmp_path}/dump", f"--dbname={original}")
    execute(target, "create schema extensions", "create extension vector schema extensions")
    schema.migrate(target)
    with (
        pgvectorize.connect(original) as before,
        pgvectorize.connect(target) as client,
    ):
        client.create_index("other", dimensions=2, metric="cosine")
        client.create_index("wide-one", **KINDS["wide-one"])
        index = client.index("wide-one")
        index.create_metadata_index("color", "string")
        index.upsert([("gone", [1.0] * 1_100)])
        index.truncate()
        index.drop_hnsw()
        run(
            *("pg_restore", "--exit-on-error", "--data-only"),
            *("--schema=pgvectorize_data", "--table=wide-one"),
            *(f"--dbname={target}", f"{tmp_path}/dump"),
        )
        assert list(index) == list(before.index("wide-one"))
        index.build()
        vector = [1.0] * 1_100
        assert index.query(vector) == before.index("wide-one").query(vector)
        assert index.count(filter={"color": "blue"}) == ROWS / 3
        check_use(target, "wide-one", None, lambda index: index.query(vector))
