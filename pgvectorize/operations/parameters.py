"""Parameters that operations of several kinds share."""

from __future__ import annotations

from collections.abc import Sequence

from pgvectorize.encoding import Binary, json_text, jsonb, jsonb_array
from pgvectorize.errors import InvalidFilter
from pgvectorize.models import Filter


def namespaces_parameter(namespace: str | Sequence[str | None] | None) -> list[str | None] | None:
    if namespace is None:
        return None
    return [namespace] if isinstance(namespace, str) else list(namespace)


def filter_parameter(filter: Filter | None) -> Binary | None:
    return None if filter is None else jsonb(_filter_json(filter))


def filters_parameter(filters: Sequence[Filter | None]) -> Binary:
    return jsonb_array([None if filter is None else _filter_json(filter) for filter in filters])


def _filter_json(filter: Filter) -> bytes:
    try:
        return json_text(filter)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidFilter(
            f"filter cannot be written as JSON: {error}",
            hint="A filter holds strings, numbers, booleans and None.",
        ) from error
