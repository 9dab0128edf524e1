"""Ids, namespaces and other texts, as Postgres can hold them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import numpy as np


def as_text(value: Any) -> Any:
    """Return an integer or a UUID as its text, and anything else as it is."""
    if isinstance(value, str):
        # a subclass, such as an enum or numpy's, would be sent in a way of its own
        return value if type(value) is str else str.__str__(value)
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return str(int(value))
    return str(value) if isinstance(value, UUID) else value


def are_texts(texts: Collection[Any]) -> bool:
    """Whether all are of type str, and `text_problem` finds nothing in any of them."""
    if not set(map(type, texts)) <= {str}:
        return False
    return text_problem("".join(texts)) is None


def text_problem(text: Any) -> str | None:
    """Return why Postgres cannot hold a text, or None."""
    if not isinstance(text, str):
        return f"is not a string but {type(text).__name__}"
    if "\0" in text:
        return "contains the character NUL, which Postgres cannot store"
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return "contains half of a surrogate pair, which is no character"
    return None
