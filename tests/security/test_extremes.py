"""What is null, extreme, too deep or too long is refused by an error of ours, or answered."""

from __future__ import annotations

import base64
from collections.abc import Callable

import psycopg
import pytest

from pgvectorize import Client, InvalidFilter, InvalidRequest, InvalidVector
from tests import variants
from tests.security.test_injection import CALLS, PUBLIC, Connection, parameters

DEEP = 2_000  # levels of JSON, which Postgres reads and Python does not
EXTREMES: dict[str, list[str]] = {
    "integer": [str(2**31 - 1), str(-(2**31)), "0", "-1"],
    "bigint": [str(2**63 - 1), str(-(2**63)), "0", "-1"],
    "double precision": ["NaN", "Infinity", "-Infinity", "1e308", "-1e308", "5e-324", "0", "-1"],
    "jsonb": [
        '{"a":' * DEEP + "1" + "}" * DEEP,
        "[" * DEEP + "]" * DEEP,
        '{"a":' + "[" * DEEP + "]" * DEEP + "}",
        '{"a": 1e5000}',
        '{"a": -1e5000}',
        '{"a": {"$gt": 1e100000}}',
        '{"$and": [' * DEEP + "{}" + "]}" * DEEP,
        '{"$not": ' * DEEP + "{}" + "}" * DEEP,
        '[{"id": "a", "values": [1, 1e5000]}]',
        '[{"id": "a", "values": [1, 2], "metadata": {"a": 1e5000}}]',
        '[{"id": "a", "values": [1, 2], "metadata": {"a": ' + "[" * DEEP + "]" * DEEP + "}}]",
        "null",
    ],
    "text": [
        base64.b64encode(b"[" * 20_000).decode(),
        base64.b64encode(b"[" * 20_000 + b"]" * 20_000).decode(),
        "x" * 1_000_000,
        "",
    ],
    "text[]": ["{}", "{NULL}", "{" + ",".join(["x"] * 10_000) + "}"],
    "vector[]": ["{}", "{NULL}"],
    "boolean": [],
}
EXTREMES["jsonb[]"] = ["{}", "{NULL}"]
EXTREMES["vector"] = [f"[{','.join('1' * 16_000)}]", "[3e38,3e38]", "[1e-45,0]"]


@pytest.mark.parametrize("function", PUBLIC)
def test_an_extreme_argument_is_answered_or_refused_by_us(
    watched: Connection, function: str
) -> None:
    wrong = []
    types = parameters(watched, function)
    for name, type_name in types.items():
        for value in (None, *EXTREMES.get(type_name, [])):
            given = {**CALLS.get(function, {}), name: value}
            call = ", ".join(f'"{each}" => %({each})s::{cast(types[each])}' for each in given)
            try:
                with watched.transaction(force_rollback=True):
                    watched.execute(f"select * from pgvectorize.{function}({call})", given)
            except psycopg.Error as error:
                state = str(error.sqlstate)
                if not state.startswith("PV") and not (
                    type_name == "regclass" or state == "0A000"  # pg_prewarm is not everywhere
                ):
                    wrong.append((name, str(value)[:40], state, str(error)[:120]))
    assert not wrong, "\n".join(map(str, wrong))


def cast(type_name: str) -> str:
    return f"public.{type_name}" if type_name.startswith("vector") else type_name


@pytest.fixture
def index(make_index: Callable[..., str]) -> str:
    return make_index(dimensions=2, metric="euclidean")


def deep(levels: int) -> str:
    """An object whose innermost value is so many levels below it."""
    return '{"a":' * levels + "1" + "}" * levels


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        (deep(101), "metadata is nested more than 100 levels deep"),
        ('{"a":' + "[" * 100 + "1" + "]" * 100 + "}", "nested more than 100 levels deep"),
        ('{"a": 1e4300}', "a number in the metadata has more than 4300 digits"),
        ('{"a": [{"b": -1e5000}]}', "a number in the metadata has more than 4300 digits"),
    ],
)
def test_metadata_that_python_cannot_read_is_not_stored(
    watched: Connection, metadata: str, says: str
) -> None:
    for statement in (
        "pgvectorize.upsert('target', '{x}', '{\"[1,2]\"}',"
        " metadata => array[%(metadata)s::jsonb])",
        "pgvectorize.insert('target', vectors => jsonb_build_object("
        "'id', 'x', 'values', '[1, 2]'::jsonb, 'metadata', %(metadata)s::jsonb))",
        "pgvectorize.update_metadata('target', %(metadata)s, ids => '{v1}')",
    ):
        with pytest.raises(psycopg.Error, match=says) as refusal, watched.transaction():
            watched.execute(f"select {statement}", {"metadata": metadata})
        assert str(refusal.value.sqlstate).startswith("PV")


@pytest.mark.parametrize("metadata", [deep(100), '{"a": 9.9e4299}', '{"a": 1e-5000}'])
def test_metadata_up_to_these_limits_is_read(watched: Connection, metadata: str) -> None:
    with watched.transaction(force_rollback=True):
        watched.execute(
            "select pgvectorize.upsert('target', '{x}', '{\"[1,2]\"}',"
            " metadata => array[%s::jsonb])",
            [metadata],
        )
        (vector,) = Client(watched).index("target").get_by_ids(["x"])
        assert vector.metadata is not None


@pytest.mark.parametrize("count", [1, 3_000])
def test_python_does_not_send_what_it_could_not_read(
    client: Client, index: str, count: int
) -> None:
    levels: list[object] = []
    for _ in range(100):
        levels = [levels]
    rows = [(str(row), [1, 2], None, {"a": levels[0]}) for row in range(count)]
    client.index(index).upsert(rows)
    rows[-1] = ("bad", [1, 2], None, {"a": [levels]})
    with pytest.raises(InvalidVector, match=f"row {count}.*nested more than 100 levels deep"):
        client.index(index).upsert(rows)
    for filter in ({"a": [levels]}, {"a": {"$eq": [levels]}}):
        with pytest.raises(InvalidFilter):
            client.index(index).count(filter=filter)
    assert client.index(index).count() == count


@pytest.mark.parametrize("word", ["maybe", "2", "onn", "'"])
def test_a_word_that_is_neither_on_nor_off_is_refused(dsn: str, index: str, word: str) -> None:
    with psycopg.connect(variants.straight(dsn), autocommit=True) as connection:
        connection.execute("select set_config('pgvectorize.strict', %s, false)", [word])
        for call in (
            "pgvectorize.count(%(index)s)",
            "pgvectorize.create_index('x' || %(index)s, 2, 'cosine')",
            f"pgvectorize_data.\"{index}\"('[1,2]')",
        ):
            with pytest.raises(psycopg.Error, match=r'pgvectorize\.strict is "') as refusal:
                connection.execute(f"select {call}", {"index": index})
            assert refusal.value.sqlstate == "PV000"
        for good in ("off", "FALSE", "no", "0", ""):
            connection.execute("select set_config('pgvectorize.strict', %s, false)", [good])
            connection.execute("select pgvectorize.count(%s)", [index])
        for good in ("on", "True", "yes", "1"):
            connection.execute("select set_config('pgvectorize.strict', %s, false)", [good])
            with pytest.raises(psycopg.Error, match="Vectorize has no offset"):
                connection.execute(
                    "select pgvectorize.query(%s, '[1,2]', \"offset\" => 1)", [index]
                )


@pytest.mark.parametrize(
    "taken",
    [
        'create type pgvectorize_data."taken" as enum ()',
        'create domain pgvectorize_data."taken" as text',
        'create sequence pgvectorize_data."taken"',
        "create function pgvectorize_data.taken() returns int language sql as 'select 1'",
        "create function pgvectorize_data.taken("
        "public.vector, integer, boolean, text, jsonb, text[], boolean)"
        " returns int language sql as 'select 1'",
        "create function pgvectorize_data.taken() returns int language sql as 'select 1';"
        "create function pgvectorize_data.taken(int) returns int language sql as 'select 1'",
    ],
)
def test_a_name_that_something_else_has_is_taken(watched: Connection, taken: str) -> None:
    with watched.transaction(force_rollback=True):
        watched.execute(taken)
        for call in ("create_index('taken', 2, 'cosine')", "update_index('target', 'taken')"):
            with (
                pytest.raises(psycopg.Error, match='has the name "taken"') as refusal,
                watched.transaction(),
            ):
                watched.execute(f"select pgvectorize.{call}")
            assert refusal.value.sqlstate == "PV002"


@pytest.mark.parametrize("option", ["max_distance", "min_score"])
def test_nan_is_no_limit(client: Client, index: str, option: str) -> None:
    options = {option: float("nan")}
    calls: list[Callable[[], object]] = [
        lambda: client.index(index).query([1, 2], **options),  # type: ignore[arg-type]
        lambda: client.index(index).query_many([[1, 2]], **options),  # type: ignore[arg-type]
        lambda: client.index(index).explain([1, 2], **options),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(InvalidRequest, match=f"{option} is not a number"):
            call()
