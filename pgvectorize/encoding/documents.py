"""Metadata, filters and patches as JSON that Postgres returns unchanged.

A batch is written as one JSON text, by one call of the encoder in C.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from json import JSONEncoder, dumps
from math import isfinite
from types import NoneType
from typing import Any
from uuid import UUID

import numpy as np

from pgvectorize.encoding.texts import text_problem
from pgvectorize.encoding.values import Refusal
from pgvectorize.models import Metadata

MAX_DEPTH = 100  # metadata_depth of `limits`


def _plain(value: Any) -> Any:
    """Return what JSON holds instead of a value that it has no type for; raises TypeError.

    Numpy's numbers, arrays and texts become Python's. A date or a time becomes its text in
    ISO 8601, a UUID its text, a Decimal the nearest number, an enum its value, and any mapping
    an object.
    """
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, np.floating):
        return float(value)
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufU":
        return value.tolist()
    if isinstance(value, datetime | date | time | np.datetime64) and value == value:
        return str(value) if isinstance(value, np.datetime64) else value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal):
        is_whole = value.is_finite() and int(value.as_tuple().exponent) >= 0
        return int(value) if is_whole else float(value)
    if isinstance(value, Enum) and isinstance(value.value, str | int | float):
        return value.value
    raise TypeError


# `json.dumps` makes an encoder at each call, which is a third of its time.
_OPTIONS: dict[str, Any] = {"ensure_ascii": False, "allow_nan": False, "default": _plain}
_to_json = JSONEncoder(separators=(",", ":"), **_OPTIONS).encode
# A string holds no line feed (JSON writes \\n), so a line feed is always part of a separator.
_to_lines = JSONEncoder(separators=(",\n", ":"), **_OPTIONS).encode


def json_text(document: Any) -> bytes:
    """Return JSON that comes back from jsonb as the same Python value.

    Raises ValueError, which says what JSON, Postgres or Python could not hold, and where.
    """
    with suppress(TypeError, ValueError, RecursionError):  # UnicodeEncodeError is a ValueError
        text = _to_json(document)
        if "e+" in text:
            # jsonb writes 1e+23 as 100000000000000000000000, which Python reads as an int
            # that differs from the float 1e23; with ".0" it stays a float.
            text = _LARGE_FLOAT.sub(_plain_float, text)
        encoded = text.encode()
        if not _may_be_deep(encoded) and "\\u0000" not in text:
            return encoded
        if _fault(document) is None:
            return encoded
    raise ValueError(_fault(document) or "cannot be written as JSON")


_LARGE_FLOAT = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?e\+\d+')


def _plain_float(token: re.Match[str]) -> str:
    found = token.group()
    return found if found.startswith('"') else f"{Decimal(found):f}.0"


def _may_be_deep(text: bytes) -> bool:
    return text.count(b"{") + text.count(b"[") > MAX_DEPTH


def _fault(value: Any, path: str = "", level: int = 0) -> str | None:
    """Return what is in a JSON value that cannot be held, and where; None if there is nothing."""
    here = f'property "{path[:64]}" ' if path else ""
    if level > MAX_DEPTH:
        return f"is nested more than {MAX_DEPTH} levels deep"
    if not isinstance(value, dict | list | tuple | str | int | float | NoneType):
        try:
            value = _plain(value)
        except (TypeError, ValueError, OverflowError):
            return f"{here}is of the type {type(value).__name__}, which JSON cannot hold"
    if isinstance(value, str):
        problem = text_problem(value)
        return problem and f"{here}{problem}"
    if isinstance(value, float):
        return None if isfinite(value) else f"{here}is {value}, which JSON cannot hold"
    if isinstance(value, int):
        try:
            str(int(value))
        except ValueError:
            return f"{here}has more digits than Python can read"
        return None
    inner: Any = ()
    if isinstance(value, dict):
        for key in value:
            problem = None
            if isinstance(key, str):
                problem = text_problem(key)
            elif not isinstance(key, int | float | NoneType):
                problem = f"is not a string but {type(key).__name__}"
            if problem:
                return f"key {_shown(key)} {problem}"
        inner = ((f"{path}.{key}" if path else str(key), each) for key, each in value.items())
    elif isinstance(value, list | tuple):
        inner = ((f"{path}[{place}]", each) for place, each in enumerate(value))
    return next(filter(None, (_fault(each, at, level + 1) for at, each in inner)), None)


def _shown(key: Any) -> str:
    """Return a key as a message shows it."""
    return dumps(str(key)[:64], ensure_ascii=False)[:64]


def documents_json(metadata: list[Metadata | None], refusal: Refusal) -> list[bytes | None]:
    """Write metadata as JSON: all at once, or one by one if something is unusual."""
    given = [document for document in metadata if document is not None]
    with suppress(TypeError, ValueError, RecursionError):
        if (texts := _documents_at_once(given)) is not None:
            if len(given) == len(metadata):
                return list(texts)
            each = iter(texts)
            return [None if document is None else next(each) for document in metadata]
    return [
        None if document is None else _one_document(document, refusal, row)
        for row, document in enumerate(metadata)
    ]


def _documents_at_once(given: list[Metadata]) -> list[bytes] | None:
    """Write documents as JSON; None if each must be looked at."""
    if not given:
        return []
    if set(map(type, given)) != {dict}:
        return None
    text = _to_lines(given)
    if "e+" in text or "\\u0000" in text:  # see json_text
        return None
    texts = text[1:-1].replace("},\n{", "}\x1e{").replace(",\n", ",").encode().split(b"\x1e")
    if len(texts) != len(given):  # an array of objects has the same separator
        return None
    if not all(
        type(key) is str and _is_key(key) for keys in set(map(tuple, given)) for key in keys
    ):
        return None
    braces = text.count("{")
    if braces > len(given) and any(map(bad_key, given)):
        return None
    if braces + text.count("[") > MAX_DEPTH + len(given) and any(
        len(text) > 2 * MAX_DEPTH and _may_be_deep(text) for text in texts
    ):
        return None
    return texts


def _one_document(metadata: Metadata, refusal: Refusal, row: int) -> bytes:
    if not isinstance(metadata, Mapping):
        raise refusal(row, f"metadata is not an object but {type(metadata).__name__}")
    try:
        text = json_text(metadata)
    except ValueError as error:
        raise refusal(row, f"metadata {error}") from None
    if problem := bad_key(metadata):
        raise refusal(row, problem)
    return text


def bad_key(value: Any) -> str | None:
    """Return what `_metadata_problem` in SQL would refuse of the keys, at any depth."""
    if isinstance(value, Mapping):
        for key in value:
            if not _is_key(str(key)):
                return (
                    'a metadata key is empty, begins with "$", or contains "." or a double quote: '
                    + _shown(key)
                )
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return None
    return next(filter(None, map(bad_key, value)), None)


def _is_key(key: str) -> bool:
    return key != "" and key[0] != "$" and "." not in key and '"' not in key
