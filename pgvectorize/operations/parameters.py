"""The gate for arguments: what each name means, checked or converted before anything is sent.

A name means the same in every call, so there is one table of names. What only the database can
know is left to it: bounds, the words of an enum, what exists.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from math import copysign, inf, nan
from numbers import Real
from typing import Any

import numpy as np

from pgvectorize.encoding.documents import bad_key, json_text
from pgvectorize.encoding.texts import are_texts, as_text, text_problem
from pgvectorize.encoding.wire import Binary, jsonb, jsonb_array
from pgvectorize.errors import InvalidFilter, InvalidRequest
from pgvectorize.models import EmbeddingModel


def search_parameters(*, namespace: Any, **others: Any) -> dict[str, Any]:
    """Return the arguments of a search under the names that the SQL functions have for them."""
    return {**others, "namespaces": namespace}


def checked(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments as they are sent; raises `InvalidRequest` or `InvalidFilter`."""
    return {  # a query has 15, of which most are None
        name: None if value is None and name not in _REQUIRED else argument(name, value)
        for name, value in arguments.items()
    }


def argument(name: str, value: Any) -> Any:
    """Return one argument as it is sent. None and what is encoded already stay as they are."""
    if value is None:
        if name in _REQUIRED:
            raise InvalidRequest(f"{name} is None", hint=f"Give {name} a value.")
        return None
    return value if type(value) is Binary else _CHECKS[name](name, value)


def needed(name: str, value: Any) -> Any:
    """Return an argument that only some calls may leave out, for one that may not."""
    if value is None:
        raise InvalidRequest(f"{name} is None", hint=f"Give {name} a value.")
    return value


def _refusal(name: str, expected: str, value: Any) -> InvalidRequest:
    given = repr(value)[:64] if isinstance(value, str | bytes | float | bool) else type(value)
    found = given if isinstance(given, str) else given.__name__
    return InvalidRequest(f"{name} must be {expected}, got {found}", hint=f"Give {expected}.")


def _text(name: str, value: Any) -> str:
    if type(value) is str and value.isascii() and "\0" not in value:
        return value
    text: str = as_text(value) if isinstance(value, str) else value
    if problem := text_problem(text):
        raise InvalidRequest(f"{name} {problem}", hint="Give a string that Postgres can store.")
    return text


def _id(name: str, value: Any) -> str:
    return _text(name, as_text(value))


def _integer(name: str, value: Any, most: int = 2**31 - 1) -> int:
    if type(value) is int and -most <= value <= most:
        return value
    if isinstance(value, bool):
        raise _refusal(name, "an integer", value)
    try:
        number = operator.index(value)
    except TypeError:
        raise _refusal(name, "an integer", value) from None
    if abs(number) > most:
        raise InvalidRequest(
            f"{name} is out of range: it is too large", hint="`limits` lists every limit."
        )
    return number


def _large_integer(name: str, value: Any) -> int:
    return _integer(name, value, 2**63 - 1)


def _float(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        raise _refusal(name, "a number", value)
    try:
        return float(value)
    except OverflowError:
        return copysign(inf, value)
    except ValueError:  # a NaN of Decimal that signals
        return nan


def _boolean(name: str, value: Any) -> bool:
    if value is True or value is False:
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    raise _refusal(name, "True or False", value)


def _return_metadata(name: str, value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "all" if value else "none"
    return _text(name, value)


def _memory(name: str, value: Any) -> str:
    return _text(name, value) if isinstance(value, str) else str(_integer(name, value, 2**63 - 1))


def as_list(name: str, value: Any, what: str) -> list[Any]:
    if isinstance(value, str):
        raise InvalidRequest(f"{name} is the string {value!r}", hint=f"Pass a list of {what}.")
    if isinstance(value, bytes | Mapping) or not isinstance(value, Iterable):
        raise _refusal(name, f"a list of {what}", value)
    return np.atleast_1d(value).tolist() if isinstance(value, np.ndarray) else list(value)


def _list_of(what: str) -> Callable[[str, Any], list[str]]:
    def check(name: str, value: Any) -> list[str]:
        texts = as_list(name, value, what)
        if not are_texts(texts):
            texts = list(map(as_text, texts))
            for place, text in enumerate(texts):
                if problem := text_problem(text):
                    raise InvalidRequest(
                        f"{name}[{place}] {problem}", hint=f"Pass a list of {what}."
                    )
        return texts

    return check


def _namespaces(name: str, value: Any) -> list[str | None]:
    """Read the `namespace` of a search: one, or several with None for the vectors without one."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        return [_id("namespace", value)]
    return [None if each is None else _id("namespace", each) for each in value]


def _filter(name: str, value: Any) -> Binary:
    return jsonb(_filter_json(value))


def _filters(name: str, value: Any) -> Binary:
    return jsonb_array([None if filter is None else _filter_json(filter) for filter in value])


def _filter_json(filter: Any) -> bytes:
    try:
        return json_text(filter)
    except ValueError as error:
        raise InvalidFilter(
            f"filter {error}",
            hint="A filter holds strings, numbers, booleans and None.",
        ) from error


def _model(name: str, value: Any) -> Binary:
    if not isinstance(value, EmbeddingModel):
        raise _refusal(name, "an EmbeddingModel", value)
    document = value.as_json()
    for field, text in document.items():
        if isinstance(text, str):
            _text(f"{name}.{field}", text)
    try:
        return jsonb(json_text(document))
    except ValueError as error:
        raise InvalidRequest(
            f"model: {error}", hint="An EmbeddingModel holds strings, a number and a boolean."
        ) from error


def _patch(name: str, value: Any) -> Binary:
    hint = "A patch holds strings, numbers, booleans, None, lists and dicts."
    try:
        patch = jsonb(json_text(value))
    except ValueError as error:
        raise InvalidRequest(f"patch: {error}", hint=hint) from error
    if problem := bad_key(value):
        raise InvalidRequest(f"patch: {problem}", hint=hint)
    return patch


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(
        (
            "access",
            "collection",
            "content_column",
            "cursor",
            "description",
            "embedding_column",
            "id_column",
            "index",
            "index_precision",
            "index_type",
            "library",
            "metadata_column",
            "metric",
            "mode",
            "name",
            "namespace_column",
            "new_name",
            "preset",
            "property_name",
            "relation",
            "role",
            "storage",
            "table",
        ),
        _text,
    ),
    **dict.fromkeys(
        (
            "batch_size",
            "buckets",
            "connections",
            "content_bytes",
            "count",
            "dimensions",
            "ef_construction",
            "ef_search",
            "id_bytes",
            "m",
            "metadata_bytes",
            "offset",
            "queries",
            "top_k",
            "workers",
        ),
        _integer,
    ),
    **dict.fromkeys(
        (
            "analyze",
            "atomic",
            "concurrently",
            "count_queries",
            "document",
            "dry_run",
            "exact",
            "hnsw",
            "in_place",
            "rebuild",
            "return_content",
            "return_values",
            "store",
            "strict",
        ),
        _boolean,
    ),
    **dict.fromkeys(("max_distance", "min_score", "recall"), _float),
    **dict.fromkeys(("id", "namespace"), _id),
    **dict.fromkeys(("exclude_ids", "ids"), _list_of("ids")),
    "filter": _filter,
    "filters": _filters,
    "memory": _memory,
    "metadata_columns": _list_of("names"),
    "model": _model,
    "namespaces": _namespaces,
    "patch": _patch,
    "return_metadata": _return_metadata,
    "vectors": _large_integer,  # of `size`; those of the other calls are encoded already
}

# What no call may leave out.
_REQUIRED = frozenset(
    (
        "access",
        "analyze",
        "atomic",
        "batch_size",
        "collection",
        "concurrently",
        "embedding_column",
        "id",
        "id_column",
        "index_type",
        "library",
        "name",
        "property_name",
        "role",
        "strict",
        "table",
    )
)
