"""Owner, writer and reader: what each may do, who grants it, and what it holds for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

import pgvectorize
from pgvectorize import Client, Grant, InvalidRequest, PermissionDenied, schema
from pgvectorize.cli import main
from pgvectorize.models import Access
from tests.sql.test_catalog import PUBLIC

Connection = psycopg.Connection[tuple[object, ...]]
ACCESSES: tuple[Access, ...] = ("reader", "writer", "owner")

# Who may call each public function, and a call of it. {role} is the role that calls.
CALLS: dict[str, tuple[Access, str]] = {
    "adopt_collection": (
        "owner",
        "name => 'new', library => 'vecs', collection => 'theirs', metric => 'cosine'",
    ),
    "adopt_index": (
        "owner",
        "name => 'new', relation => 'app.theirs', id_column => 'id', embedding_column => 'e', "
        "metric => 'cosine'",
    ),
    "build": ("owner", "index => 'docs', m => 8"),
    "build_progress": ("reader", "index => 'docs'"),
    "count": ("reader", "index => 'docs', filter => '{\"n\": 1}'"),
    "create_index": ("owner", "name => 'new', dimensions => 2, metric => 'cosine'"),
    "create_metadata_index": (
        "owner",
        "index => 'docs', property_name => 'new', index_type => 'string'",
    ),
    "create_namespace_index": ("owner", "index => 'docs', namespace => 'new'"),
    "delete": ("writer", "index => 'docs', filter => '{\"n\": 1}'"),
    "delete_by_ids": ("writer", "index => 'docs', ids => '{a}'"),
    "delete_index": ("owner", "name => 'docs'"),
    "delete_metadata_index": ("owner", "index => 'docs', property_name => 'n'"),
    "delete_namespace": ("writer", "index => 'docs', namespace => 'N'"),
    "delete_namespace_index": ("owner", "index => 'docs', namespace => 'N'"),
    "describe": ("reader", "index => 'docs', exact => true"),
    "doctor": ("reader", ""),
    "drop_hnsw": ("owner", "index => 'docs'"),
    "explain": ("reader", "index => 'docs', vector => '[1, 0]'"),
    "facets": ("reader", "index => 'docs', property_name => 'n'"),
    "get_by_ids": ("reader", "index => 'docs', ids => '{a}'"),
    "get_index": ("reader", "name => 'docs'"),
    "grant": ("owner", "role => '{role}', access => 'owner'"),
    "insert": ("writer", """index => 'docs', vectors => '[{"id": "z", "values": [1, 1]}]'"""),
    "limits": ("reader", ""),
    "list_grants": ("reader", ""),
    "list_indexes": ("reader", ""),
    "list_metadata_indexes": ("reader", "index => 'docs'"),
    "list_namespace_indexes": ("reader", "index => 'docs'"),
    "list_namespaces": ("reader", "index => 'docs'"),
    "list_vectors": ("reader", "index => 'docs', return_values => true, return_metadata => 'all'"),
    "presets": ("reader", ""),
    "prewarm": ("reader", "index => 'docs'"),
    "prices": ("reader", ""),
    "query": ("reader", "index => 'docs', vector => '[1, 0]', filter => '{\"n\": 1}'"),
    "query_by_id": ("reader", "index => 'docs', id => 'a'"),
    "query_many": ("reader", "index => 'docs', vectors => array['[1, 0]', '[0, 1]']::vector[]"),
    "recall": ("owner", "index => 'docs', queries => 2"),
    "revoke": ("owner", "role => 'pg_monitor'"),
    "size": ("reader", "vectors => 1000, dimensions => 3"),
    "stats": ("reader", "index => 'docs'"),
    "truncate": ("writer", "index => 'docs'"),
    "tune": ("owner", "index => 'docs', recall => 0.1, queries => 2"),
    "update_index": ("owner", "name => 'docs', description => 'new'"),
    "update_metadata": ("writer", "index => 'docs', patch => '{\"n\": 2}', ids => '{a}'"),
    "upsert": ("writer", """index => 'docs', vectors => '[{"id": "a", "values": [1, 1]}]'"""),
    "usage": ("reader", "index => 'docs'"),
}

_CONTENTS = """
    select 'relation', oid::text, xmin::text from pg_class
    where relnamespace = any (%(schemas)s::regnamespace[])
    union all
    select 'function', oid::text, xmin::text from pg_proc
    where pronamespace = any (%(schemas)s::regnamespace[])
    union all
    select 'vector', id, xmin::text from pgvectorize_data.docs
    union all
    select 'index', id::text, xmin::text from pgvectorize_private.indexes
    union all
    select 'mutation', mutation_id::text, xmin::text from pgvectorize_private.mutations
    union all
    select 'queries', ctid::text, queries::text from pgvectorize_private.queries
    union all
    select 'metadata index', property_name, xmin::text from pgvectorize_private.metadata_indexes
    union all
    select 'namespace index', namespace, xmin::text from pgvectorize_private.namespace_indexes
    union all
    select 'recall', ef_search::text, xmin::text from pgvectorize_private.recalls
    order by 1, 2, 3
"""


def contents(connection: Connection) -> list[tuple[object, ...]]:
    """All that there is to change, each with the transaction that last did."""
    return connection.execute(
        _CONTENTS, {"schemas": ["pgvectorize", "pgvectorize_private", "pgvectorize_data"]}
    ).fetchall()


def rights(connection: Connection) -> set[tuple[object, ...]]:
    """Who owns what of ours, and who may do what with it."""
    return set(
        connection.execute(
            """
            select class, name, owner::regrole::text, grantee::regrole::text, privilege_type
            from (
                select 'r'::"char", oid::regclass::text, relowner, relacl
                from pg_class
                where relnamespace = any (%(schemas)s::regnamespace[]) and relkind = 'r'
                union all
                select 'f', oid::regprocedure::text, proowner, proacl
                from pg_proc where pronamespace = any (%(schemas)s::regnamespace[])
                union all
                select 'n', nspname, nspowner, nspacl
                from pg_namespace where oid = any (%(schemas)s::regnamespace[])
                union all
                select 'T', oid::regtype::text, typowner, typacl
                from pg_type where typnamespace = any (%(schemas)s::regnamespace[])
                union all
                select 'c', format('%%s.%%s', attrelid::regclass, attname), relowner, attacl
                from pg_attribute join pg_class on pg_class.oid = attrelid
                where relnamespace = any (%(schemas)s::regnamespace[])
            ) as ours (class, name, owner, acl)
            cross join aclexplode(coalesce(acl, acldefault(class, owner)))
            """,
            {"schemas": ["pgvectorize", "pgvectorize_private", "pgvectorize_data"]},
        ).fetchall()
    )


def as_role(dsn: str, role: str) -> str:
    """Make a DSN of a role with any name; `options` are split at spaces."""
    return make_conninfo(dsn, options="-c role={}".format(role.replace(" ", "\\ ")))


def connect_as(dsn: str, role: str) -> Client:
    return pgvectorize.connect(as_role(dsn, role), max_size=2)


@pytest.fixture
def admin(database: str) -> Iterator[Client]:
    with pgvectorize.connect(database) as client:
        yield client


@pytest.fixture
def filled(admin: Client, administrator: Connection) -> None:
    """An index with a bit of everything, whose queries are counted, and tables to adopt."""
    admin.create_index("docs", dimensions=2, metric="cosine")
    docs = admin.index("docs")
    docs.create_metadata_index("n", "number")
    docs.create_namespace_index("N")
    docs.upsert(
        [
            (id, [1.0, number / 3], "N" if number % 2 else None, {"n": number})
            for number, id in enumerate("abcdef")
        ]
    )
    admin.update_index("docs", count_queries=True)
    administrator.execute("""
        create extension pg_prewarm;
        create schema app;
        create table app.theirs (id text, e vector(2));
        insert into app.theirs values ('x', '[1, 2]');
        create schema vecs;
        create table vecs.theirs (id text primary key, vec vector(2) not null, metadata jsonb);
        insert into vecs.theirs values ('x', '[1, 2]', '{}');
        grant usage on schema app, vecs to public;
        grant select on app.theirs, vecs.theirs to public;
    """)


@pytest.fixture
def granted(admin: Client, new_role: Callable[..., str]) -> Callable[[Access], str]:
    """A role that was granted it."""

    def grant(access: Access) -> str:
        role = new_role(access)
        admin.grant(role, access)
        return role

    return grant


# What each may do


def test_every_public_function_is_classified() -> None:
    assert CALLS.keys() == PUBLIC


@pytest.mark.slow
@pytest.mark.parametrize("access", ACCESSES)
@pytest.mark.usefixtures("filled")
def test_each_may_call_what_it_is_for_and_nothing_else(
    access: Access, database: str, administrator: Connection, granted: Callable[[Access], str]
) -> None:
    role = granted(access)
    wrong: list[tuple[str, str | None]] = []
    with psycopg.connect(database) as connection:
        for function, (least, arguments) in CALLS.items():
            arguments = arguments.replace("{role}", role)
            call = f"select * from pgvectorize.{function}({arguments})"
            connection.execute(SQL("set local role {}").format(Identifier(role)))
            before = contents(administrator)
            try:
                connection.execute(call.encode()).fetchall()
                refused = None
            except psycopg.errors.InsufficientPrivilege as error:
                refused = str(error)
            except psycopg.Error as error:
                wrong.append((function, repr(error)))
                continue
            finally:
                connection.rollback()
            allowed = ACCESSES.index(access) >= ACCESSES.index(least)
            if allowed != (refused is None):
                wrong.append((function, refused))
            assert contents(administrator) == before, "all is rolled back"
    assert wrong == []


@pytest.mark.usefixtures("filled")
def test_a_stranger_may_call_nothing(database: str, new_role: Callable[..., str]) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(SQL("set role {}").format(Identifier(new_role())))
        for function, (_, arguments) in CALLS.items():
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="schema pgvectorize"):
                connection.execute(f"select * from pgvectorize.{function}({arguments})".encode())


def test_a_stranger_is_told_what_to_ask_for(database: str, new_role: Callable[..., str]) -> None:
    with pytest.raises(PermissionDenied, match="schema pgvectorize") as caught:
        connect_as(database, new_role())
    assert "Connected as" in str(caught.value.hint)
    assert "pgvectorize grant" in str(caught.value.hint)


@pytest.mark.usefixtures("filled")
def test_a_reader_reads_and_changes_nothing(
    database: str, administrator: Connection, granted: Callable[[Access], str]
) -> None:
    role = granted("reader")
    before = contents(administrator)
    with connect_as(database, role) as client:
        docs = client.index("docs")
        assert {match.id for match in docs.query([1, 0], top_k=6)} == set("abcdef")
        assert docs.query([1, 0], filter={"n": 3}, return_metadata="all")[0].id == "d"
        assert len(docs.query_many([[1, 0]] * 3)) == 3
        assert {vector.id for vector in docs} == set("abcdef")
        assert docs.list_vectors(count=2).is_truncated
        assert docs.recall(queries=2, store=False)[-1].recall == 1
        assert client.usage("docs")[0].queried_vectors == 0
        refused: dict[str, Callable[[], Any]] = {
            "upsert": lambda: docs.upsert([("z", [1, 1])]),
            "a long upsert": lambda: docs.upsert(
                ((f"{n}", [1, 1]) for n in range(9)), batch_size=2
            ),
            "bulk_load": lambda: docs.bulk_load([("z", [1, 1])]),
            "delete": lambda: docs.delete_by_ids(["a"]),
            "truncate": docs.truncate,
            "recall": lambda: docs.recall(queries=2),
            "create_index": lambda: client.create_index("new", dimensions=2, metric="cosine"),
            "build": docs.build,
            "rebuild": lambda: docs.build(rebuild=True),
            "metadata index": lambda: docs.create_metadata_index("new", "string"),
            "grant": lambda: client.grant(role, "writer"),
        }
        del refused["build"]  # there is one, so nothing is to be done
        for name, call in refused.items():
            with pytest.raises(PermissionDenied) as caught:
                call()
            assert caught.value.hint, name
    assert contents(administrator) == before


@pytest.mark.usefixtures("filled")
def test_a_writer_writes_in_every_way(database: str, granted: Callable[[Access], str]) -> None:
    with connect_as(database, granted("writer")) as client:
        docs = client.index("docs")
        many = [(f"v{number}", [1.0, number]) for number in range(300)]
        assert docs.upsert(many, batch_size=50).count == 300
        assert docs.insert(many, batch_size=50).count == 0
        docs.update_metadata({"new": 1}, filter={"n": {"$gte": 4}})
        assert docs.count(filter={"new": 1}) == 2
        load = docs.bulk_load((f"w{number}", [1.0, number]) for number in range(2_000))
        assert (load.mutation.count, load.build) == (2_000, None)
        assert docs.delete(namespace="N").count == 3
        assert len(docs.query([1, 0], top_k=5)) == 5
        docs.truncate()
        assert docs.upsert(many, batch_size=50).count == 300
        with pytest.raises(PermissionDenied, match="must be owner"):
            docs.bulk_load(many * 4, rebuild=True)


@pytest.mark.usefixtures("filled")
def test_a_writer_sees_and_changes_nothing_else(
    database: str, administrator: Connection, granted: Callable[[Access], str]
) -> None:
    administrator.execute("create table secret (); create table pgvectorize_data.secret ()")
    role = granted("writer")
    administrator.execute("create table pgvectorize.secret ()")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(SQL("set role {}").format(Identifier(role)))
        for statement in (
            "table secret",
            "table pgvectorize_data.secret",
            "table pgvectorize.secret",
            "create table pgvectorize_data.mine ()",
            "create function pgvectorize.mine() returns int language sql return 1",
            "alter table pgvectorize_data.docs add mine text",
            "drop table pgvectorize_data.docs",
            "create index on pgvectorize_data.docs (metadata)",
            "update pgvectorize_private.indexes set name = 'mine'",
            "insert into pgvectorize_private.recalls default values",
            "delete from pgvectorize_private.metadata_indexes",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


# Every index, now and later


@pytest.mark.parametrize("name", ["plain", "odd-name_1", "select", "x" * 63])
def test_a_grant_holds_for_indexes_that_come_later(
    name: str, admin: Client, database: str, granted: Callable[[Access], str]
) -> None:
    reader, writer = granted("reader"), granted("writer")
    admin.create_index(name, dimensions=2, metric="cosine")
    with connect_as(database, writer) as client:
        client.index(name).upsert([("a", [1, 2])])
    with connect_as(database, reader) as client:
        assert len(client.index(name).query([1, 2])) == 1  # by its own function
        assert len(client.index(name).query([1, 2], filter={"n": {"$exists": False}})) == 1
    admin.update_index(name, new_name="renamed")
    with connect_as(database, reader) as client:
        assert len(client.index("renamed").query([1, 2])) == 1


def test_a_grant_holds_for_adopted_tables(
    admin: Client,
    administrator: Connection,
    database: str,
    granted: Callable[[Access], str],
    new_role: Callable[..., str],
) -> None:
    role, other = granted("writer"), new_role("other")
    administrator.execute("create schema app; create table app.theirs (id text, e vector(2))")
    administrator.execute("insert into app.theirs values ('x', '[1, 2]')")
    administrator.execute(SQL("grant select on app.theirs to {}").format(Identifier(other)))
    columns = {"id_column": "id", "embedding_column": "e", "metric": "cosine"}
    admin.adopt_index("copied", "app.theirs", **columns)  # type: ignore[arg-type]
    admin.adopt_index("moved", "app.theirs", in_place=True, **columns)  # type: ignore[arg-type]
    with connect_as(database, role) as client:
        for name in ("copied", "moved"):
            client.index(name).upsert([("y", [2, 1])])
            assert len(client.index(name).query([1, 2])) == 2
    admin.revoke(role)
    ((kept,),) = administrator.execute(
        "select has_table_privilege(%s, 'pgvectorize_data.moved', 'select')", [other]
    ).fetchall()
    assert kept  # what others were granted on a table that was adopted is theirs


def test_what_was_granted_by_hand_is_left_as_it_is(
    admin: Client, administrator: Connection, database: str, new_role: Callable[..., str]
) -> None:
    role = new_role()
    by_hand = (
        "grant usage on schema pgvectorize, pgvectorize_private, pgvectorize_data to {}",
        "grant select on all tables in schema pgvectorize_private to {}",
        "grant insert, update, delete on pgvectorize_private.mutations to {}",
        "grant select, insert on pgvectorize_data.docs to {}",
    )
    admin.create_index("docs", dimensions=2, metric="cosine")
    for statement in by_hand:
        administrator.execute(SQL(statement).format(Identifier(role)))
    before = rights(administrator)
    assert [grant.access for grant in admin.list_grants()] == ["owner"]
    admin.update_index("docs", description="new")
    admin.grant(new_role("reader"), "reader")
    administrator.execute("drop function pgvectorize_private._applied()")
    schema.migrate(database)
    assert {each for each in rights(administrator) if "reader" not in str(each[3])} == before
    admin.create_index("later", dimensions=2, metric="cosine")
    with connect_as(database, role) as client:
        assert client.index("docs").insert([("a", [1, 2])]).count == 1
        with pytest.raises(PermissionDenied):
            client.index("docs").truncate()
        with pytest.raises(PermissionDenied):
            client.index("later").query([1, 2])


def test_functions_that_not_everybody_may_execute_are_granted(
    empty_database: str, administrator: Connection, granted: Callable[[Access], str]
) -> None:
    administrator.execute("alter default privileges revoke execute on functions from public")
    schema.migrate(empty_database)
    with pgvectorize.connect(empty_database) as admin:
        admin.create_index("before", dimensions=1, metric="cosine")
        role = granted("reader")
        admin.create_index("after", dimensions=1, metric="cosine")
    with connect_as(empty_database, role) as client:
        assert client.index("before").query([1]).count == 0
        assert client.index("after").query([1]).count == 0


def test_a_migration_keeps_what_was_granted_and_adds_what_is_new(
    admin: Client, database: str, administrator: Connection, granted: Callable[[Access], str]
) -> None:
    admin.create_index("docs", dimensions=1, metric="cosine")
    granted("owner")
    granted("reader")
    granted("writer")
    before = rights(administrator)
    administrator.execute(
        "drop table pgvectorize_private.recalls"
    )  # and a later revision brings one
    administrator.execute("""
        create table pgvectorize_private.recalls (
            index_id bigint, ef_search integer, recall float8, standard_error float8,
            milliseconds float8, queries integer, top_k integer, measured_at timestamptz,
            constraint recalls_pkey primary key (index_id, ef_search)
        )
    """)
    administrator.execute("drop function pgvectorize_private._applied()")
    administrator.execute("drop function pgvectorize.count(text, text, jsonb, text[], text[])")
    assert rights(administrator) != before
    schema.migrate(database)
    assert rights(administrator) == before


# The owner


def test_two_owners_manage_what_the_other_made(
    admin: Client, administrator: Connection, database: str, new_role: Callable[..., str]
) -> None:
    vectors, alice, bob = new_role("vectors"), new_role("alice"), new_role("bob")
    for member in (alice, bob):
        administrator.execute(SQL("grant {} to {}").format(Identifier(vectors), Identifier(member)))
    admin.create_index("old", dimensions=2, metric="cosine")
    admin.grant(vectors, "owner")
    with connect_as(database, alice) as first, connect_as(database, bob) as second:
        first.create_index("docs", dimensions=2, metric="cosine")
        for client, other in ((second, "old"), (second, "docs"), (first, "old")):
            index = client.index(other)
            index.upsert([(f"v{n}", [1, n], "N", {"n": n}) for n in range(20)])
            index.create_metadata_index("n", "number")
            index.create_namespace_index("N")
            assert index.build(m=8).is_built
            index.tune(0.5, queries=2)
            many = [(f"w{n}", [1, n]) for n in range(1_200)]
            assert index.bulk_load(many, rebuild=True).build is not None
            index.delete_namespace_index("N")
            index.delete_metadata_index("n")
            index.drop_hnsw()
            assert index.build(m=16).is_built
        second.update_index("docs", new_name="renamed")
        first.index("renamed").create_metadata_index("n", "number")
        second.delete_index("renamed")
        first.delete_index("old")
        second.create_index("docs", dimensions=2, metric="cosine")
    ((owner,),) = administrator.execute(
        "select relowner::regrole::text from pg_class where oid = 'pgvectorize_data.docs'::regclass"
    ).fetchall()
    assert vectors in str(owner)


def test_the_owner_migrates_and_so_does_a_member(
    admin: Client, administrator: Connection, database: str, new_role: Callable[..., str]
) -> None:
    owner, member = new_role("owner"), new_role("member")
    administrator.execute(SQL("grant {} to {}").format(Identifier(owner), Identifier(member)))
    admin.grant(owner, "owner")
    admin.create_index("docs", dimensions=2, metric="cosine")  # by a superuser
    before = rights(administrator)
    for role in (owner, member):
        administrator.execute("drop function pgvectorize_private._applied()")
        administrator.execute("drop function pgvectorize.count(text, text, jsonb, text[], text[])")
        schema.migrate(as_role(database, role))
        assert schema.inspect(database) == schema.wanted()
        assert rights(administrator) == before


def test_no_superuser_is_needed(
    empty_database: str, administrator: Connection, new_role: Callable[..., str]
) -> None:
    """The administrator of a hosted database may create roles and databases, no more."""
    hosted = new_role("hosted", "createrole")
    administrator.execute("create extension vector")
    administrator.execute(
        SQL("grant create on database {} to {}").format(
            Identifier(administrator.info.dbname), Identifier(hosted)
        )
    )
    as_hosted = as_role(empty_database, hosted)
    schema.migrate(as_hosted)
    reader, writer, vectors, app = (new_role(name) for name in ("r", "w", "vectors", "app"))
    for role in (vectors,):
        administrator.execute(
            SQL("grant {} to {} with admin option").format(Identifier(role), Identifier(hosted))
        )
    with pgvectorize.connect(as_hosted) as client:
        client.create_index("docs", dimensions=2, metric="cosine")
        client.grant(reader, "reader")
        client.grant(writer, "writer")
        client.grant(vectors, "owner")
        assert {(grant.role, grant.access) for grant in client.list_grants()} == {
            (vectors, "owner"),
            (writer, "writer"),
            (reader, "reader"),
        }
        client.index("docs").upsert([("a", [1, 2])])  # hosted is a member
    with psycopg.connect(as_hosted) as connection:
        connection.execute(SQL("grant {} to {}").format(Identifier(vectors), Identifier(app)))
    with connect_as(empty_database, app) as client:
        client.delete_index("docs")
    with connect_as(empty_database, app) as client, pytest.raises(InvalidRequest, match="member"):
        client.revoke(app)


def test_an_owner_does_not_lose_all_by_a_grant_to_another(
    admin: Client,
    administrator: Connection,
    granted: Callable[[Access], str],
    new_role: Callable[..., str],
) -> None:
    granted("owner")
    before = rights(administrator)
    with pytest.raises(InvalidRequest, match="would lose everything") as caught:
        admin.grant(new_role("next"), "owner")
    assert "create role" in str(caught.value.hint)
    assert rights(administrator) == before


def test_the_owner_is_not_made_less_by_a_grant(
    admin: Client, granted: Callable[[Access], str]
) -> None:
    owner = granted("owner")
    with pytest.raises(InvalidRequest, match="is the owner"):
        admin.grant(owner, "reader")


def test_an_index_of_a_superuser_belongs_to_the_owner(
    admin: Client, database: str, granted: Callable[[Access], str]
) -> None:
    owner = granted("owner")
    admin.create_index("docs", dimensions=2, metric="cosine")
    with connect_as(database, owner) as client:
        assert client.index("docs").build(rebuild=True).is_built
        client.delete_index("docs")


# Granting and revoking


@pytest.mark.parametrize("access", ACCESSES)
@pytest.mark.usefixtures("filled")
def test_granting_twice_changes_nothing_and_revoking_takes_all_away(
    access: Access,
    admin: Client,
    administrator: Connection,
    database: str,
    new_role: Callable[..., str],
) -> None:
    role, before = new_role("odd \"one\" 'two'"), rights(administrator)
    admin.grant(role, access)
    once = rights(administrator)
    admin.grant(role, access)
    assert rights(administrator) == once
    assert Grant(role, access) in admin.list_grants()
    admin.revoke(role)
    admin.revoke(role)
    assert rights(administrator) == before
    assert [grant.access for grant in admin.list_grants()] == ["owner"]
    with pytest.raises(PermissionDenied):
        connect_as(database, role)
    administrator.execute(SQL("drop role {}").format(Identifier(role)))  # nothing holds it
    administrator.execute(SQL("create role {}").format(Identifier(role)))


def test_a_grant_replaces_the_one_before(
    admin: Client, administrator: Connection, new_role: Callable[..., str]
) -> None:
    admin.create_index("docs", dimensions=2, metric="cosine")
    role = new_role()
    admin.grant(role, "reader")
    reading = rights(administrator)
    admin.grant(role, "writer")
    assert rights(administrator) != reading
    admin.grant(role, "reader")
    assert rights(administrator) == reading


@pytest.mark.parametrize("access", ["reader", "writer"])
def test_only_the_owner_grants(
    access: Access, database: str, granted: Callable[[Access], str], new_role: Callable[..., str]
) -> None:
    role, other = granted(access), new_role("other")
    with connect_as(database, role) as client:
        with pytest.raises(PermissionDenied, match="only the owner") as caught:
            client.grant(other, "reader")
        assert caught.value.hint is not None
        with pytest.raises(PermissionDenied, match="only the owner"):
            client.revoke(other)


def test_what_cannot_be_granted_is_refused(
    admin: Client, administrator: Connection, new_role: Callable[..., str]
) -> None:
    role = new_role()
    with pytest.raises(InvalidRequest, match='access "raeder" is not known') as caught:
        admin.grant(role, "raeder")  # type: ignore[arg-type]
    assert "reader" in str(caught.value.hint)
    with pytest.raises(InvalidRequest, match='role "nobody" does not exist'):
        admin.grant("nobody", "reader")
    with pytest.raises(InvalidRequest, match='role "nobody" does not exist'):
        admin.revoke("nobody")
    administrator.execute("create schema hidden; alter extension vector set schema hidden")
    schema.migrate(administrator.info.dsn)
    with pytest.raises(InvalidRequest, match="may not use schema hidden") as caught:
        admin.grant(role, "reader")
    assert "grant usage on schema hidden to" in str(caught.value.hint)


def test_the_last_owner_stays(database: str, granted: Callable[[Access], str]) -> None:
    owner = granted("owner")
    with (
        connect_as(database, owner) as client,
        pytest.raises(InvalidRequest, match="no other role would own everything"),
    ):
        client.revoke(owner)


def test_a_grant_waits_for_an_index_that_is_being_created(
    admin: Client, database: str, new_role: Callable[..., str]
) -> None:
    role = new_role()
    with psycopg.connect(database) as creating, psycopg.connect(database) as granting:
        creating.execute("select pgvectorize.create_index('docs', 2, 'cosine')")
        granting.execute("set lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            granting.execute("select pgvectorize.grant(%s, 'reader')", [role])
    admin.grant(role, "reader")
    with connect_as(database, role) as client:
        client.index("docs").query([1, 1])


def test_the_async_client_grants_too(database: str, new_role: Callable[..., str]) -> None:
    role = new_role()

    async def use() -> list[list[Grant]]:
        async with await pgvectorize.AsyncClient.connect(database) as client:
            await client.grant(role, "writer")
            first = await client.list_grants()
            await client.revoke(role)
            return [first, await client.list_grants()]

    granted, revoked = asyncio.run(use())
    assert [*revoked, Grant(role, "writer")] == granted


def test_the_command_line_grants_too(database: str, new_role: Callable[..., str]) -> None:
    role = new_role("odd")

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(main, ["--dsn", database, *arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    assert run("grant", "reader", role) == f"Role '{role}' is a reader.\n"
    assert {"role": role, "access": "reader"} in json.loads(run("list-grants", "--json"))
    assert role in run("list-grants")
    assert run("revoke", role) == f"Role '{role}' has no access any more.\n"
    assert role not in run("list-grants")
