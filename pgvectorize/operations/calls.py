"""Calls of the public SQL functions, written from a model, a name and named arguments.

`one(IndexInfo, "get_index", name="docs")` is the plan of
`select name, dimensions, … from pgvectorize.get_index(name => %(name)s)`.
An operation that is nothing else is a `partial` of it. Each argument is checked by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from itertools import starmap
from typing import Any, LiteralString, TypeVar

from psycopg.sql import SQL, Composable, Identifier, Literal, Placeholder

from pgvectorize.operations.parameters import checked
from pgvectorize.plans import Plan, Prepared, Statement

T = TypeVar("T")


def one(model: type[T], function: LiteralString, /, **arguments: Any) -> Plan[T]:
    """Call a function that returns one row."""
    rows = yield call(model, function, arguments)
    return model(**rows[0])


def many(model: type[T], function: LiteralString, /, **arguments: Any) -> Plan[list[T]]:
    """Call a function that returns any number of rows."""
    rows = yield call(model, function, arguments)
    return [model(**row) for row in rows]


def one_often(
    model: type[T], function: LiteralString, *, is_alone: bool = False, **arguments: Any
) -> Plan[T]:
    """Do as `one`, by a statement that is `Prepared`."""
    rows = yield prepared_call(model, function, checked(arguments), is_alone=is_alone)
    return model(*rows[0])


def many_often(model: type[T], function: LiteralString, **arguments: Any) -> Plan[list[T]]:
    """Do as `many`, by a statement that is `Prepared`."""
    rows = yield prepared_call(model, function, checked(arguments))
    return list(starmap(model, rows))


def value(kind: type[T], function: LiteralString, /, **arguments: Any) -> Plan[T]:
    """Call a function that returns one value."""
    rows = yield call(None, function, arguments)
    found: T = rows[0]["value"]
    return found


def nothing(function: LiteralString, /, **arguments: Any) -> Plan[None]:
    """Call a function that returns nothing."""
    yield call(None, function, arguments)


def call(model: type | None, function: LiteralString, arguments: Mapping[str, Any]) -> Statement:
    """Return the statement of a call; its columns are the fields of `model`, or one `value`."""
    return Statement(_text(model, function, tuple(arguments)), checked(arguments))


def prepared_call(
    model: type, function: LiteralString, arguments: Mapping[str, Any], *, is_alone: bool = False
) -> Prepared:
    """Do as `call`, with arguments that are checked already."""
    return Prepared(_prepared_text(model, function, tuple(arguments)), arguments, is_alone)


@cache
def _text(model: type | None, function: LiteralString, names: tuple[str, ...]) -> bytes:
    return _written(model, function, {name: Placeholder(name) for name in names})


@cache
def _prepared_text(model: type, function: LiteralString, names: tuple[str, ...]) -> bytes:
    places = {name: SQL("$") + Literal(place) for place, name in enumerate(names, start=1)}
    return _written(model, function, places)


def _written(
    model: type | None, function: LiteralString, arguments: Mapping[str, Composable]
) -> bytes:
    given = SQL(", ").join(
        SQL("{} => {}").format(Identifier(name), argument) for name, argument in arguments.items()
    )
    called = SQL("pgvectorize.") + SQL(function) + SQL("({})").format(given)
    if model is None:
        return SQL("select {} as value").format(called).as_bytes()
    columns = SQL(", ").join(_column(field.name) for field in fields(model))
    return SQL("select {} from {}").format(columns, called).as_bytes()


def _column(name: str) -> Any:
    # a regclass comes as its OID, in binary
    return SQL("relation::pg_catalog.text") if name == "relation" else Identifier(name)
