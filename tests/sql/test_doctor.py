"""What the doctor finds: each fault is made, found, fixed as it says, and gone."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from typing import Any, LiteralString

import numpy as np
import psycopg
import pytest
from click.testing import CliRunner
from psycopg.sql import SQL, Identifier

import pgvectorize
from pgvectorize import Client, Finding, Index, compatibility, schema
from pgvectorize.cli import actions, main
from tests.faults.server import own_server
from tests.migrations.conftest import as_role

Connection = psycopg.Connection[Any]

ROWS, DIMENSIONS = 1_200, 8
VALUES = np.random.default_rng(6).normal(size=(ROWS, DIMENSIONS)).astype(np.float32)


class Doctor:
    """The doctor of one database, asked again each time, and an operator who runs its fixes."""

    def __init__(self, dsn: str, *, in_shell: bool = False) -> None:
        self.dsn = dsn
        self.in_shell = in_shell

    def findings(self, *settings: str) -> list[Finding]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            for setting in settings:
                connection.execute(f"set {setting}".encode())
            return Client(connection).doctor()

    def find(self, code: str, name: str | None = None, *settings: str) -> Finding:
        found = [
            each
            for each in self.findings(*settings)
            if each.code == code and (name is None or each.name == name)
        ]
        assert len(found) == 1, found
        return found[0]

    def finds(self, code: str, name: str | None = None) -> bool:
        return any(
            each.code == code and (name is None or each.name == name) for each in self.findings()
        )

    def repair(self, finding: Finding) -> None:
        """Run the fix as an operator would: in psql, or its command in a shell."""
        command = actions.command(finding) if self.in_shell else None
        if command is not None:
            arguments = shlex.split(command.removeprefix("pgvectorize "))
            result = CliRunner().invoke(main, ["--dsn", self.dsn, *arguments])
            assert result.exit_code == 0, result.output
        else:
            self.run(str(finding.fix))

    def run(self, fix: str) -> None:
        assert fix.endswith(";")
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            # `alter system` runs in no transaction, so not beside another statement
            for statement in re.split("(?<=on;) ", fix):
                connection.execute(statement.encode())

    def find_and_repair(self, code: str, name: str | None = None) -> Finding:
        finding = self.find(code, name)
        self.repair(finding)
        assert not self.finds(code, name)
        return finding


@pytest.fixture
def doctor(dsn: str, request: pytest.FixtureRequest) -> Doctor:
    return Doctor(dsn, in_shell=getattr(request, "param", "in psql") == "in a shell")


# for findings with an action
BOTH_WAYS = pytest.mark.parametrize("doctor", ["in psql", "in a shell"], indirect=True)


@pytest.fixture
def own_doctor(empty_database: str) -> Doctor:
    """The doctor of a database that nothing else is in."""
    schema.migrate(empty_database)
    return Doctor(empty_database)


def load(index: Index, rows: int = ROWS, first: int = 0) -> None:
    index.upsert(
        ids=[f"v{row:05}" for row in range(first, first + rows)],
        values=np.resize(VALUES, (rows, DIMENSIONS)) + first,
        namespaces=[f"n{row % 3}" for row in range(rows)],
        metadata=[{"price": row} for row in range(rows)],
    )


@pytest.fixture
def index(client: Client, make_index: Callable[..., str]) -> Index:
    index = client.index(make_index(dimensions=DIMENSIONS, metric="euclidean"))
    load(index)
    index.create_metadata_index("price", "number")
    index.create_namespace_index("n1")
    index.vacuum()
    return index


def relation(connection: Connection, index: Index, kind: str) -> str:
    """The Postgres index of a kind."""
    (row,) = connection.execute(
        "select found.relation::text "
        "from pgvectorize_private._postgres_indexes(pgvectorize_private._find_index(%s)) as"
        " found where found.kind = %s",
        [index.name, kind],
    ).fetchall()
    return str(row[0])


def drop(connection: Connection, index: Index, kind: str) -> None:
    connection.execute(f"drop index {relation(connection, index, kind)}".encode())


def codes(doctor: Doctor, index: Index) -> set[str]:
    return {each.code for each in doctor.findings() if each.name == index.name}


# Nothing


@pytest.mark.parametrize(
    "options",
    [
        {"metric": "cosine"},
        {"metric": "cosine", "storage": "float16"},
        {"metric": "cosine", "index_precision": "float16", "m": 8},
        {"metric": "cosine", "index_precision": "binary"},
        {"metric": "euclidean", "index_precision": "float16", "ef_construction": 100},
        {"metric": "dot-product"},
        {"metric": "dot-product", "hnsw": False},
    ],
)
def test_of_a_new_index_it_finds_nothing(
    doctor: Doctor, client: Client, make_index: Callable[..., str], options: dict[str, Any]
) -> None:
    index = client.index(make_index(dimensions=DIMENSIONS, **options))
    assert codes(doctor, index) == set()
    load(index)
    index.create_metadata_index("price", "number")
    if options.get("hnsw", True):
        index.create_namespace_index("n1")
    index.vacuum()
    assert codes(doctor, index) <= {"recall_not_known"}


def test_of_a_new_database_it_finds_nothing_but_old_versions(own_doctor: Doctor) -> None:
    assert {each.code for each in own_doctor.findings()} <= {"pgvector_old", "pgvector_behind"}


def test_of_an_adopted_table_it_finds_nothing(
    doctor: Doctor, connection: Connection, client: Client
) -> None:
    connection.execute("create table theirs (key text primary key, vec vector(8), note text)")
    connection.execute(
        "insert into theirs select n, array_agg(random())::vector, 'x' "
        "from generate_series(1, 500) n, generate_series(1, 8) group by n"
    )
    connection.execute("create index on theirs using hnsw (vec vector_l2_ops)")
    client.adopt_index(
        "adopted-here", "theirs", id_column="key", embedding_column="vec",
        metric="euclidean", in_place=True,
    )  # fmt: skip
    try:
        assert codes(doctor, client.index("adopted-here")) == set()
    finally:
        client.delete_index("adopted-here")


def test_the_worst_comes_first(doctor: Doctor, connection: Connection, index: Index) -> None:
    drop(connection, index, "hnsw")
    connection.execute(
        f'alter table pgvectorize_data."{index.name}" drop constraint '
        f"{relation(connection, index, 'ids').split('.')[1]}".encode()
    )
    order = ["error", "warning", "notice"]
    places = [order.index(each.severity) for each in doctor.findings()]
    assert places == sorted(places)
    assert {0, 1} <= set(places)


def test_it_can_be_asked_of_one_index(
    client: Client, make_index: Callable[..., str], connection: Connection, index: Index
) -> None:
    other = client.index(make_index(dimensions=2))
    drop(connection, index, "hnsw")
    assert "hnsw_missing" in {each.code for each in client.doctor(index.name)}
    assert "hnsw_missing" not in {each.code for each in client.doctor(other.name)}


# Indexes


def make_invalid(
    dsn: str, connection: Connection, index: Index, name: str, eventually: Callable[..., None]
) -> None:
    """Kill a `drop index concurrently` that waits for a reader: the index stays, INVALID."""
    with (
        ThreadPoolExecutor(1) as elsewhere,
        psycopg.connect(dsn) as reader,
        psycopg.connect(dsn, autocommit=True) as victim,
    ):
        reader.execute(f"lock table {index.info().relation} in access share mode".encode())
        drop = elsewhere.submit(victim.execute, f"drop index concurrently {name}".encode())
        eventually("not (select indisvalid from pg_index where indexrelid = %s::regclass)", name)
        connection.execute("select pg_terminate_backend(%s)", [victim.info.backend_pid])
        with suppress(psycopg.Error):
            drop.result(timeout=10)


@BOTH_WAYS
@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("hnsw", "hnsw_missing"),
        ("metadata", "metadata_index_missing"),
        ("namespace", "namespace_index_missing"),
        ("namespaces", "namespaces_not_indexed"),
    ],
)
def test_an_index_that_is_not_there(
    doctor: Doctor, connection: Connection, index: Index, kind: str, code: str
) -> None:
    drop(connection, index, kind)
    assert doctor.find_and_repair(code, index.name).severity == "warning"
    assert relation(connection, index, kind)
    assert codes(doctor, index) == {"recall_not_known"}


@BOTH_WAYS
@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("hnsw", "hnsw_invalid"),
        ("metadata", "index_invalid"),
        ("namespace", "index_invalid"),
        ("namespaces", "index_invalid"),
    ],
)
def test_an_index_that_is_invalid(
    dsn: str,
    doctor: Doctor,
    connection: Connection,
    index: Index,
    eventually: Callable[..., None],
    kind: str,
    code: str,
) -> None:
    name = relation(connection, index, kind)
    make_invalid(dsn, connection, index, name, eventually)
    doctor.find_and_repair(code, index.name)
    assert relation(connection, index, kind) == name
    assert codes(doctor, index) == {"recall_not_known"}


@BOTH_WAYS
def test_names_in_a_command_are_quoted_for_the_shell(
    doctor: Doctor, client: Client, connection: Connection, make_index: Callable[..., str]
) -> None:
    index = client.index(make_index(dimensions=2))
    odd = "it's $HOME; x"
    index.create_metadata_index(odd, "string")
    drop(connection, index, "metadata")
    doctor.find_and_repair("metadata_index_missing", index.name)
    assert [each.property_name for each in index.list_metadata_indexes()] == [odd]


def test_ids_that_are_not_unique(doctor: Doctor, connection: Connection, index: Index) -> None:
    constraint = relation(connection, index, "ids").split(".")[1]
    connection.execute(
        f'alter table pgvectorize_data."{index.name}" drop constraint {constraint}'.encode()
    )
    with pytest.raises(pgvectorize.DatabaseError):
        index.upsert([("v00001", [0.0] * DIMENSIONS)])
    assert doctor.find_and_repair("id_not_unique", index.name).severity == "error"
    index.upsert([("v00001", [0.0] * DIMENSIONS)])


def test_a_table_that_a_crash_empties(doctor: Doctor, connection: Connection, index: Index) -> None:
    connection.execute(f'alter table pgvectorize_data."{index.name}" set unlogged'.encode())
    assert doctor.find_and_repair("unlogged", index.name).severity == "error"
    assert "unlogged" not in codes(doctor, index)


@contextmanager
def build_that_waits(
    dsn: str, index: Index, connection: Connection, eventually: Callable[..., None]
) -> Iterator[None]:
    """A build of another HNSW index, which is killed in the end."""
    with ThreadPoolExecutor(1) as elsewhere, psycopg.connect(dsn) as writer:
        Client(writer).index(index.name).upsert([("open", [1.0] * DIMENSIONS)])
        build = elsewhere.submit(index.build, m=8)
        eventually(
            "exists (select from"
            " pgvectorize_private._postgres_indexes(pgvectorize_private._find_index(%s)) as found "
            "where found.kind = 'new')",
            index.name,
        )
        yield
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_progress_create_index "
            "where datname = current_database()"
        )
        assert build.exception(timeout=10) is not None


@BOTH_WAYS
def test_a_build_that_runs_and_what_it_leaves_when_it_is_killed(
    dsn: str,
    doctor: Doctor,
    connection: Connection,
    index: Index,
    eventually: Callable[..., None],
) -> None:
    with build_that_waits(dsn, index, connection, eventually):
        assert codes(doctor, index) == {"recall_not_known", "build_running"}
        assert doctor.find("build_running", index.name).severity == "notice"
    doctor.find_and_repair("hnsw_leftover", index.name)
    assert codes(doctor, index) == {"recall_not_known"}


@BOTH_WAYS
def test_a_reindex_of_somebody_that_was_killed(
    dsn: str,
    doctor: Doctor,
    connection: Connection,
    index: Index,
    eventually: Callable[..., None],
) -> None:
    name = relation(connection, index, "namespaces")
    with (
        ThreadPoolExecutor(1) as elsewhere,
        psycopg.connect(dsn) as writer,
        psycopg.connect(dsn, autocommit=True) as victim,
    ):
        Client(writer).index(index.name).upsert([("open", [1.0] * DIMENSIONS)])
        work = elsewhere.submit(victim.execute, f"reindex index concurrently {name}".encode())
        eventually(
            "exists (select from pg_class where relname like %s)", f"{name.split('.')[1]}_ccnew"
        )
        connection.execute("select pg_terminate_backend(%s)", [victim.info.backend_pid])
        assert work.exception(timeout=10) is not None
    finding = doctor.find_and_repair("index_invalid", index.name)
    assert "_ccnew" in finding.finding
    assert codes(doctor, index) == {"recall_not_known"}


@BOTH_WAYS
@pytest.mark.parametrize(
    "other",
    [
        "hnsw (embedding vector_l2_ops) with (m = 8)",
        "hnsw (embedding vector_cosine_ops)",
        "hnsw ((embedding::halfvec(8)) halfvec_l2_ops)",
    ],
)
def test_an_hnsw_index_that_is_not_as_the_catalog_says(
    doctor: Doctor, connection: Connection, index: Index, other: str
) -> None:
    name = relation(connection, index, "hnsw")
    connection.execute(f"drop index {name}".encode())
    connection.execute(
        f'create index {name.split(".")[1]} on pgvectorize_data."{index.name}" '
        f"using {other}".encode()
    )
    finding = doctor.find_and_repair("hnsw_differs", index.name)
    assert "vector_l2_ops) with (m = 16, ef_construction = 64)" in finding.finding


def test_an_hnsw_index_of_somebody_else(
    doctor: Doctor, connection: Connection, client: Client, make_index: Callable[..., str]
) -> None:
    index = client.index(make_index(dimensions=2, metric="euclidean"))
    connection.execute(
        f'create index on pgvectorize_data."{index.name}" using hnsw (embedding vector_l2_ops) '
        "where namespace = 'a'".encode()
    )
    doctor.find_and_repair("hnsw_not_known", index.name)


def test_a_function_that_is_not_there(doctor: Doctor, connection: Connection, index: Index) -> None:
    (row,) = connection.execute(
        "select oid::regprocedure::text from pg_proc "
        "where pronamespace = 'pgvectorize_data'::regnamespace and proname = %s",
        [index.name],
    ).fetchall()
    connection.execute(f"drop function {row[0]}".encode())
    doctor.find_and_repair("function_missing", index.name)
    assert index.query(VALUES[3], top_k=1).matches[0].id == "v00003"


def test_an_index_without_its_table(own_doctor: Doctor) -> None:
    with pgvectorize.connect(own_doctor.dsn) as client:
        client.create_index("docs", dimensions=2, metric="cosine")
        with psycopg.connect(own_doctor.dsn, autocommit=True) as connection:
            connection.execute("drop table pgvectorize_data.docs")
        assert own_doctor.find_and_repair("table_missing", "docs").severity == "error"
        client.create_index("docs", dimensions=2, metric="cosine")


def test_a_table_without_an_index(own_doctor: Doctor) -> None:
    with psycopg.connect(own_doctor.dsn, autocommit=True) as connection:
        connection.execute('create table pgvectorize_data."stran-ger" (id int)')
        own_doctor.find_and_repair("table_unknown")
        connection.execute('drop table public."stran-ger"')


@BOTH_WAYS
@pytest.mark.parametrize("kind", ["metadata", "namespace", "other"])
def test_an_index_that_no_search_uses(
    doctor: Doctor, connection: Connection, index: Index, kind: str
) -> None:
    if kind == "other":
        connection.execute(
            # hash, as the planner looks for the least and the greatest in others
            f'create index on pgvectorize_data."{index.name}" '
            "using hash (octet_length(id))".encode()
        )
    name = relation(connection, index, kind)
    assert not doctor.finds("index_not_used", index.name)
    connection.execute(
        "do $$ begin for turn in 1..1000 loop perform count(*) "
        f'from pgvectorize_data."{index.name}" where metadata is null; end loop; '
        "perform pg_stat_force_next_flush(); end $$".encode()
    )
    found = [
        each
        for each in doctor.findings()
        if (each.code, each.name) == ("index_not_used", index.name)
    ]
    assert {each.severity for each in found} == {"notice"}
    words = {
        "metadata": 'The metadata index of "price" uses',
        "namespace": 'The HNSW index of namespace "n1" uses',
        "other": f'Index "{index.name}_octet_length_idx" uses',
    }
    (finding,) = [each for each in found if each.finding.startswith(words[kind])]
    if kind in ("metadata", "namespace"):
        assert "delete" in str(finding.action)
    doctor.repair(finding)
    (row,) = connection.execute("select to_regclass(%s) is null", [name]).fetchall()
    assert row[0]


# Rows


@pytest.fixture
def unattended(client: Client, connection: Connection, make_index: Callable[..., str]) -> Index:
    """An index that autovacuum does not come to, as where it is too slow."""
    index = client.index(make_index(dimensions=DIMENSIONS, metric="euclidean", hnsw=False))
    connection.execute(
        f'alter table pgvectorize_data."{index.name}" set (autovacuum_enabled = off)'.encode()
    )
    return index


@BOTH_WAYS
def test_statistics_that_are_missing_then_stale(
    doctor: Doctor, unattended: Index, counted: Callable[..., None]
) -> None:
    load(unattended)
    counted(lambda: doctor.finds("statistics_missing", unattended.name))
    doctor.find_and_repair("statistics_missing", unattended.name)
    load(unattended, 2_500, first=5_000)
    counted(lambda: doctor.finds("statistics_stale", unattended.name))
    doctor.find_and_repair("statistics_stale", unattended.name)


@pytest.mark.parametrize("key", ["a.b", "", "$a", 'a"b'])
def test_metadata_that_no_write_accepts(
    doctor: Doctor, connection: Connection, index: Index, key: str
) -> None:
    """SQL on the table wrote it."""
    connection.execute(
        f'update pgvectorize_data."{index.name}" set metadata = %s where id = %s'.encode(),
        [json.dumps({"in": [{key: 1}]}), "v00007"],
    )
    found = doctor.find("metadata_not_valid", index.name)
    assert found.severity == "warning"
    assert 'Vector "v00007", and perhaps others, was written by SQL' in found.finding
    assert f"a double quote: {json.dumps(key)}. Filters" in found.finding
    index.update_metadata({"in": 1}, ids=["v00007"], mode="replace")
    assert not doctor.finds("metadata_not_valid", index.name)


@BOTH_WAYS
def test_rows_that_are_dead(
    doctor: Doctor, unattended: Index, counted: Callable[..., None]
) -> None:
    load(unattended, 3_000)
    unattended.delete(filter={"price": {"$lt": 1_700}})
    counted(lambda: doctor.finds("rows_dead", unattended.name))
    doctor.find_and_repair("rows_dead", unattended.name)
    assert unattended.stats().dead_rows == 0


@pytest.mark.parametrize("option", ["autovacuum_enabled", "toast.autovacuum_enabled"])
def test_autovacuum_that_is_off_for_a_table(
    doctor: Doctor, connection: Connection, index: Index, option: str
) -> None:
    connection.execute(f'alter table pgvectorize_data."{index.name}" set ({option} = no)'.encode())
    doctor.find_and_repair("autovacuum_off", index.name)


@BOTH_WAYS
def test_recall_that_was_never_measured_or_long_ago(
    doctor: Doctor, connection: Connection, index: Index
) -> None:
    doctor.find_and_repair("recall_not_known", index.name)
    connection.execute(
        "update pgvectorize_private.recalls set measured_at = now() - interval '91 days' "
        "where index_id = (select id from pgvectorize_private.indexes where name = %s)",
        [index.name],
    )
    assert doctor.find_and_repair("recall_old", index.name).severity == "notice"
    index.build(rebuild=True)
    found = doctor.find_and_repair("recall_old", index.name)
    assert "with a former build of its HNSW index." in found.finding
    index.build(m=24)
    found = doctor.find_and_repair("recall_not_known", index.name)
    assert "since its HNSW index was built with other options." in found.finding


@pytest.mark.slow
def test_transaction_ids_that_run_out(
    dsn: str, doctor: Doctor, connection: Connection, unattended: Index
) -> None:
    load(unattended, 10)
    connection.execute(
        f'alter table pgvectorize_data."{unattended.name}" '
        "set (autovacuum_freeze_max_age = 100000)".encode()
    )
    assert not doctor.finds("transactions_run_out", unattended.name)
    connection.execute(
        "do $$ begin for turn in 1..112000 loop "
        "perform pg_current_xact_id(); commit; end loop; end $$"
    )
    doctor.find_and_repair("transactions_run_out", unattended.name)


# Room


def test_rows_that_a_crash_made_postgres_forget(
    doctor: Doctor, client: Client, connection: Connection, index: Index
) -> None:
    before = codes(doctor, index)
    connection.execute(
        "select pg_stat_reset_single_table_counters(relation) from pgvectorize_private.indexes "
        "where name = %s",
        [index.name],
    )
    index.upsert([("new", np.ones(DIMENSIONS))])
    client.index(index.name).vacuum(rebuild=False, analyze=False)
    assert not {"hnsw_bloated", "table_bloated"} & (codes(doctor, index) - before)


def test_an_index_that_is_being_deleted_is_not_looked_at(
    dsn: str, doctor: Doctor, index: Index, make_index: Callable[..., str]
) -> None:
    other = make_index()
    with psycopg.connect(dsn) as deleting:
        Client(deleting).delete_index(index.name)
        assert codes(doctor, index) == {"locked"}
        assert not doctor.finds("locked", other)
        deleting.rollback()
    assert not doctor.finds("locked")


@BOTH_WAYS
@pytest.mark.slow
def test_an_hnsw_index_and_a_table_that_take_more_than_they_need(
    doctor: Doctor,
    client: Client,
    connection: Connection,
    make_index: Callable[..., str],
    counted: Callable[..., None],
) -> None:
    index = client.index(make_index(dimensions=512, metric="cosine"))
    connection.execute(  # autovacuum, which is on, has nothing to do, or it might come first
        f'alter table pgvectorize_data."{index.name}" '
        "set (autovacuum_vacuum_threshold = 1000000)".encode()
    )
    values = np.random.default_rng(1).normal(size=(2_400, 512))
    index.bulk_load(ids=[f"v{row:04}" for row in range(2_400)], values=values)
    counted(lambda: doctor.finds("recall_not_known", index.name))
    assert codes(doctor, index) == {"recall_not_known"}
    index.delete_by_ids([f"v{row:04}" for row in range(2_400) if row % 4])
    counted(lambda: doctor.finds("rows_dead", index.name))
    index.vacuum(rebuild=False)
    assert codes(doctor, index) == {"hnsw_bloated", "table_bloated"}
    before = index.stats()
    doctor.find_and_repair("hnsw_bloated", index.name)
    doctor.find_and_repair("table_bloated", index.name)
    after = index.stats()
    assert after.hnsw_bytes < before.hnsw_bytes / 3
    assert after.table_bytes + after.toast_bytes < (before.table_bytes + before.toast_bytes) / 3
    assert index.query(values[4], top_k=1).matches[0].id == "v0004"


def test_an_hnsw_index_that_grew_by_single_inserts_is_not_too_large(
    doctor: Doctor, client: Client, make_index: Callable[..., str]
) -> None:
    index = client.index(make_index(dimensions=256, metric="cosine"))
    values = np.random.default_rng(1).normal(size=(1_500, 256))
    ids = np.random.default_rng(1).permutation(1_500)
    for first in range(0, 1_500, 100):
        index.upsert(
            ids=[f"v{row:04}" for row in ids[first : first + 100]],
            values=values[first : first + 100],
        )
    assert not {"hnsw_bloated", "table_bloated"} & codes(doctor, index)


# Builds


@pytest.fixture
def huge(client: Client, connection: Connection, make_index: Callable[..., str]) -> Index:
    """An index of which Postgres believes that it holds a thousand million vectors."""
    index = client.index(make_index(dimensions=300, metric="euclidean"))
    index.upsert(ids=[str(row) for row in range(900)], values=np.eye(900, 300))
    connection.execute(
        f'alter table pgvectorize_data."{index.name}" set (autovacuum_enabled = off)'.encode()
    )
    index.vacuum()
    connection.execute(
        "update pg_class set reltuples = 1e9 where oid = %s::regclass", [index.info().relation]
    )
    return index


def test_a_build_that_would_not_fit_into_its_memory(
    doctor: Doctor, client: Client, connection: Connection, huge: Index
) -> None:
    try:
        doctor.find_and_repair("build_memory_small", huge.name)
    finally:
        connection.execute(
            SQL("alter database {} reset maintenance_work_mem").format(
                Identifier(connection.info.dbname)
            )
        )
    drop(connection, huge, "hnsw")
    assert "memory" in (doctor.find("hnsw_missing", huge.name).arguments or {})


def test_shared_memory_that_is_too_small_for_a_build(
    doctor: Doctor, connection: Connection, huge: Index
) -> None:
    (row,) = connection.execute(
        "select pgvectorize_private._mount_bytes(pg_read_file('/proc/mounts'), '/dev/shm')"
    ).fetchall()
    if row[0] is None:
        pytest.skip("the server's /dev/shm has no size of its own")
    finding = doctor.find("shared_memory_small", huge.name, "maintenance_work_mem = '2000GB'")
    assert finding.fix is None
    assert "Remount /dev/shm on the server with 2" in finding.finding
    quiet = doctor.findings(
        "maintenance_work_mem = '2000GB'", "max_parallel_maintenance_workers = 0"
    )
    assert "shared_memory_small" not in {each.code for each in quiet}


@pytest.mark.parametrize(
    ("mounts", "bytes"),
    [
        ("shm /dev/shm tmpfs rw,nosuid,relatime,size=65536k,inode64 0 0", 65_536 * 1_024),
        ("tmpfs /dev tmpfs rw,size=1k 0 0\ntmpfs /dev/shm tmpfs size=3m 0 0\n", 3 * 2**20),
        ("a /dev/shm tmpfs size=3m 0 0\nb /dev/shm tmpfs rw,size=2g 0 0\n", 2 * 2**30),
        ("tmpfs /dev/shm tmpfs rw,nosuid,nodev 0 0", None),
        ("tmpfs /dev/shm/x tmpfs rw,size=1g 0 0", None),
        ("", None),
    ],
)
def test_the_size_of_shared_memory_is_read_from_the_mounts(
    connection: Connection, mounts: str, bytes: int | None
) -> None:
    (row,) = connection.execute(
        "select pgvectorize_private._mount_bytes(%s, '/dev/shm')", [mounts]
    ).fetchall()
    assert row[0] == bytes


# The server


@pytest.mark.parametrize(
    ("setting", "code", "reset"),
    [
        ("max_parallel_maintenance_workers = 0", "no_build_workers", None),
        ("effective_cache_size = '8MB'", "effective_cache_size_small", None),
        ("track_counts = off", "autovacuum_off", "track_counts"),
    ],
)
def test_a_setting_of_the_server(
    own_doctor: Doctor, setting: LiteralString, code: str, reset: str | None
) -> None:
    with psycopg.connect(own_doctor.dsn, autocommit=True) as connection:
        name = Identifier(connection.info.dbname)
        connection.execute(SQL("alter database {} set ").format(name) + SQL(setting))
        assert own_doctor.finds(code)
        if reset is None:
            own_doctor.find_and_repair(code)
        else:  # for all databases, of which this one had a setting of its own
            own_doctor.repair(own_doctor.find(code))
            connection.execute(SQL("alter database {} reset all").format(name))
            assert not own_doctor.finds(code)
            connection.execute(f"alter system reset {reset}".encode())
            connection.execute("select pg_reload_conf()")


def test_a_pgvector_that_is_old_or_behind_the_server(own_doctor: Doctor) -> None:
    """By its name only; the server's own library stays what it is."""
    with psycopg.connect(own_doctor.dsn, autocommit=True) as connection:

        def is_now(version: str) -> None:
            connection.execute(
                "update pg_extension set extversion = %s where extname = 'vector'", [version]
            )

        (row,) = connection.execute(
            "select default_version from pg_available_extensions where name = 'vector'"
        ).fetchall()
        offered = tuple(int(part) for part in row[0].split("."))
        is_now("0.8.0")
        if offered < compatibility.PGVECTOR_RECOMMENDED:
            assert own_doctor.find("pgvector_old").fix is None
            return
        assert own_doctor.find_and_repair("pgvector_old").severity == "warning"
        if offered > compatibility.PGVECTOR_RECOMMENDED:
            is_now(".".join(map(str, compatibility.PGVECTOR_RECOMMENDED)))
            assert own_doctor.find_and_repair("pgvector_behind").severity == "notice"
        is_now(".".join(map(str, (*offered[:2], offered[2] + 1))) + "-dev")
        assert own_doctor.findings() == []


def test_it_recommends_the_pgvector_that_python_does(connection: Connection) -> None:
    (row,) = connection.execute(
        "select prosrc from pg_proc where proname = '_doctor_server'"
    ).fetchall()
    assert "'{{{},{},{}}}'".format(*compatibility.PGVECTOR_RECOMMENDED) in row[0]


@pytest.mark.parametrize("is_idle", [True, False])
def test_a_transaction_that_is_old(
    dsn: str, connection: Connection, eventually: Callable[..., None], is_idle: bool
) -> None:
    found = (
        "select finding, fix from pgvectorize_private._doctor_vacuum('0.2 seconds')"
        " where code = 'transaction_old'"
    )
    assert connection.execute(
        "select count(*) from pgvectorize_private._doctor_vacuum() where code = 'transaction_old'"
    ).fetchall() == [(0,)]
    with closing(psycopg.connect(dsn)) as other, ThreadPoolExecutor(1) as elsewhere:
        other.execute("select 1")
        work = None if is_idle else elsewhere.submit(other.execute, "select pg_sleep(60)")
        pid = other.info.backend_pid
        eventually(
            "exists (select from pgvectorize_private._doctor_vacuum('0.2 seconds') "
            "where code = 'transaction_old' and finding like %s)",
            f"Process {pid} of role %{', idle' if is_idle else ''}: vacuum keeps%",
        )
        (finding,) = [
            row for row in connection.execute(found.encode()).fetchall() if f" {pid} " in row[0]
        ]
        assert finding[1] == f"select pg_terminate_backend({pid});"
        connection.execute(finding[1].encode())
        eventually("not exists (select from pg_stat_activity where pid = %s)", pid)
        if work is not None:
            assert work.exception(timeout=10) is not None


def test_a_replication_slot_that_nobody_reads(dsn: str, connection: Connection) -> None:
    code = "replication_slot_idle"
    connection.execute("select pg_create_physical_replication_slot('left_behind', true)")
    try:
        found = connection.execute(
            "select fix from pgvectorize_private._doctor_vacuum(kept => -1) where code = %s",
            [code],
        ).fetchall()
        assert found == [("select pg_drop_replication_slot('left_behind');",)]
        assert (
            connection.execute(
                "select fix from pgvectorize_private._doctor_vacuum() where code = %s", [code]
            ).fetchall()
            == []
        )
    finally:
        connection.execute("select pg_drop_replication_slot('left_behind')")


@pytest.mark.slow
def test_settings_that_want_a_restart_and_a_transaction_that_was_prepared() -> None:
    with own_server() as server:
        server.set({"max_prepared_transactions": "2", "shared_buffers": "1MB", "autovacuum": "off"})
        server.start()
        schema.migrate(server.dsn)
        doctor = Doctor(server.dsn)
        with pgvectorize.connect(server.dsn) as client:
            client.create_index("docs", dimensions=300, metric="cosine")
            values = np.random.default_rng(2).normal(size=(1_000, 300))
            client.index("docs").bulk_load(ids=[str(row) for row in range(1_000)], values=values)
        doctor.find_and_repair("autovacuum_off")

        small = doctor.find("shared_buffers_small")
        assert small.severity == "notice"
        assert doctor.find(
            "shared_buffers_small", None, "effective_cache_size = '1MB'"
        ).severity == ("warning")
        doctor.repair(small)
        server.restart()
        assert not doctor.finds("shared_buffers_small")

        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute("begin")
            connection.execute("create table left_behind (id int)")
            connection.execute("prepare transaction 'one'")
            found = connection.execute(
                "select fix from pgvectorize_private._doctor_vacuum('0 seconds') "
                "where code = 'prepared_transaction_old'"
            ).fetchall()
            assert found == [("rollback prepared 'one';",)]
            assert not doctor.finds("prepared_transaction_old")  # not for an hour
            doctor.run(found[0][0])


# Rights


def test_a_role_that_may_only_read_is_told_what_it_does_not_see(
    own_doctor: Doctor,
) -> None:
    role = Identifier("pgvectorize_test_reader")
    dsn = own_doctor.dsn
    with (
        pgvectorize.connect(dsn) as owner,
        psycopg.connect(dsn, autocommit=True) as administrator,
    ):
        owner.create_index("docs", dimensions=DIMENSIONS, metric="cosine")
        owner.create_index("secret", dimensions=DIMENSIONS, metric="cosine")
        load(owner.index("docs"))
        owner.index("docs").vacuum()
        administrator.execute(SQL("drop role if exists {}").format(role))
        administrator.execute(SQL("create role {}").format(role))
        try:
            administrator.execute(
                SQL(
                    "grant usage on schema pgvectorize, pgvectorize_private, pgvectorize_data to {}"
                ).format(role)
            )
            administrator.execute(
                SQL("grant select on all tables in schema pgvectorize_private to {}").format(role)
            )
            administrator.execute(SQL("grant select on pgvectorize_data.docs to {}").format(role))
            reader_dsn = as_role(dsn, "pgvectorize_test_reader")
            with pgvectorize.connect(reader_dsn) as reader:
                found = {(each.code, each.name) for each in reader.doctor()}
                assert found - {("pgvector_old", None)} == {
                    ("transactions_not_seen", None),
                    ("table_not_seen", "secret"),
                    ("recall_not_known", "docs"),
                }
                assert reader.index("docs").stats().vector_count == ROWS
                for each in reader.doctor():
                    if each.code.endswith("not_seen"):
                        own_doctor.repair(each)
                found = {(each.code, each.name) for each in reader.doctor()}
                assert found - {("pgvector_old", None)} == {("recall_not_known", "docs")}
                with pytest.raises(pgvectorize.PermissionDenied):
                    reader.index("docs").vacuum()
        finally:
            administrator.execute(SQL("drop owned by {} cascade").format(role))
            administrator.execute(SQL("drop role {}").format(role))


def test_a_role_that_may_not_vacuum_is_told_so(own_doctor: Doctor) -> None:
    """Postgres itself would only warn."""
    role = Identifier("pgvectorize_test_writer")
    dsn = own_doctor.dsn
    with (
        pgvectorize.connect(dsn) as owner,
        psycopg.connect(dsn, autocommit=True) as administrator,
    ):
        owner.create_index("docs", dimensions=DIMENSIONS, metric="cosine")
        administrator.execute(SQL("drop role if exists {}").format(role))
        administrator.execute(SQL("create role {}").format(role))
        try:
            administrator.execute(
                SQL(
                    "grant usage on schema pgvectorize, pgvectorize_private, pgvectorize_data to {}"
                ).format(role)
            )
            for schema_name in ("pgvectorize_private", "pgvectorize_data"):
                administrator.execute(
                    SQL(
                        "grant select, insert, update, delete on all tables in schema {} to {}"
                    ).format(Identifier(schema_name), role)
                )
            with pgvectorize.connect(as_role(dsn, "pgvectorize_test_writer")) as writer:
                with pytest.raises(pgvectorize.PermissionDenied, match="may not vacuum") as refusal:
                    writer.index("docs").vacuum()
                if administrator.info.server_version >= 170_000:
                    own_doctor.run(str(refusal.value.hint).partition(": ")[2] + ";")
                    assert writer.index("docs").vacuum().remaining_rows == 0
        finally:
            administrator.execute(SQL("drop owned by {} cascade").format(role))
            administrator.execute(SQL("drop role {}").format(role))
