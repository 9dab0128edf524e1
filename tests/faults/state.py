"""What a database must look like after a fault: whole, and right."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import psycopg

import pgvectorize
from pgvectorize import Client
from tests.faults.rows import DIMENSIONS, version_of

Connection = psycopg.Connection[tuple[Any, ...]]

# What may be there of an index whose build was killed, until the next command.
LEFTOVER = re.compile(r"_hnsw_new_[0-9a-f]{8}$")

_RELATIONS = """
    select class.relname, class.relkind, class.relispartition,
        coalesce(index.indisvalid, true), coalesce(of.relname, '')
    from pg_class as class
    left join pg_index as index on index.indexrelid = class.oid
    left join pg_class as of on of.oid = index.indrelid
    where class.relnamespace = 'pgvectorize_data'::regnamespace
"""


def check_catalog(connection: Connection, *, is_mended: bool = True) -> None:
    """The catalog and the tables agree: nothing is missing, and nothing stray is there.

    Unless it is mended, a build that was killed may have left INVALID indexes and such as
    are not in their place yet.
    """
    indexes = connection.execute(
        "select id, name, relation::text, wants_hnsw from pgvectorize_private.indexes"
    ).fetchall()
    relations = connection.execute(_RELATIONS).fetchall()
    tables = {name for name, kind, *_ in relations if kind == "r"}
    assert tables == {name for _, name, _, _ in indexes}
    for _, name, relation, _ in indexes:
        assert relation.replace('"', "") == f"pgvectorize_data.{name}"

    functions = connection.execute(
        "select proname from pg_proc where pronamespace = 'pgvectorize_data'::regnamespace"
    ).fetchall()
    assert sorted(name for (name,) in functions) == sorted(tables)

    for id, name, _, wants_hnsw in indexes:
        wanted = {f"_idx_{id}_{of}" for of in ("id_pkey", "namespace_id_idx", "pending_idx")}
        if wants_hnsw:
            wanted.add(f"_idx_{id}_embedding_hnsw")
        for table, function in (
            ("metadata_indexes", "_metadata_index_name({}, property_name, index_type)"),
            ("namespace_indexes", "_namespace_hnsw_name({}, namespace)"),
        ):
            wanted |= {
                found
                for (found,) in connection.execute(
                    f"select pgvectorize_private.{function.format(id)}"
                    f" from pgvectorize_private.{table} where index_id = {id}".encode()
                )
            }
        found = {
            relation: is_valid
            for relation, kind, _, is_valid, of in relations
            if kind == "i" and of == name
        }
        assert {relation for relation, is_valid in found.items() if is_valid} >= wanted
        stray = found.keys() - wanted
        if is_mended:
            assert stray == set(), stray
        else:
            assert all(
                LEFTOVER.search(relation) or not found[relation] or "_metadata_" in relation
                for relation in stray
            ), stray

    for table in ("metadata_indexes", "namespace_indexes", "mutations", "recalls", "queries"):
        (orphans,) = connection.execute(
            f"select count(*) from pgvectorize_private.{table} where index_id not in"
            " (select id from pgvectorize_private.indexes)".encode()
        ).fetchall()
        assert orphans == (0,), table
    check_btrees(connection)


def check_btrees(connection: Connection) -> None:
    """Every row is in every btree, as contrib's amcheck finds."""
    connection.execute("create extension if not exists amcheck")
    connection.execute(
        "select bt_index_check(index.indexrelid, true)"
        " from pg_index as index join pg_class as class on class.oid = index.indexrelid"
        " join pg_am as method on method.oid = class.relam and method.amname = 'btree'"
        " where class.relnamespace = any"
        "     (array['pgvectorize_data', 'pgvectorize_private']::regnamespace[]) and"
        " index.indisvalid"
    )


def versions(client: Client, name: str) -> dict[int, int]:
    """Read all rows of an index: the version of each number; fails where one is a mixture."""
    found: dict[int, int] = {}
    for vector in client.index(name):
        number = int(vector.id[1:])
        assert number not in found, f"{vector.id} is there twice"
        found[number] = version_of(vector)
    return found


def check_answers(client: Client, name: str, *, seed: int = 1) -> None:
    """Queries find what numpy finds: all of it where they are exact, else nearly all."""
    stored = list(client.index(name))
    assert client.index(name).count() == len(stored)
    if not stored:
        assert client.index(name).query(np.ones(DIMENSIONS)).count == 0
        return
    matrix = np.stack([np.asarray(vector.values, np.float32) for vector in stored])
    lot = np.random.default_rng(seed)
    found = wanted = 0
    for number in lot.choice(len(stored), size=20):
        query = matrix[number] + np.asarray(lot.normal(scale=0.2, size=matrix.shape[1]), np.float32)
        distances = np.linalg.norm(matrix - query, axis=1)
        nearest = {stored[place].id for place in np.argsort(distances)[:10]}
        exact = client.index(name).query(query, top_k=10, exact=True)
        assert {match.id for match in exact} == nearest
        answer = client.index(name).query(query, top_k=10)
        assert answer.count == min(10, len(stored))
        found += len({match.id for match in answer} & nearest)
        wanted += len(nearest)
    assert found >= 0.9 * wanted, f"{found} of {wanted} nearest were found"


def check(dsn: str, *, is_mended: bool = True) -> None:
    """All of that, for every index that there is."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        check_catalog(connection, is_mended=is_mended)
    with pgvectorize.connect(dsn) as client:
        for index in client.list_indexes():
            check_answers(client, index.name)
