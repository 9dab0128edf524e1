"""Arguments of a wrong type: each is converted, or refused by its name, by every public method."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import psycopg
import pytest

from pgvectorize import Client, Index, InvalidRequest, NotFound
from tests import variants

WRONG: list[Any] = [None, 5.0, b"x", object(), np.int64(2), [], {}, "x", True, "a\0", 2**70, [5.0]]

# What each method needs besides the argument that is tried.
GOOD: dict[str, dict[str, Any]] = {
    "create_index": {"name": "arguments-new", "dimensions": 2, "metric": "cosine"},
    "get_index": {},
    "update_index": {},
    "delete_index": {},
    "adopt_index": {
        "name": "arguments-new",
        "table": "pg_temp.theirs",
        "id_column": "id",
        "embedding_column": "embedding",
        "metric": "cosine",
    },
    "adopt_collection": {
        "name": "arguments-new",
        "library": "langchain",
        "collection": "c",
        "metric": "cosine",
    },
    "grant": {"role": "nobody_at_all", "access": "reader"},
    "revoke": {"role": "nobody_at_all"},
    "size": {"vectors": 10, "dimensions": 2},
    "query": {"vector": [1, 2]},
    "explain": {"vector": [1, 2]},
    "query_by_id": {"id": "a"},
    "query_many": {"vectors": [[1, 2]]},
    "get_by_ids": {"ids": ["a"]},
    "delete_by_ids": {"ids": ["a"]},
    "delete": {"namespace": "n"},
    "delete_namespace": {"namespace": "n"},
    "update_metadata": {"patch": {"a": 1}, "ids": ["a"]},
    "facets": {"property_name": "a"},
    "create_metadata_index": {"property_name": "a", "index_type": "string"},
    "delete_metadata_index": {"property_name": "b"},
    "create_namespace_index": {"namespace": "n"},
    "delete_namespace_index": {"namespace": "m"},
    "tune": {"recall": 0.5, "queries": 2},
    "recall": {"queries": 2},
    "insert": {"ids": ["z"], "values": [[1, 2]]},
    "upsert": {"ids": ["z"], "values": [[1, 2]]},
    "bulk_load": {"ids": ["z"], "values": [[1, 2]]},
}
OWN_CONNECTION = ("connect", "close", "using", "index")


def cases() -> Iterator[Any]:
    for kind in (Client, Index):
        for method, function in inspect.getmembers(kind, inspect.isfunction):
            if method.startswith("_") or method in OWN_CONNECTION:
                continue
            for name in list(inspect.signature(function).parameters)[1:]:
                yield pytest.param(kind, method, name, id=f"{method}-{name}")


@pytest.fixture
def full(client: Client, make_index: Callable[..., str]) -> str:
    """An index with a metadata index and vectors, for methods that need them."""
    name = make_index(dimensions=2, metric="euclidean")
    index = client.index(name)
    index.upsert([("a", [1, 2], "n", {"a": "x"}), ("b", [3, 4], None, {"b": 2})])
    index.create_metadata_index("b", "number")
    return name


@pytest.mark.parametrize(("kind", "method", "argument"), list(cases()))
def test_a_wrong_type_is_taken_or_refused_by_its_name(
    client: Client, dsn: str, full: str, kind: type, method: str, argument: str
) -> None:
    given = dict(GOOD.get(method, {}))
    if kind is Client and method in ("get_index", "update_index", "delete_index"):
        given["name"] = full
    if argument == "vectors" and method in ("insert", "upsert", "bulk_load"):
        given = {}
    lies: list[tuple[Any, Exception]] = []
    with psycopg.connect(dsn, **variants.psycopg_options()) as connection:
        connection.execute("create temporary table theirs (id text, embedding real[])")
        connection.execute("insert into theirs values ('a', '{1,2}')")
        connection.commit()
        borrowed = client.using(connection)
        target: Any = borrowed if kind is Client else borrowed.index(full)
        # what builds beside the transaction refuses before it does anything
        targets = [target]
        if method == "vacuum":
            targets = [client.index(full)]
        elif argument in ("property_name", "index_type", "namespace", "memory", "workers"):
            targets.append(client if kind is Client else client.index(full))
        for value in WRONG:
            for each in targets:
                if (
                    method != "vacuum"
                    and each is not target
                    and (
                        not method.startswith(("create_", "build"))
                        or value is None
                        or isinstance(value, str | np.integer)
                    )
                ):
                    continue
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("error")
                        getattr(each, method)(**given | {argument: value})
                except NotFound as error:  # an integer is the text of an id
                    if not isinstance(value, str | int | np.integer):
                        lies.append((value, error))
                except InvalidRequest as error:
                    default = inspect.signature(getattr(kind, method)).parameters[argument].default
                    is_of_the_type = value == "x" or value is True or value is default
                    if not (is_of_the_type or argument.removesuffix("s") in str(error)):
                        lies.append((value, error))
                    assert error.hint, error
                except Exception as error:
                    lies.append((value, error))
                connection.rollback()
    assert not lies, "\n".join(f"{value!r}: {error!r}" for value, error in lies)
