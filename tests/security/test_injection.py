"""Hostile text in every place that takes text: each call is answered or refused, nothing else."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import psycopg
import pytest
from click.testing import CliRunner
from psycopg.sql import SQL, Identifier

from pgvectorize import Client, Index, PgVectorizeError, functions
from pgvectorize.cli import main
from pgvectorize.embedding import as_embedder
from tests.security.hostile import FEW, STRINGS, TOGETHER, values

Connection = psycopg.Connection[tuple[object, ...]]

# A call of each function that succeeds. One that is new is refused by the test until it is here.
CALLS: dict[str, dict[str, Any]] = {
    "adopt_collection": {
        **{"name": "adopted", "library": "langchain", "collection": "c", "metric": "cosine"},
        **{"embeddings": "langchain_pg_embedding", "collections": "langchain_pg_collection"},
    },
    "adopt_index": {
        **{"name": "adopted", "relation": "pgvectorize_data.bystander", "metric": "cosine"},
        **{"id_column": "id", "embedding_column": "embedding"},
    },
    "build": {"index": "target", "rebuild": True},
    "build_progress": {"index": "target"},
    "count": {"index": "target"},
    "create_index": {"name": "created", "dimensions": 2, "metric": "cosine"},
    "create_metadata_index": {"index": "target", "property_name": "a", "index_type": "string"},
    "create_namespace_index": {"index": "target", "namespace": "space"},
    "delete": {"index": "target", "namespace": "space"},
    "delete_by_ids": {"index": "target", "ids": ["v1"]},
    "delete_index": {"name": "target"},
    "delete_metadata_index": {"index": "target", "property_name": "indexed"},
    "delete_namespace": {"index": "target", "namespace": "space"},
    "delete_namespace_index": {"index": "target", "namespace": "space"},
    "describe": {"index": "target"},
    "doctor": {"index": "target"},
    "drop_hnsw": {"index": "target"},
    "explain": {"index": "target", "vector": "[1,2]"},
    "facets": {"index": "target", "property_name": "a"},
    "get_by_ids": {"index": "target", "ids": ["v1"]},
    "get_index": {"name": "target"},
    "grant": {"role": "pg_read_all_data", "access": "reader"},
    "insert": {"index": "target", "ids": ["new"], "embeddings": ["[1,2]"]},
    "list_metadata_indexes": {"index": "target"},
    "list_namespace_indexes": {"index": "target"},
    "list_namespaces": {"index": "target"},
    "list_vectors": {"index": "target"},
    "prewarm": {"index": "target"},
    "query": {"index": "target", "vector": "[1,2]"},
    "query_by_id": {"index": "target", "id": "v1"},
    "query_many": {"index": "target", "vectors": ["[1,2]"]},
    "recall": {"index": "target", "queries": 2, "store": False},
    "revoke": {"role": "pg_read_all_data"},
    "size": {"vectors": 1, "dimensions": 2},
    "stats": {"index": "target"},
    "truncate": {"index": "target"},
    "tune": {"index": "target", "recall": 0.5, "queries": 2},
    "update_index": {"name": "target", "description": "one"},
    "update_metadata": {"index": "target", "patch": "{}", "ids": ["v1"]},
    "upsert": {"index": "target", "ids": ["new"], "embeddings": ["[1,2]"]},
    "usage": {"index": "target"},
}
# what the types say before any function of ours is called: of names of tables, vectors and JSON
INPUT_ERRORS = {
    "regclass": {"42P01", "42602", "3F000", "0A000"},
    "vector": {"22P02", "22003", "54000"},
    "vector[]": {"22P02", "22003", "54000"},
    "jsonb": {"22003"},  # 1e400 as a patch of a float
}
# an array where a text is wanted, JSON with NUL, the name of a table that is none
REFUSED_BY_TYPES = {"22P02", "22P05", "42P01", "42602", "3F000", "0A000", "42883", "42846", "42804"}
TEXTS = {"text", "text[]", "jsonb", "jsonb[]", "regclass", "vector", "vector[]", "regrole", "name"}
# what a backslash in a literal could set free
ESCAPES = [text for text in STRINGS if "\\" in text and "'" in text]
# which take every shape of JSON; what compiles filters is the same in the others
WHOLE = {"count", "update_metadata", "upsert"}
PUBLIC = sorted(
    path.stem
    for path in functions.find("sql/functions").rglob("*.sql")
    if not path.stem.startswith("_")
)


def parameters(connection: Connection, function: str) -> dict[str, str]:
    """The types of a function's parameters, by name."""
    rows = connection.execute(
        """
        select proargnames[place]::text, format_type(type, null)
        from pg_proc, unnest(proargtypes) with ordinality as listed (type, place)
        where pronamespace = 'pgvectorize'::regnamespace and proname = %s
        """,
        [function],
    ).fetchall()
    return {str(name): str(type_name).split(".")[-1] for name, type_name in rows}


@pytest.mark.parametrize("conforming", ["on", "off"])
@pytest.mark.parametrize("function", PUBLIC)
def test_every_parameter_of_every_function_is_data(
    watched: Connection, function: str, conforming: str
) -> None:
    types = parameters(watched, function)
    texts = {name for name, type_name in types.items() if type_name in TEXTS}
    if not texts:
        return
    watched.execute(f"set local standard_conforming_strings = {conforming}")
    assert function in CALLS, "give a call of it that succeeds"
    wrong = []
    for name in texts:
        for text in STRINGS if conforming == "on" else ESCAPES:
            for value in values(types[name], text, whole=function in WHOLE):
                given = {**CALLS[function], name: value}
                if error := call(watched, function, types, given):
                    if error.sqlstate in INPUT_ERRORS.get(types[name], set()):
                        continue
                    wrong.append((name, value[:80], error.sqlstate, str(error)[:200]))
    assert wrong == []


def call(
    connection: Connection,
    function: str,
    types: dict[str, str],
    given: dict[str, Any],
    allowed: str = "PV",
) -> psycopg.Error | None:
    """Call a function by parameters; return an error that is none of ours."""
    statement = SQL("select * from pgvectorize.{}({})").format(
        Identifier(function),
        SQL(", ").join(
            SQL("{} => %s::{}").format(Identifier(name), SQL(types[name])) for name in given
        ),
    )
    try:
        with connection.transaction():
            connection.execute(statement, list(given.values())).fetchall()
    except psycopg.Error as error:
        return None if allowed and (error.sqlstate or "").startswith(allowed) else error
    return None


def test_the_calls_succeed(watched: Connection) -> None:
    """Else what is hostile would hide behind what is wrong anyway."""
    for function in sorted(set(PUBLIC) & set(CALLS)):
        types = parameters(watched, function)
        assert set(CALLS[function]) <= set(types)
        error = None
        with watched.transaction(force_rollback=True):
            error = call(watched, function, types, CALLS[function], allowed="")
        # 0A000: pg_prewarm is not everywhere
        assert error is None or error.sqlstate == "0A000", (function, str(error))


# Python


def texts_of(method: Callable[..., Any]) -> list[str]:
    """The parameters of a method that may be given a string, or JSON."""
    words = ("str", "Filter", "Metadata", "Type", "Metric", "Mode", "Storage", "Precision")
    return [
        name
        for name, parameter in inspect.signature(method).parameters.items()
        if name != "self" and any(word in str(parameter.annotation) for word in words)
    ]


METHODS: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "adopt_collection": (["adopted", "langchain", "c"], {"metric": "cosine"}),
    "adopt_index": (
        ["adopted", "pgvectorize_data.bystander"],
        {"id_column": "id", "embedding_column": "embedding", "metric": "cosine"},
    ),
    "create_index": (["created"], {"dimensions": 2, "metric": "cosine"}),
    "create_metadata_index": (["a", "string"], {}),
    "create_namespace_index": (["space"], {}),
    "delete": ([], {"namespace": "space"}),
    "delete_by_ids": ([["v1"]], {}),
    "delete_index": (["target"], {}),
    "delete_metadata_index": (["indexed"], {}),
    "delete_namespace": (["space"], {}),
    "delete_namespace_index": (["space"], {}),
    "explain": ([[1, 2]], {}),
    "facets": (["a"], {}),
    "get_by_ids": ([["v1"]], {}),
    "get_index": (["target"], {}),
    "grant": (["pg_read_all_data", "reader"], {}),
    "index": (["target"], {}),
    "insert": ([[("new", [1, 2])]], {}),
    "query": ([[1, 2]], {}),
    "query_by_id": (["v1"], {}),
    "query_many": ([[[1, 2]]], {}),
    "query_text": (["a"], {}),
    "query_texts": ([["a"]], {}),
    "recall": ([], {"queries": 2, "store": False}),
    "revoke": (["pg_read_all_data"], {}),
    "size": ([1], {"dimensions": 2}),
    "tune": ([0.5], {"queries": 2}),
    "update_index": (["target"], {}),
    "update_metadata": ([{}], {"ids": ["v1"]}),
    "upsert": ([[("new", [1, 2])]], {}),
}
# they open, lend or wrap a connection; what they do is done by the others
NOT_CALLED = {"connect", "using", "close", "bulk_load"}


def methods() -> Iterator[Any]:
    for owner in (Client, Index):
        for name, method in inspect.getmembers(owner, inspect.isfunction):
            if not name.startswith("_") and name not in NOT_CALLED and texts_of(method):
                yield pytest.param(owner, name, id=f"{owner.__name__}.{name}")


@pytest.mark.parametrize(("owner", "name"), list(methods()))
def test_every_argument_of_every_method_is_data(
    watched: Connection, owner: type, name: str
) -> None:
    client = Client(watched)
    method: Callable[..., Any] = getattr(owner, name)
    positional, named = METHODS.get(name, ([], {}))
    signature = inspect.signature(method)
    embedder = as_embedder(lambda texts: [[1, 2] for _ in texts], model="test:ones")
    subject = client if owner is Client else client.index("target", model=embedder)
    wrong: list[tuple[object, ...]] = []
    for parameter in texts_of(method):
        for text in [*FEW, "\0", "a\0b", "\ud800"]:
            for value in (text, [text], {text: text}, {"a": {"$in": [text]}}):
                bound = signature.bind_partial(subject, *positional, **named)
                bound.arguments[parameter] = value
                try:
                    with watched.transaction():
                        answer = method(*bound.args, **bound.kwargs)
                        if inspect.isgenerator(answer):
                            list(answer)
                except PgVectorizeError as error:
                    state = error.sqlstate or ""
                    if state and not state.startswith("PV") and state not in REFUSED_BY_TYPES:
                        wrong.append((parameter, str(value)[:80], state, str(error)[:200]))
                except (TypeError, AttributeError) as error:
                    if isinstance(
                        value, str
                    ):  # of a wrong type, as it says, before anything is sent
                        wrong.append((parameter, value[:80], type(error), str(error)[:200]))
    assert wrong == []


# The command line

# what a command needs beside the option that is hostile
NEEDED = {
    **{"file": "vectors.ndjson", "vectors": "vectors.ndjson", "output": "out.ndjson"},
    **{"ids": "v1", "patch": "{}", "property-name": "a", "type": "string", "recall": "0.5"},
    **{"namespace": "space", "metric": "cosine", "vector": "1 2", "dimensions": "2"},
    **{"table": "canary", "id": "id", "embedding": "word", "role": "pg_read_all_data"},
    **{"access": "reader"},
}
NAMED_ONE_BY_ONE = {"query": ["vector"], "delete-vectors": ["ids"], "update-metadata": ["ids"]}
NAMED_ONE_BY_ONE |= {"create": ["dimensions", "metric"], "adopt": ["table", "id", "embedding"]}


def hostile_options() -> Iterator[Any]:
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        for parameter in command.params:
            option = parameter.opts[-1].lstrip("-")
            if type(parameter.type).__name__ == "StringParamType" and option != "dsn":
                yield pytest.param(command, name, option, id=f"{name}-{option}")


def line(command: click.Command, name: str, hostile: str, text: str) -> list[str]:
    """A command with hostile text for one option, or as an argument."""
    options: list[str] = []
    arguments: list[str] = []
    for parameter in command.params:
        option = parameter.opts[-1].lstrip("-")
        if isinstance(parameter, click.Argument):
            arguments.append(text if option == hostile else NEEDED.get(option, "target"))
        elif option == hostile:
            options.append(f"--{option}={text}")
        elif parameter.required or option in NAMED_ONE_BY_ONE.get(name, []):
            options.append(f"--{option}={NEEDED[option]}")
    return [name, *options, "--", *arguments]


@pytest.mark.slow
@pytest.mark.parametrize(("command", "name", "option"), list(hostile_options()))
def test_every_option_of_every_command_is_data(
    guarded: str,
    unchanged: Callable[[], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: click.Command,
    name: str,
    option: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("vectors.ndjson").write_text('{"id": "v1", "values": [1, 2]}\n')
    for text in (TOGETHER, '"a"b', json.dumps({TOGETHER: TOGETHER})):
        result = CliRunner().invoke(
            main, ["--dsn", guarded, *line(command, name, option, text)], input="no\n"
        )
        assert result.exit_code in (0, 1, 2), result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        for told in ("syntax error", "Traceback", "unterminated", "XX000"):
            assert told not in result.output
        unchanged()
