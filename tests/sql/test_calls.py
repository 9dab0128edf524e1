"""What the client asks, against `pg_proc`: functions, arguments, types, defaults, columns."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args, get_origin

import psycopg
import pytest
from psycopg import pq
from psycopg._queries import PostgresQuery
from psycopg.adapt import Transformer

import pgvectorize
from pgvectorize import Client, Index
from pgvectorize.encoding.wire import Binary, BinaryDumper
from pgvectorize.plans import Handshake, Plan, Prepared, Statement

Connection = psycopg.Connection[tuple[object, ...]]

# what is called with something else than an argument of its own name
RENAMED: dict[str, dict[str, str | None]] = {
    "adopt_index": {"table": "relation"},
    "count": {"namespace": "namespaces"},
    "explain": {"namespace": "namespaces"},
    "insert": {"vectors": None, "values": "embeddings"},
    "query": {"namespace": "namespaces"},
    "query_by_id": {"namespace": "namespaces"},
    "query_many": {"namespace": "namespaces"},
    "upsert": {"vectors": None, "values": "embeddings"},
}
# what the client does itself
ITS_OWN = {
    "build": {"concurrently"},
    "insert": {"batch_size", "atomic"},
    "query_many": {"connections"},
    "upsert": {"batch_size", "atomic"},
}
NO_CALL = {"connect", "using", "close", "index"}
# not one call of a public function: a load, what is run outside of transactions, and what embeds
STEPS = {"bulk_load", "query_text", "query_texts", "vacuum"}
GIVEN: dict[str, Any] = {
    "content": None,
    "exclude_ids": ["a"],
    "filter": {},
    "filters": [None],
    "ids": ["a"],
    "memory": "1GB",
    "metadata": None,
    "metadata_columns": ["a"],
    "mode": "upsert",
    "model": pgvectorize.EmbeddingModel("test", "model", 7),
    "namespaces": None,
    "patch": {},
    "values": None,
    "vector": [1.0],
    "vectors": [("a", [1.0])],
}
WORDS = {
    "bigint": "int",
    "boolean": "bool",
    "double precision": "float",
    "integer": "int",
    "jsonb": "Filter Metadata str",  # a model by its name
    "jsonb[]": "Sequence",
    "regclass": "str",
    "text": "str",
    "text[]": "Sequence Iterable str",
    "vector": "ValuesInput",
    "vector[]": "npt.ArrayLike",
}


class Asked(Exception):
    def __init__(self, statement: Statement) -> None:
        self.statement = statement


class Recorder(Client):
    """A client that sends nothing."""

    def __init__(self, *, is_free: bool) -> None:
        super().__init__(None)  # type: ignore[arg-type]
        self._handshake = Handshake(vector_oid=70_000, backend_pid=1)
        self._owns_source = is_free

    def _run(self, plan: Plan[Any], *, atomic: bool = False) -> Any:
        step = next(plan)
        if "to_regclass" in str(step.sql):
            step = plan.send([{"is_there": True}])
        assert isinstance(step, Statement)
        raise Asked(step)


def methods() -> Iterator[Any]:
    for owner in (Client, Index):
        for name, _ in inspect.getmembers(owner, inspect.isfunction):
            if not name.startswith("_") and name not in NO_CALL:
                yield pytest.param(owner, name, id=name)


def value(parameter: inspect.Parameter) -> Any:
    if parameter.name in GIVEN:
        return GIVEN[parameter.name]
    return {"int": 7, "float": 0.25, "bool": True}.get(first_word(parameter), "x")


def first_word(parameter: inspect.Parameter) -> str:
    """The type of a parameter, None apart; of a Literal what its values are."""
    word: str = re.match(r"[\w.]+", parameter.annotation)[0]  # type: ignore[index]
    alias = getattr(pgvectorize, word, None)
    if get_origin(alias) is Literal:
        return type(get_args(alias)[0]).__name__
    return word


def asked(owner: type, name: str, *, is_free: bool) -> tuple[dict[str, Any], Statement]:
    client = Recorder(is_free=is_free)
    method = getattr(client if owner is Client else client.index("docs"), name)
    parameters = inspect.signature(method).parameters
    arguments = {each.name: value(each) for each in parameters.values()}
    if name in ("query_many", "recall", "tune"):
        arguments["vectors"] = [[1.0]]
    if name == "query_many":
        arguments["connections"] = 1
    if name == "size":
        arguments["vectors"] = 7
    if name in ("bulk_load", "insert", "upsert"):
        arguments["ids"] = None
    with pytest.raises(Asked) as caught:
        method(**arguments)
    return arguments, caught.value.statement


def function(statement: Statement) -> tuple[str, str]:
    text = statement.sql.decode() if isinstance(statement.sql, bytes) else str(statement.sql)
    found = re.search(r"(pgvectorize(?:_private)?)\.(\w+)\(", text)
    assert found is not None, text
    return found[1], found[2]


def declared(connection: Connection, name: str) -> dict[str, tuple[str, bool, object]]:
    """The arguments of a public function: type, whether there is a default, and which."""
    rows = connection.execute(
        """
        select proargnames[place]::text, format_type(type, null),
            pg_get_function_arg_default(oid, place::integer)
        from pg_proc, unnest(proargtypes) with ordinality as listed (type, place)
        where pronamespace = 'pgvectorize'::regnamespace and proname = %s
        """,
        [name],
    ).fetchall()
    return {
        str(argument): (str(kind), default is not None, evaluated(connection, default))
        for argument, kind, default in rows
    }


def evaluated(connection: Connection, expression: object) -> object:
    row = connection.execute(f"select {expression}".encode()).fetchone() if expression else None
    return row and row[0]


def described(connection: Connection, statement: Statement) -> pq.abc.PGresult:
    """What the server makes of a statement, which it parses and does not run."""
    transformer = Transformer.from_context(connection)
    transformer.adapters.register_dumper(Binary, BinaryDumper)
    query = PostgresQuery(transformer)
    query.convert(statement.sql, statement.params)
    result = connection.pgconn.prepare(b"", query.query, query.types)
    assert result.status == pq.ExecStatus.COMMAND_OK, result.error_message.decode()
    return connection.pgconn.describe_prepared(b"")


@pytest.mark.parametrize("is_free", [False, True])
@pytest.mark.parametrize(("owner", "name"), list(methods()))
def test_the_server_knows_what_a_method_asks(
    connection: Connection, owner: type, name: str, is_free: bool
) -> None:
    """Functions, arguments and columns are there, and no argument that is needed is missing."""
    if name == "vacuum" and not is_free:
        return
    _, statement = asked(owner, name, is_free=is_free)
    assert described(connection, statement).nfields >= 1


@pytest.mark.parametrize(("owner", "name"), [each for each in methods() if each.id not in STEPS])
def test_a_method_is_the_function_of_its_name(
    connection: Connection, owner: type, name: str
) -> None:
    arguments, statement = asked(owner, name, is_free=False)
    assert function(statement) == ("pgvectorize", {"info": "get_index"}.get(name, name))
    there = declared(connection, function(statement)[1])
    assert statement.params.keys() <= there.keys()
    method: Callable[..., Any] = getattr(owner, name)
    for parameter in inspect.signature(method).parameters.values():
        argument = RENAMED.get(name, {}).get(parameter.name, parameter.name)
        if argument in (None, "self") or parameter.name in ITS_OWN.get(name, set()):
            continue
        kind, has_default, default = there[argument]
        assert first_word(parameter) in WORDS[kind] or name in ("insert", "upsert"), parameter
        assert has_default == (parameter.default is not parameter.empty), parameter
        if has_default:
            assert parameter.default in (default, ()), parameter
        sent = statement.params[argument]
        if not isinstance(sent, (Binary, list)):
            assert sent == arguments[parameter.name], parameter


@pytest.mark.parametrize(
    "name",
    [
        "query",
        "query_by_id",
        "get_by_ids",
        "insert",
        "upsert",
        "update_metadata",
        "delete_by_ids",
    ],
)
def test_a_prepared_statement_is_sent_what_the_server_reads(
    connection: Connection, name: str
) -> None:
    """Parameters are binary, so each must have the type that the function declares."""
    _, statement = asked(Index, name, is_free=False)
    assert isinstance(statement, Prepared)
    kinds = {bool: "boolean", float: "double precision", int: "integer", list: "text[]"}
    given = list(statement.params.values())
    read = connection.execute(
        "select format_type(type, null) from unnest(%s::oid[]) as type",
        [[described(connection, statement).param_type(place) for place in range(len(given))]],
    ).fetchall()
    for value, (kind,) in zip(given, read, strict=True):
        if value is not None and not isinstance(value, Binary):
            assert kind == kinds.get(type(value), "text"), statement
    assert "timestamp with time zone" not in columns(connection, statement)


def columns(connection: Connection, statement: Statement) -> list[object]:
    result = described(connection, statement)
    types = [result.ftype(place) for place in range(result.nfields)]
    rows = connection.execute(
        "select format_type(type, null) from unnest(%s::oid[]) as type", [types]
    )
    return [kind for (kind,) in rows]


def test_the_client_has_every_public_function(connection: Connection) -> None:
    rows = connection.execute(
        "select proname from pg_proc"
        " where pronamespace = 'pgvectorize'::regnamespace and not starts_with(proname, '_')"
    )
    assert {name for (name,) in rows} - {each.id for each in methods()} == {"prices"}
