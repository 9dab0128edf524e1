"""Arguments of the client that the SQL functions take in another form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pgvectorize.encoding.documents import json_text
from pgvectorize.encoding.wire import Binary, jsonb, jsonb_array
from pgvectorize.errors import InvalidFilter, InvalidRequest
from pgvectorize.models import Filter, Metadata, ReturnMetadata


def search_parameters(
    *,
    namespace: str | Sequence[str | None] | None,
    filter: Filter | None,
    return_metadata: ReturnMetadata | bool,
    exclude_ids: Sequence[str] | None,
    **others: Any,
) -> dict[str, Any]:
    """Return the arguments that all searches have, as the SQL functions take them."""
    others["namespaces"] = namespaces_parameter(namespace)
    others["filter"] = filter_parameter(filter)
    others["return_metadata"] = return_metadata_parameter(return_metadata)
    others["exclude_ids"] = (
        None if exclude_ids is None else ids_parameter(exclude_ids, "exclude_ids")
    )
    return others


def namespaces_parameter(namespace: str | Sequence[str | None] | None) -> list[str | None] | None:
    if namespace is None:
        return None
    return [namespace] if isinstance(namespace, str) else list(namespace)


def return_metadata_parameter(return_metadata: ReturnMetadata | bool) -> ReturnMetadata:
    if isinstance(return_metadata, bool):
        return "all" if return_metadata else "none"
    return return_metadata


def ids_parameter(ids: Iterable[str], name: str = "ids") -> list[str]:
    if isinstance(ids, str):
        raise InvalidRequest(f"{name} is the string {ids!r}", hint="Pass a list of ids.")
    return list(ids)


def filter_parameter(filter: Filter | None) -> Binary | None:
    return None if filter is None else jsonb(_filter_json(filter))


def filters_parameter(filters: Sequence[Filter | None]) -> Binary:
    return jsonb_array([None if filter is None else _filter_json(filter) for filter in filters])


def patch_parameter(patch: Metadata) -> Binary:
    try:
        return jsonb(json_text(patch))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest(
            f"patch: it cannot be written as JSON: {error}",
            hint="A patch holds strings, numbers, booleans, None, lists and dicts.",
        ) from error


def memory_parameter(memory: str | int | None) -> str | None:
    return None if memory is None else str(memory)


def _filter_json(filter: Filter) -> bytes:
    try:
        return json_text(filter)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidFilter(
            f"filter cannot be written as JSON: {error}",
            hint="A filter holds strings, numbers, booleans and None.",
        ) from error
