"""Tables of others made indexes: by copy, in place, from vecs and from LangChain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from pgvectorize import (
    AsyncClient,
    Client,
    DatabaseError,
    IndexExists,
    IndexNotFound,
    InvalidRequest,
    InvalidVector,
    NotFound,
    PgVectorizeError,
    Vector,
)

Connection = psycopg.Connection[tuple[object, ...]]

# As the libraries make them: `build_table` of vecs; `PGVector` of langchain-postgres, and the
# older one of langchain-community, whose key is `uuid`.
VECS = """
create schema vecs;
create table vecs."My docs" (
    id varchar not null primary key, vec vector(3) not null,
    metadata jsonb not null default '{}'::jsonb
);
insert into vecs."My docs" values ('a', '[1,0,0]', '{"lang": "en"}'), ('b', '[0,1,0]', default)
"""
COLLECTIONS = """
create table langchain_pg_collection (
    uuid uuid not null primary key, name varchar not null unique, cmetadata json
);
insert into langchain_pg_collection values
    ('00000000-0000-0000-0000-000000000001', 'docs', null),
    ('00000000-0000-0000-0000-000000000002', 'it''s "other"', '{}');
"""
LANGCHAIN = {
    "postgres": """
        create table langchain_pg_embedding (
            id varchar not null primary key,
            collection_id uuid references langchain_pg_collection (uuid) on delete cascade,
            embedding vector, document varchar, cmetadata jsonb
        );
        insert into langchain_pg_embedding values
            ('a', '00000000-0000-0000-0000-000000000001', '[1,0]', 'first', '{"page": 1}'),
            ('b', '00000000-0000-0000-0000-000000000001', '[0,1]', 'second', '{"text": "own"}'),
            ('c', '00000000-0000-0000-0000-000000000001', '[1,1]', null, null),
            ('d', '00000000-0000-0000-0000-000000000002', '[1,1,1]', 'third', '{}')
    """,
    "community": """
        create table langchain_pg_embedding (
            uuid uuid not null primary key,
            collection_id uuid references langchain_pg_collection (uuid) on delete cascade,
            embedding vector, document varchar, cmetadata json, custom_id varchar
        );
        insert into langchain_pg_embedding values
            ('00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-000000000001',
                '[1,0]', 'first', '{"page": 1}', 'a'),
            ('00000000-0000-0000-0000-00000000000b', '00000000-0000-0000-0000-000000000001',
                '[0,1]', 'second', '{"text": "own"}', 'b'),
            ('00000000-0000-0000-0000-00000000000c', '00000000-0000-0000-0000-000000000001',
                '[1,1]', null, 'null', null)
    """,
}


@pytest.fixture
def schema(connection: Connection, request: pytest.FixtureRequest) -> Iterator[str]:
    """A schema of one's own, on the search path of `connection`."""
    name = f"their_{abs(hash(request.node.nodeid)):x}"
    connection.execute(SQL("create schema {}").format(Identifier(name)))
    connection.execute(SQL("set search_path = {}, public").format(Identifier(name)))
    yield name
    connection.execute(SQL("drop schema {} cascade").format(Identifier(name)))


@pytest.fixture
def table(connection: Connection, schema: str) -> str:
    """A table of somebody's, with what an index does not have."""
    connection.execute(
        """
        create table "Items" (
            number bigint generated always as identity primary key,
            emb vector(3), tenant text, props json, title text, price numeric
        );
        insert into "Items" (emb, tenant, props, title, price) values
            ('[1,0,0.5]', 'acme', '{"lang": "en", "big": 9007199254740993}', 'One', 1.50),
            ('[0,1,0.25]', '', null, null, 2),
            ('[-0,0,1]', null, '{}', 'Three', null)
        """
    )
    return f'{schema}."Items"'


@pytest.fixture
def fitting(connection: Connection, schema: str) -> str:
    """A table that can become an index where it is."""
    connection.execute(
        """
        create table items (
            key text primary key, emb vector(3), props jsonb default '{}', note text
        );
        create index items_emb on items using hnsw (emb vector_cosine_ops) with (m = 8);
        create index items_note on items (note);
        insert into items values ('a', '[1,0,0]', '{"n": 1}', 'x'), ('b', '[0,1,0]', null, null)
        """
    )
    return f"{schema}.items"


def f32(values: list[float]) -> Any:
    return np.array(values, dtype=np.float32)


def rows(connection: Connection, sql: str) -> list[tuple[object, ...]]:
    return connection.execute(sql.encode()).fetchall()


def mapped(**more: Any) -> dict[str, Any]:
    return {"id_column": "number", "embedding_column": "emb", "metric": "cosine", **more}


FLOAT16 = ("float32", "float16")  # an index of float16, of what is stored as float32


def width(embedding: str) -> int:
    """The dimensions in the name of a type, such as vector(3)."""
    return int(embedding.partition("(")[2].rstrip(")"))


IN_PLACE: dict[str, Any] = {
    "id_column": "key",
    "embedding_column": "emb",
    "metric": "cosine",
    "in_place": True,
}


# By copy


def test_a_table_is_copied_with_its_columns_mapped(
    client: Client, connection: Connection, table: str, new_name: str
) -> None:
    before = rows(connection, f"table {table}")
    info = client.adopt_index(
        new_name,
        table,
        **mapped(namespace_column="tenant", metadata_column="props", description="theirs"),
    )
    assert info == client.get_index(new_name)
    assert (info.dimensions, info.metric, info.description) == (3, "cosine", "theirs")
    assert info.has_hnsw
    assert client.index(new_name).get_by_ids(["1", "2", "3"]) == [
        Vector("1", f32([1, 0, 0.5]), "acme", {"lang": "en", "big": 9007199254740993}),
        Vector("2", f32([0, 1, 0.25]), None, None),
        Vector("3", f32([-0.0, 0, 1]), None, {}),
    ]
    assert rows(connection, f"table {table}") == before
    assert client.index(new_name).describe().processed_up_to_mutation is not None
    assert [match.id for match in client.index(new_name).query([1, 0, 0])] == ["1", "2", "3"]


def test_columns_become_properties(client: Client, table: str, new_name: str) -> None:
    client.adopt_index(
        new_name,
        table,
        **mapped(metadata_column="props", metadata_columns=["title", "price"]),
    )
    found = client.index(new_name).get_by_ids(["1", "2", "3"])
    assert [vector.metadata for vector in found] == [
        {"lang": "en", "big": 9007199254740993, "title": "One", "price": 1.5},
        {"price": 2},
        {"title": "Three"},
    ]


def test_without_other_columns_there_is_no_metadata(
    client: Client, table: str, new_name: str
) -> None:
    client.adopt_index(new_name, table, **mapped())
    assert {vector.metadata for vector in client.index(new_name)} == {None}


@pytest.mark.parametrize(
    ("id_type", "id", "embedding"),
    [
        ("uuid", "00000000-0000-0000-0000-000000000007", "halfvec(2)"),
        ("integer", "7", "sparsevec(2)"),
        ("text", "7", "real[]"),
        ("varchar(9)", "7", "double precision[]"),
        ("numeric", "7", "vector"),
    ],
)
def test_other_types_are_turned_into_ours(
    client: Client,
    connection: Connection,
    schema: str,
    new_name: str,
    id_type: str,
    id: str,
    embedding: str,
) -> None:
    connection.execute(f"create table t (i {id_type}, e {embedding})".encode())
    literal = {"sparsevec(2)": "{1:1,2:2}/2"}.get(embedding, "[1,2]")
    literal = "{1,2}" if embedding.endswith("[]") else literal
    connection.execute(f"insert into t values ('{id}', '{literal}')".encode())
    client.adopt_index(
        new_name, f"{schema}.t", id_column="i", embedding_column="e", metric="euclidean"
    )
    assert list(client.index(new_name)) == [Vector(id, f32([1, 2]))]


def test_a_view_is_copied(
    client: Client, connection: Connection, table: str, schema: str, new_name: str
) -> None:
    connection.execute("""create view cheap as select * from "Items" where price < 2""")
    client.adopt_index(new_name, f"{schema}.cheap", **mapped())
    assert [vector.id for vector in client.index(new_name)] == ["1"]


def test_a_wide_table_gets_an_hnsw_index(
    client: Client, connection: Connection, schema: str, new_name: str
) -> None:
    connection.execute("create table wide as select 1 as number, array_fill(1, '{2001}') as emb")
    info = client.adopt_index(new_name, f"{schema}.wide", **mapped())
    assert (info.dimensions, info.has_hnsw) == (2001, True)


def test_it_is_part_of_the_callers_transaction(dsn: str, table: str, new_name: str) -> None:
    with psycopg.connect(dsn) as connection:
        client = Client(connection)
        client.adopt_index(new_name, table, **mapped())
        assert client.index(new_name).count() == 3
        connection.rollback()
        with pytest.raises(IndexNotFound):
            client.get_index(new_name)


async def adopt_async(dsn: str, name: str, table: str) -> list[str]:
    async with await AsyncClient.connect(dsn) as client:
        await client.adopt_index(name, table, **mapped())
        return [vector.id async for vector in client.index(name)]


def test_async_and_sql_do_the_same(
    client: Client, connection: Connection, dsn: str, table: str, new_name: str
) -> None:
    assert asyncio.run(adopt_async(dsn, new_name, table)) == ["1", "2", "3"]
    client.delete_index(new_name)
    connection.execute(
        "select pgvectorize.adopt_index(name => %s, relation => '\"Items\"', "
        "id_column => 'number', embedding_column => 'emb', metric => 'cosine')",
        [new_name],
    )
    assert [vector.id for vector in client.index(new_name)] == ["1", "2", "3"]


# What does not fit


def refuse(client: Client, name: str, table: str, **options: Any) -> PgVectorizeError:
    with pytest.raises(PgVectorizeError) as caught:
        client.adopt_index(name, table, **options)
    assert caught.value.hint
    with pytest.raises(IndexNotFound):
        client.get_index(name)
    return caught.value


@pytest.mark.parametrize("in_place", [False, True])
def test_rows_that_do_not_fit_are_listed_and_nothing_is_changed(
    client: Client, connection: Connection, schema: str, new_name: str, in_place: bool
) -> None:
    connection.execute(
        """
        create table t (i text, e vector(2), n text not null default '', m jsonb);
        insert into t (i, e, m) values
            ('good', '[1,1]', null), ('null', null, null), ('zero', '[0,0]', null),
            ('twice', '[1,1]', null), ('twice', '[1,2]', null), (null, '[1,1]', null),
            ('', '[1,1]', null), ('list', '[1,1]', '[]'), ('dollar', '[1,1]', '{"$a": 1}')
        """
    )
    before = rows(connection, "select e, i, n, m from t")
    error = refuse(
        client,
        new_name,
        f"{schema}.t",
        id_column="i",
        embedding_column="e",
        namespace_column="n",
        metadata_column="m",
        metric="cosine",
        in_place=in_place,
    )
    assert isinstance(error, InvalidVector)
    assert error.message == (
        'what does not fit an index: id "": id is empty; id "": id is empty; '
        'id "dollar": a metadata key is empty, begins with "$", or contains "." or a double '
        'quote: "$a"; id "list": metadata is not an object but array; id "null": values and '
        'content are missing; id "twice": 2 rows have this id; id "zero": a vector of length zero '
        "has no direction, which cosine needs"
    )
    assert rows(connection, "select e, i, n, m from t") == before


def test_of_many_rows_the_first_ten_are_listed(
    client: Client, connection: Connection, schema: str, new_name: str
) -> None:
    connection.execute("create table t as select i, array[0, 0] as e from generate_series(1, 25) i")
    error = refuse(
        client, new_name, f"{schema}.t", id_column="i", embedding_column="e", metric="cosine"
    )
    assert error.message.count("; id ") == 9
    assert error.message.endswith("; and 15 more")


def test_rows_of_other_dimensions_are_listed(
    client: Client, connection: Connection, schema: str, new_name: str
) -> None:
    connection.execute("create table t (i integer, e vector)")
    connection.execute("insert into t values (1, '[1]'), (2, '[1,1]'), (3, '[1,1]')")
    error = refuse(
        client, new_name, f"{schema}.t", id_column="i", embedding_column="e", metric="cosine"
    )
    assert 'id "1": expected 2 dimensions, got 1' in error.message


@pytest.mark.parametrize(
    ("options", "kind", "reason"),
    [
        ({"id_column": "nope"}, InvalidRequest, 'Items" has no column "nope"'),
        ({"embedding_column": "Emb"}, InvalidRequest, 'Items" has no column "Emb"'),
        ({"namespace_column": 'a"b'}, InvalidRequest, 'has no column "a"b"'),
        ({"metadata_columns": ["title", "ctid"]}, InvalidRequest, 'has no column "ctid"'),
        ({"metadata_columns": "title"}, InvalidRequest, "is the string"),
        ({"embedding_column": "title"}, InvalidRequest, 'Items".title is of type text'),
        ({"metadata_column": "price"}, InvalidRequest, 'Items".price is of type numeric'),
        ({"metric": "manhattan"}, InvalidRequest, 'metric "manhattan" is not known'),
        ({"in_place": True}, InvalidRequest, 'Items".number is of type bigint'),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(
    client: Client, table: str, new_name: str, options: Any, kind: type, reason: str
) -> None:
    error = refuse(client, new_name, table, **{**mapped(), **options})
    assert isinstance(error, kind)
    assert reason in error.message


def test_in_strict_mode_vectorizes_limits_hold(
    connection: Connection, schema: str, new_name: str
) -> None:
    connection.execute("create table t as select repeat('x', 65) as i, array_fill(1, '{32}') as e")
    connection.execute("set pgvectorize.strict = on")
    error = refuse(
        Client(connection),
        new_name,
        f"{schema}.t",
        id_column="i",
        embedding_column="e",
        metric="cosine",
    )
    assert error.message.endswith("id too long; max is 64 bytes, got 65 bytes")


def test_a_table_that_is_not_there_is_refused(client: Client, new_name: str) -> None:
    error = refuse(client, new_name, "nowhere.items", **mapped())
    assert isinstance(error, NotFound)
    assert error.message == "table nowhere.items does not exist"
    with pytest.raises(DatabaseError, match="name"):
        client.adopt_index(new_name, "a.b.c.d.e", **mapped())


def test_an_empty_table_without_dimensions_is_refused(
    client: Client, connection: Connection, schema: str, new_name: str
) -> None:
    connection.execute("create table t (number text, emb vector)")
    error = refuse(client, new_name, f"{schema}.t", **mapped())
    assert error.message == "there are no embeddings, so the dimensions are not known"
    connection.execute("alter table t alter emb type vector(7)")
    assert client.adopt_index(new_name, f"{schema}.t", **mapped()).dimensions == 7


@pytest.mark.parametrize("name", ["Not a name", "x", "taken"])
def test_a_name_that_cannot_be_is_refused(
    client: Client, table: str, make_index: Callable[..., str], name: str
) -> None:
    name = make_index() if name == "taken" else name
    with pytest.raises((InvalidRequest, IndexExists)):
        client.adopt_index(name, table, **mapped())


def test_a_hostile_name_of_a_column_is_only_a_name(
    client: Client, connection: Connection, schema: str, new_name: str
) -> None:
    connection.execute(
        """create table t ("a' || b" int, "e""; --" vector(1), "%s %I $1" text, "it's" jsonb)"""
    )
    connection.execute("insert into t values (1, '[1]', 'n', '{}')")
    client.adopt_index(
        new_name,
        f"{schema}.t",
        id_column="a' || b",
        embedding_column='e"; --',
        namespace_column="%s %I $1",
        metadata_columns=["it's"],
        metric="cosine",
    )
    assert list(client.index(new_name)) == [Vector("1", f32([1]), "n", {"it's": {}})]


# a name in a template would be taken for a part of it
PERCENT_COLUMNS: dict[str, Any] = {
    "id_column": "100%s",
    "embedding_column": "match_%",
    "namespace_column": "emb%%",
    "metadata_column": "emb%",
    "metric": "cosine",
}


@pytest.mark.parametrize("in_place", [False, True])
def test_a_name_of_a_column_is_no_template(
    client: Client, connection: Connection, schema: str, new_name: str, in_place: bool
) -> None:
    connection.execute(
        """
        create table "50%I off" (
            "100%s" text primary key, "match_%" vector(2), "emb%%" text not null, "emb%" jsonb,
            "%1$s" text
        )
        """
    )
    connection.execute("""insert into "50%I off" values ('a', '[1,0]', 'n', '{"%": 1}', 'x')""")
    client.adopt_index(new_name, f'{schema}."50%I off"', **PERCENT_COLUMNS, in_place=in_place)
    index = client.index(new_name)
    assert list(index) == [Vector("a", f32([1, 0]), "n", {"%": 1})]
    index.upsert([("b", [0, 1])])
    assert index.query([0, 1]).matches[0].id == "b"
    if in_place:
        assert rows(
            connection, f'select "%1$s" from pgvectorize_data."{new_name}" order by id'
        ) == [
            ("x",),
            (None,),
        ]


# In place


def test_in_place_the_table_itself_is_the_index(
    client: Client, connection: Connection, fitting: str, schema: str, new_name: str
) -> None:
    connection.execute("create view seen as select key, note from items")
    oid = rows(connection, f"select '{fitting}'::regclass::oid, pg_relation_filenode('{fitting}')")
    info = client.adopt_index(new_name, fitting, **IN_PLACE, metadata_column="props")
    assert info.relation == f'pgvectorize_data."{new_name}"'
    assert info.has_hnsw
    where = f"'{info.relation}'"
    assert rows(connection, f"select {where}::regclass::oid, pg_relation_filenode({where})") == oid
    assert rows(connection, "select to_regclass('items')") == [(None,)]
    assert rows(connection, "table seen") == [("a", "x"), ("b", None)]

    index = client.index(new_name)
    assert index.get_by_ids(["a", "b"]) == [
        Vector("a", f32([1, 0, 0]), None, {"n": 1}),
        Vector("b", f32([0, 1, 0]), None, None),
    ]
    index.upsert([("a", [0, 0, 1], "n"), ("c", [1, 1, 1], None, {"n": 2})])
    index.create_metadata_index("n", "number")
    assert [match.id for match in index.query([1, 1, 1], filter={"n": 2})] == ["c"]
    assert [match.id for match in index.query([0, 0, 1], namespace="n")] == ["a"]
    assert [vector.id for vector in index] == ["a", "b", "c"]
    assert rows(connection, "table seen") == [("b", None), ("a", "x"), ("c", None)]
    assert index.delete_by_ids(["c"]).count == 1

    # what served before serves on, what was missing is there under our names
    indexes = list(
        rows(
            connection,
            f"""select indexrelid::regclass::text, pg_get_indexdef(indexrelid)
            from pg_index where indrelid = {where}::regclass""",
        )
    )
    hnsw = [str(text) for _, text in indexes if "hnsw" in str(text)]
    assert len(hnsw) == 1
    assert "m='8'" in hnsw[0]
    assert any("(namespace, id)" in str(text) for _, text in indexes)
    with pytest.raises(DatabaseError, match="other objects depend on it"):
        client.delete_index(new_name)
    connection.execute("drop view seen")
    client.delete_index(new_name)


@pytest.mark.parametrize(
    ("embedding", "metric", "key", "storage", "precision"),
    [
        ("vector(3)", "cosine", "emb vector_cosine_ops", "float32", "float32"),
        ("vector(1000)", "euclidean", "emb vector_l2_ops", "float32", "float32"),
        ("vector(1000)", "dot-product", "(emb::halfvec(1000)) halfvec_ip_ops", *FLOAT16),
        (
            "vector(4001)",
            "cosine",
            "(binary_quantize(emb)::bit(4001)) bit_hamming_ops",
            "float32",
            "binary",
        ),
        ("halfvec(3)", "cosine", "emb halfvec_cosine_ops", "float16", "float16"),
    ],
)
def test_in_place_the_hnsw_index_serves_on(
    client: Client,
    connection: Connection,
    schema: str,
    new_name: str,
    embedding: str,
    metric: Any,
    key: str,
    storage: str,
    precision: str,
) -> None:
    connection.execute(
        f"""
        create table items (key text primary key, emb {embedding});
        create index theirs on items using hnsw ({key}) with (m = 8);
        insert into items select number, array_fill(0.1 * number, array[{width(embedding)}])
        from generate_series(1, 3) as numbers (number)
        """.encode()
    )
    node = rows(connection, "select pg_relation_filenode('theirs')")
    info = client.adopt_index(new_name, f"{schema}.items", **{**IN_PLACE, "metric": metric})
    assert (info.storage, info.index_precision) == (storage, precision)
    assert (info.has_hnsw, info.m, info.ef_construction) == (True, 8, 64)
    found = rows(
        connection,
        f"""
        select pg_relation_filenode(index.indexrelid)
        from pg_index as index
        join pg_class as class on class.oid = index.indexrelid
        join pg_am as method on method.oid = class.relam and method.amname = 'hnsw'
        where index.indrelid = '{info.relation}'::regclass
        """,
    )
    assert found == node
    index = client.index(new_name)
    assert index.query_by_id("2").count == 3
    index.upsert([("1", [1 / 3] * info.dimensions)])
    kept = f32([1 / 3] * info.dimensions)
    if storage == "float16":
        kept = kept.astype(np.float16).astype(np.float32)
    assert index.get_by_ids(["1"]) == [Vector("1", kept, None, None)]


@pytest.mark.parametrize("in_place", [False, True])
def test_halfvec_stays_float16(
    client: Client, connection: Connection, fitting: str, new_name: str, in_place: bool
) -> None:
    connection.execute("drop index items_emb")
    connection.execute("alter table items alter emb type halfvec(3) using (emb * '[0.1,0.2,0.3]')")
    info = client.adopt_index(new_name, fitting, **{**IN_PLACE, "in_place": in_place})
    assert (info.storage, info.index_precision, info.has_hnsw) == ("float16", "float16", True)
    (vector,) = client.index(new_name).get_by_ids(["a"])
    assert vector == Vector("a", f32([0.0999755859375, 0, 0]), None, None)
    assert [match.id for match in client.index(new_name).query([1, 0.1, 0])] == ["a", "b"]


def test_in_strict_mode_halfvec_is_copied_to_float32(
    connection: Connection, schema: str, new_name: str
) -> None:
    connection.execute("create table t as select 1 as i, array_fill(1, '{32}')::halfvec(32) as e")
    connection.execute("set pgvectorize.strict = on")
    options: dict[str, Any] = {"id_column": "i", "embedding_column": "e", "metric": "cosine"}
    info = Client(connection).adopt_index(new_name, f"{schema}.t", **options)
    assert info.storage == "float32"
    connection.execute("set pgvectorize.strict = off")


@pytest.mark.parametrize("metric", ["euclidean", "dot-product"])
def test_in_place_makes_what_is_missing(
    client: Client, connection: Connection, schema: str, new_name: str, metric: Any
) -> None:
    connection.execute(
        """
        create table id (id text collate "C", embedding vector(2));
        create index on id using hnsw (embedding vector_cosine_ops);
        insert into id values ('a', '[1,0]'), ('b', '[0,0]')
        """
    )
    info = client.adopt_index(
        new_name,
        f"{schema}.id",
        id_column="id",
        embedding_column="embedding",
        metric=metric,
        in_place=True,
    )
    assert info.has_hnsw
    index = client.index(new_name)
    index.upsert([Vector("a", [2, 0], "n", {"x": 1})])
    assert {match.id for match in index.query([0, 0])} == {"a", "b"}
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(f"insert into {info.relation} (id, embedding) values ('a', '[1,2]')")
    with pytest.raises(psycopg.errors.CheckViolation, match="embedding_or_content"):
        connection.execute(f"insert into {info.relation} (id) values ('c')")


def test_in_place_has_the_columns_and_indexes_of_any_index(
    client: Client,
    connection: Connection,
    fitting: str,
    make_index: Callable[..., str],
    new_name: str,
) -> None:
    def shape(name: str) -> list[tuple[object, ...]]:
        relation = client.get_index(name).relation
        return rows(
            connection,
            f"""select attname, format_type(atttypid, atttypmod), attnotnull,
                pg_get_expr(adbin, adrelid)
            from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
            where attrelid = '{relation}'::regclass and attnum > 0 and attname <> 'note'
            order by attname""",
        )

    client.adopt_index(new_name, fitting, **IN_PLACE)
    made = make_index()
    assert shape(new_name)[:-1] != []
    assert [row for row in shape(new_name) if row[0] != "props"] == shape(made)


@pytest.mark.parametrize(
    ("change", "options", "reason"),
    [
        ("alter table items alter emb type vector", {}, "vector without dimensions"),
        ("alter table items alter emb type halfvec", {}, "halfvec without dimensions"),
        ("alter table items alter emb type sparsevec(3)", {}, "sparsevec(3)"),
        (
            "alter table items alter props type json using null",
            {"metadata_column": "props"},
            "json",
        ),
        ("alter table items add namespace text", {}, "another column named namespace"),
        ("alter table items add id int", {}, "another column named id"),
        ("alter table items add content text", {}, "another column named content"),
        ("alter table items add c int", {"content_column": "c"}, "c is of type integer"),
        (
            "alter table items add x int not null default 1; "
            "alter table items alter x drop default",
            {},
            "no default",
        ),
        ("alter table items add n text", {"namespace_column": "n"}, "n has nulls"),
        ("create table child () inherits (items)", {}, "no ordinary table"),
        ("alter table items set unlogged", {}, "UNLOGGED, so a crash of the server would empty it"),
        ("select", {"metadata_columns": ["note"]}, "metadata_columns cannot be made in place"),
        ("select", {"namespace_column": "key"}, "a column is given twice"),
    ],
)
def test_in_place_refuses_what_it_could_not_keep(
    client: Client,
    connection: Connection,
    fitting: str,
    new_name: str,
    change: str,
    options: dict[str, Any],
    reason: str,
) -> None:
    connection.execute("drop index items_emb")
    for statement in change.split("; "):
        connection.execute(statement.encode())
    before = rows(connection, f"select * from {fitting}")
    error = refuse(client, new_name, fitting, **{**IN_PLACE, **options})
    assert isinstance(error, InvalidRequest)
    assert reason in error.message
    assert rows(connection, f"select * from {fitting}") == before


@pytest.mark.parametrize("is_in_place", [False, True])
def test_a_column_of_text_becomes_content(
    client: Client, connection: Connection, schema: str, new_name: str, is_in_place: bool
) -> None:
    connection.execute(
        """
        create table passages (key text primary key, body varchar(99), emb vector(2) not null);
        alter table passages alter emb drop not null;
        insert into passages values ('a', 'one', '[1,2]'), ('b', 'two', null), ('c', null, '[2,1]')
        """
    )
    options: dict[str, Any] = {"id_column": "key", "embedding_column": "emb", "metric": "cosine"}
    error = refuse(client, new_name, f"{schema}.passages", **options, in_place=is_in_place)
    assert 'id "b": values and content are missing' in error.message
    client.adopt_index(
        new_name, f"{schema}.passages", **options, content_column="body", in_place=is_in_place
    )
    index = client.index(new_name)
    assert list(index) == [
        Vector("a", f32([1, 2]), content="one"),
        Vector("b", content="two"),
        Vector("c", f32([2, 1])),
    ]
    assert index.describe().pending_count == 1
    index.upsert([Vector("b", [1, 1], content="two"), Vector("c", content="three" * 50)])
    assert [match.content for match in index.query([1, 2], return_content=True)] == ["one", "two"]
    assert index.describe().pending_count == 1


def test_a_table_without_a_column_of_text_gets_one(
    client: Client, fitting: str, new_name: str
) -> None:
    client.adopt_index(new_name, fitting, **IN_PLACE)
    index = client.index(new_name)
    assert {vector.content for vector in index} == {None}
    index.upsert([{"id": "new", "content": "to be embedded"}])
    assert index.get_by_ids(["new"]) == [Vector("new", content="to be embedded")]


def test_an_id_of_type_varchar_becomes_text_unless_a_view_uses_it(
    client: Client, connection: Connection, schema: str, new_name: str
) -> None:
    connection.execute(
        """
        create table t (i varchar(9) unique, e vector(1), n varchar not null);
        insert into t values ('a', '[1]', 'x');
        create view v as select i from t
        """
    )
    options: dict[str, Any] = {
        **{"id_column": "i", "embedding_column": "e", "namespace_column": "n"},
        **{"metric": "euclidean", "in_place": True},
    }
    error = refuse(client, new_name, f"{schema}.t", **options)
    assert "t.i is not of type text: cannot alter type of a column used by a view" in error.message
    connection.execute("drop view v")
    client.adopt_index(new_name, f"{schema}.t", **options)
    index = client.index(new_name)
    index.upsert([("a name longer than nine", [2]), ("a", [3], "y")])
    assert [(vector.id, vector.namespace) for vector in index] == [
        ("a", "y"),
        ("a name longer than nine", None),
    ]


def test_a_view_cannot_become_an_index(
    client: Client, connection: Connection, fitting: str, schema: str, new_name: str
) -> None:
    connection.execute("create view all_of_it as table items")
    error = refuse(client, new_name, f"{schema}.all_of_it", **IN_PLACE)
    assert "is no ordinary table" in error.message


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("search_path", ""),
        ("search_path", "pg_temp, nowhere"),
        ("standard_conforming_strings", "off"),
        ("default_transaction_isolation", "serializable"),
        ("quote_all_identifiers", "on"),
        ("array_nulls", "off"),
        ("extra_float_digits", "-15"),
        ("plan_cache_mode", "force_generic_plan"),
        ("plpgsql.extra_errors", "strict_multi_assignment,too_many_rows"),
        ("plpgsql.variable_conflict", "use_column"),
        ("plpgsql.variable_conflict", "use_variable"),
    ],
)
def test_any_session_may_adopt(
    client: Client,
    connection: Connection,
    fitting: str,
    new_name: str,
    setting: str,
    value: str,
) -> None:
    connection.execute("load 'plpgsql'")
    connection.execute("select set_config(%s, %s, false)", [setting, value])
    theirs = Client(connection)
    theirs.adopt_index(
        new_name,
        fitting,
        id_column="key",
        embedding_column="emb",
        metadata_column="props",
        metadata_columns=["note"],
        metric="cosine",
    )
    (first, second) = client.index(new_name)
    assert (first.metadata, second.metadata) == ({"n": 1, "note": "x"}, {})
    theirs.delete_index(new_name)
    info = theirs.adopt_index(new_name, fitting, **IN_PLACE, metadata_column="props")
    assert info.has_hnsw
    assert [vector.metadata for vector in client.index(new_name)] == [{"n": 1}, None]
    found = rows(
        connection,
        f"select count(*) from pg_index where indrelid = '{info.relation}'::regclass",
    )
    assert found == [(5,)]  # theirs on note, id and emb; ours on namespace, id and what is pending


# Collections of libraries


def test_a_collection_of_vecs(client: Client, connection: Connection, new_name: str) -> None:
    connection.execute(VECS)
    try:
        client.adopt_collection(new_name, "vecs", "My docs", metric="cosine")
        assert client.index(new_name).get_by_ids(["a", "b"]) == [
            Vector("a", f32([1, 0, 0]), None, {"lang": "en"}),
            Vector("b", f32([0, 1, 0]), None, {}),
        ]
        with pytest.raises(InvalidRequest, match='vecs has no collection "my docs"'):
            client.adopt_collection("another", "vecs", "my docs", metric="cosine")
    finally:
        connection.execute("drop schema vecs cascade")


@pytest.mark.parametrize("kind", LANGCHAIN)
def test_a_collection_of_langchain(
    connection: Connection, schema: str, new_name: str, kind: str
) -> None:
    connection.execute(COLLECTIONS + LANGCHAIN[kind])
    client = Client(connection)
    info = client.adopt_collection(new_name, "langchain", "docs", metric="cosine")
    assert (info.dimensions, client.index(new_name).count()) == (2, 3)
    last = "c" if kind == "postgres" else "00000000-0000-0000-0000-00000000000c"
    assert client.index(new_name).get_by_ids(["a", "b", last]) == [
        Vector("a", f32([1, 0]), None, {"page": 1}, "first"),
        Vector("b", f32([0, 1]), None, {"text": "own"}, "second"),
        Vector(last, f32([1, 1]), None, None),
    ]
    client.delete_index(new_name)
    client.adopt_collection(new_name, "langchain", "docs", metric="cosine", document=False)
    first, second = client.index(new_name).get_by_ids(["a", "b"])
    assert (first.metadata, second.metadata) == ({"page": 1}, {"text": "own"})
    assert (first.content, second.content) == (None, None)


def test_a_collection_of_any_name(connection: Connection, schema: str, new_name: str) -> None:
    connection.execute(COLLECTIONS + LANGCHAIN["postgres"])
    client = Client(connection)
    assert (
        client.adopt_collection(
            new_name, "langchain", 'it\'s "other"', metric="euclidean"
        ).dimensions
        == 3
    )


def test_a_collection_that_is_not_there_is_refused(
    client: Client, connection: Connection, schema: str, new_name: str
) -> None:
    with pytest.raises(InvalidRequest, match='langchain has no collection "docs"'):
        client.adopt_collection(new_name, "langchain", "docs", metric="cosine")
    connection.execute(COLLECTIONS + LANGCHAIN["postgres"])
    with pytest.raises(InvalidRequest, match='langchain has no collection "nope"'):
        Client(connection).adopt_collection(new_name, "langchain", "nope", metric="cosine")
    with pytest.raises(InvalidRequest, match='library "chroma" is not known'):
        client.adopt_collection(new_name, "chroma", "docs", metric="cosine")  # type: ignore[arg-type]


# The command


def test_the_command(
    cli_json: Callable[..., Any],
    cli_text: Callable[..., str],
    table: str,
    new_name: str,
    client: Client,
) -> None:
    options = ["--table", table, "--id", "number", "--embedding", "emb", "--metric", "cosine"]
    more = ["--namespace", "tenant", "--metadata", "props", "--metadata-columns", "title", "price"]
    answer = cli_json("adopt", new_name, *options, *more)
    assert answer["vectorCount"] == 3
    assert answer["relation"] == f'pgvectorize_data."{new_name}"'
    assert (answer["config"]["dimensions"], answer["config"]["metric"]) == (3, "cosine")
    assert client.index(new_name).get_by_ids(["1"])[0].metadata == {
        "lang": "en",
        "big": 9007199254740993,
        "title": "One",
        "price": 1.5,
    }
    client.delete_index(new_name)
    assert cli_text("adopt", new_name, *options) == (
        f"Adopted 3 vectors as index '{new_name}': 3 dimensions, cosine, in the table "
        f'pgvectorize_data."{new_name}".\n'
    )


def test_the_command_in_place(
    cli_json: Callable[..., Any], fitting: str, new_name: str, client: Client
) -> None:
    options = ["--table", fitting, "--id", "key", "--embedding", "emb", "--metric", "cosine"]
    assert cli_json("adopt", new_name, *options, "--in-place")["vectorCount"] == 2
    assert [vector.id for vector in client.index(new_name)] == ["a", "b"]


def test_the_command_from_a_library(
    cli_json: Callable[..., Any], connection: Connection, new_name: str
) -> None:
    connection.execute(VECS)
    try:
        options = ["--from", "vecs", "My docs", "--metric", "cosine"]
        assert cli_json("adopt", new_name, *options)["vectorCount"] == 2
    finally:
        connection.execute("drop schema vecs cascade")


@pytest.mark.parametrize(
    "options",
    [
        ["--metric", "cosine"],
        ["--metric", "cosine", "--table", "t", "--id", "i"],
        ["--metric", "cosine", "--from", "chroma", "docs"],
        ["--metric", "cosine", "--from", "vecs", "docs", "--table", "t"],
        ["--metric", "cosine", "--from", "vecs", "docs", "--in-place"],
    ],
)
def test_a_command_that_lacks_something_is_misuse(
    misused: Callable[..., str], options: list[str]
) -> None:
    assert misused("adopt", "docs", *options).startswith("Error: ")
