"""Metadata, filters and patches as JSON that Postgres returns unchanged.

A batch is written as one JSON text, by one call of the encoder in C.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from json import JSONEncoder
from typing import Any

from pgvectorize.encoding.values import Refusal
from pgvectorize.errors import InvalidVector
from pgvectorize.models import Metadata

_MAX_DEPTH = 100  # of metadata
# `json.dumps` makes an encoder at each call, which is a third of its time.
_to_json = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
# A string holds no line feed (JSON writes \\n), so a line feed is always part of a separator.
_to_lines = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",\n", ":")).encode


def json_text(document: Mapping[str, Any]) -> bytes:
    """Return a JSON object that comes back from jsonb as the same Python value.

    Raises ValueError, TypeError or RecursionError if JSON or Postgres cannot hold it.
    """
    text = _to_json(document)
    if "e+" in text:
        # jsonb writes 1e+23 as 100000000000000000000000, which Python reads as an int
        # that differs from the float 1e23; with ".0" it stays a float.
        text = _LARGE_FLOAT.sub(_plain_float, text)
    if "\\u0000" in text and "\0" in _strings(document):
        raise ValueError("it contains the character NUL, which Postgres cannot store")
    if text.count("{") + text.count("[") > _MAX_DEPTH and not _is_within(document, _MAX_DEPTH):
        raise ValueError(f"it is nested more than {_MAX_DEPTH} levels deep")
    return text.encode()


def _is_within(value: Any, depth: int) -> bool:
    """Say whether nothing is nested deeper than so many levels, as `_metadata_problem` in SQL."""
    inner = value.values() if isinstance(value, Mapping) else value
    if not isinstance(value, (Mapping, list, tuple)) or not inner:
        return True
    return depth > 0 and all(_is_within(each, depth - 1) for each in inner)


_LARGE_FLOAT = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?e\+\d+')


def _plain_float(token: re.Match[str]) -> str:
    found = token.group()
    return found if found.startswith('"') else f"{Decimal(found):f}.0"


def _strings(value: Any) -> str:
    """Return all strings within a JSON value, keys too, joined."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "".join(_strings(key) + _strings(inner) for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return "".join(map(_strings, value))
    return ""


def documents_json(metadata: list[Metadata | None], refusal: Refusal) -> list[bytes | None]:
    """Write metadata as JSON: all at once, or one by one if something is unusual."""
    given = [document for document in metadata if document is not None]
    with suppress(TypeError, ValueError, RecursionError):  # UnicodeEncodeError is a ValueError
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
    if any(text.count(b"{") + text.count(b"[") > _MAX_DEPTH for text in texts):
        return None
    if len(texts) != len(given):  # an array of objects has the same separator
        return None
    if not all(
        type(key) is str and _is_key(key) for keys in set(map(tuple, given)) for key in keys
    ):
        return None
    if text.count("{") > len(given) and not all(map(_has_good_keys, given)):
        return None
    return texts


def _one_document(metadata: Metadata, refusal: Refusal, row: int) -> bytes:
    if not isinstance(metadata, Mapping):
        problem = f"is not an object but {type(metadata).__name__}"
    else:
        try:
            text = json_text(metadata)
            if _has_good_keys(metadata):
                return text
            raise refusal(
                row,
                'a metadata key is empty, begins with "$", or contains "." or a double quote',
            )
        except UnicodeEncodeError:
            problem = "contains half of a surrogate pair, which is no character"
        except InvalidVector:
            raise
        except (TypeError, ValueError, RecursionError) as error:
            problem = f"cannot be written as JSON: {error}"
    raise refusal(row, f"metadata {problem}")


def _has_good_keys(value: Any) -> bool:
    """Whether `_metadata_problem` in SQL finds no problem in the keys, at any depth."""
    if isinstance(value, Mapping):
        return all(_is_key(str(key)) for key in value) and all(map(_has_good_keys, value.values()))
    return not isinstance(value, (list, tuple)) or all(map(_has_good_keys, value))


def _is_key(key: str) -> bool:
    return key != "" and key[0] != "$" and "." not in key and '"' not in key
