"""What pgvectorize puts into a database: its functions, types and names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields

import psycopg
import pytest

import pgvectorize
from pgvectorize import (
    BuildProgress,
    Deletion,
    Facet,
    Finding,
    IndexBuild,
    IndexDescription,
    IndexInfo,
    ListedVector,
    Match,
    MetadataIndex,
    Mutation,
    NamespaceIndex,
    NamespaceInfo,
    Preset,
    RecallPoint,
    Vector,
    VectorList,
    schema,
)
from pgvectorize import functions as sql_functions
from tests.unit.test_rooms import CLIENT_CONTRACT

Connection = psycopg.Connection[tuple[object, ...]]

PUBLIC = {
    "adopt_collection",
    "adopt_index",
    "build",
    "build_progress",
    "count",
    "create_index",
    "create_metadata_index",
    "create_namespace_index",
    "delete",
    "delete_by_ids",
    "delete_index",
    "delete_metadata_index",
    "delete_namespace",
    "delete_namespace_index",
    "describe",
    "doctor",
    "drop_hnsw",
    "explain",
    "facets",
    "get_by_ids",
    "get_index",
    "grant",
    "insert",
    "limits",
    "list_grants",
    "list_indexes",
    "list_metadata_indexes",
    "list_namespace_indexes",
    "list_namespaces",
    "list_vectors",
    "presets",
    "prewarm",
    "prices",
    "query",
    "query_by_id",
    "query_many",
    "recall",
    "revoke",
    "size",
    "stats",
    "truncate",
    "tune",
    "update_index",
    "update_metadata",
    "upsert",
    "usage",
}
TABLES = {
    "indexes",
    "metadata_indexes",
    "mutations",
    "namespace_indexes",
    "queries",
    "recall_baselines",
    "recalls",
}
FILES = {path.stem: path.read_text() for path in sql_functions.find("sql/functions").rglob("*.sql")}


# By their order `pg_dump` restores it before what needs it; see its file.
ORDERED = "_load_pgvector"


def functions(connection: Connection, schema_name: str) -> list[str]:
    rows = connection.execute(
        "select proname::text from pg_proc where pronamespace = %s::regnamespace", [schema_name]
    )
    return [str(row[0]) for row in rows]


def attributes(connection: Connection, type_name: str) -> list[str]:
    schema_name = "pgvectorize_private" if type_name in TABLES else "pgvectorize"
    rows = connection.execute(
        """
        select attribute.attname::text
        from pg_type as type
        join pg_attribute as attribute on attribute.attrelid = type.typrelid
        where type.oid = %s::regtype
        order by attribute.attnum
        """,
        [f"{schema_name}.{type_name}"],
    )
    return [str(row[0]) for row in rows]


# Functions


def test_the_public_functions_are_the_documented_ones(connection: Connection) -> None:
    assert set(functions(connection, "pgvectorize")) == PUBLIC | {ORDERED}


@pytest.mark.parametrize("schema_name", ["pgvectorize", "pgvectorize_private"])
def test_no_function_is_overloaded(connection: Connection, schema_name: str) -> None:
    names = functions(connection, schema_name)
    assert sorted(names) == sorted(set(names))


def inputs(connection: Connection, name: str) -> list[tuple[object, ...]]:
    """Name, type and default of each parameter that a caller gives, in order."""
    return connection.execute(
        """
        select parameter.name, parameter.type::regtype::text,
            pg_get_function_arg_default(function.oid, parameter.place::integer)
        from pg_proc as function
        cross join lateral unnest(function.proargnames, function.proargtypes::oid[])
            with ordinality as parameter (name, type, place)
        where function.oid = %s::regproc and parameter.type is not null
        order by parameter.place
        """,
        [f"pgvectorize.{name}"],
    ).fetchall()


@pytest.mark.parametrize(
    ("name", "instead_of_the_vector", "own"),
    [
        ("explain", "vector", set[str]()),
        ("query_by_id", "id", set[str]()),
        ("query_many", "vectors", {"filters"}),
    ],
)
def test_what_searches_has_the_parameters_of_query(
    connection: Connection, name: str, instead_of_the_vector: str, own: set[str]
) -> None:
    query, found = inputs(connection, "query"), inputs(connection, name)
    assert len(query) == 16
    assert (query[1][0], found[1][0]) == ("vector", instead_of_the_vector)
    shared = [parameter for parameter in found if parameter[0] not in own]
    assert shared[:1] + shared[2:] == query[:1] + query[2:]


def test_every_private_function_has_a_file_of_its_own(connection: Connection) -> None:
    files = {name for name in FILES if name.startswith("_")} - {ORDERED}
    assert set(functions(connection, "pgvectorize_private")) == files | {"_applied"}


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_holds_the_function_that_it_is_named_after(name: str) -> None:
    is_private = name.startswith("_") and name != ORDERED
    qualified = f"{'pgvectorize_private' if is_private else 'pgvectorize'}.{name}"
    assert re.findall(r"^create or replace function (.+?)\(", FILES[name], re.MULTILINE) == [
        qualified
    ]
    assert re.findall(r"^comment on function (.+)\n    is '", FILES[name], re.MULTILINE) == [
        qualified
    ]


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_backslash_means_itself_in_every_session(name: str) -> None:
    """With standard_conforming_strings off it would not, but for a literal that begins with E."""
    code = re.sub(r"^\s*--.*", "", FILES[name], flags=re.MULTILINE)
    literals = re.findall(r"\b(E?)'((?:[^']|'')*)'|'((?:[^']|'')*)'", code)
    assert [plain for _, _, plain in literals if "\\" in plain] == []


def test_everything_has_a_comment(connection: Connection) -> None:
    silent = connection.execute(
        """
        select oid::regprocedure::text from pg_proc
        where pronamespace in ('pgvectorize'::regnamespace, 'pgvectorize_private'::regnamespace)
            and obj_description(oid, 'pg_proc') is null
        union all
        select oid::regclass::text from pg_class
        where relnamespace = 'pgvectorize_private'::regnamespace and relkind = 'r'
            and relname <> 'schema_version' and obj_description(oid, 'pg_class') is null
        """
    ).fetchall()
    assert silent == []


def test_nobody_gets_more_rights_than_the_caller(connection: Connection) -> None:
    definers = connection.execute(
        "select oid::regprocedure::text from pg_proc "
        "where pronamespace = any (array['pgvectorize', 'pgvectorize_private']::regnamespace[])"
        " and prosecdef"
    ).fetchall()
    assert definers == []


# It names every operator and function with its schema, and is called by every query.
FREE = {"_find_index"}


def test_what_callers_enter_pins_the_search_path(connection: Connection) -> None:
    """Or else a function or operator of somebody else could be found before Postgres' own."""
    pinned = connection.execute(
        "select proname from pg_proc "
        "where pronamespace = any (array['pgvectorize', 'pgvectorize_private']::regnamespace[])"
        " and 'search_path=pg_catalog, pg_temp' = any (proconfig)"
    ).fetchall()
    entered = PUBLIC | CLIENT_CONTRACT | {"_applied", "_on_catalog_change"}
    assert entered - FREE <= {str(name) for (name,) in pinned}


# Types


@pytest.mark.parametrize(
    ("model", "type_name"),
    [
        (Match, "match"),
        (Mutation, "mutation"),
        (Deletion, "deletion"),
        (IndexInfo, "index_info"),
        (IndexDescription, "index_description"),
        (VectorList, "vector_list"),
        (ListedVector, "stored_vector"),
        (NamespaceInfo, "namespace_info"),
        (NamespaceIndex, "namespace_index"),
        (Facet, "facet"),
        (MetadataIndex, "metadata_index"),
        (Preset, "preset"),
        (IndexBuild, "index_build"),
        (BuildProgress, "build_progress"),
        (RecallPoint, "recall_point"),
        (Finding, "finding"),
    ],
)
def test_a_model_has_the_fields_of_its_type(
    connection: Connection, model: type, type_name: str
) -> None:
    assert [field.name for field in fields(model)] == attributes(connection, type_name)


def test_a_vector_has_the_fields_of_its_type(connection: Connection) -> None:
    """In another order: that of the tuples which may be given for it."""
    assert {field.name for field in fields(Vector)} == set(attributes(connection, "stored_vector"))


def test_a_numbered_match_is_a_match_with_the_number_of_its_query(connection: Connection) -> None:
    assert attributes(connection, "numbered_match") == ["query", *attributes(connection, "match")]


# Names

_NAMES = """
    select conname::text from pg_constraint where conrelid = %(relation)s::regclass
    union
    select indexrelid::regclass::text from pg_index where indrelid = %(relation)s::regclass
"""


@pytest.mark.parametrize("dimensions", [3, 2001])
def test_every_name_of_an_index_is_made_from_its_id(
    connection: Connection, make_index: Callable[..., str], dimensions: int
) -> None:
    name = make_index(dimensions=dimensions)
    connection.execute("select pgvectorize.create_metadata_index(%s, 'price', 'number')", [name])
    rows = connection.execute(
        "select id::text, relation::text from pgvectorize_private.indexes where name = %s", [name]
    ).fetchall()
    ((id, relation),) = rows
    names = {str(row[0]) for row in connection.execute(_NAMES, {"relation": relation})}
    strange = {found for found in names if not re.search(rf"(^|\.)_idx_{id}_", found)}
    assert len(names) >= 3
    assert strange == set()


@pytest.mark.parametrize("table", sorted(TABLES))
def test_every_name_in_the_catalog_says_what_it_is(connection: Connection, table: str) -> None:
    relation = f"pgvectorize_private.{table}"
    columns = "|".join(attributes(connection, table))
    scheme = rf"(pgvectorize_private\.)?{table}_(pkey|(({columns})(_|$))+(key|check|idx|not_null))"
    for (found,) in connection.execute(_NAMES, {"relation": relation}):
        assert re.fullmatch(scheme, str(found))


def test_an_unknown_index_is_refused_where_there_are_none(empty_database: str) -> None:
    """A function that looks the index up within a query might never come to do so."""
    schema.migrate(empty_database)
    with pgvectorize.connect(empty_database) as client:
        index = client.index("nowhere")
        for use in (
            index.list_metadata_indexes,
            index.list_namespaces,
            index.list_vectors,
            index.describe,
            index.count,
            lambda: index.get_by_ids([]),
            lambda: index.query_many([]),
            lambda: index.upsert([]),
            lambda: client.usage("nowhere"),
        ):
            with pytest.raises(pgvectorize.IndexNotFound):
                use()
