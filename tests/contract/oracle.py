"""What filters and exact search mean, by brute force and without a database."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

RANGES = {"$lt": operator.lt, "$lte": operator.le, "$gt": operator.gt, "$gte": operator.ge}
NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,4})?\s*", re.ASCII)


MISSING = object()


class Malformed(Exception):
    """The filter must be refused."""


def matches(metadata: Any, filter: Mapping[str, Any], types: Mapping[str, str]) -> bool:
    """Say whether metadata satisfies a filter; `types` are the metadata indexes."""
    # all of them, as a malformed one is refused wherever it stands
    verdicts = [_member(metadata, key, operand, types) for key, operand in filter.items()]
    return all(verdicts)


def _member(metadata: Any, key: str, operand: Any, types: Mapping[str, str]) -> bool:
    if key in ("$and", "$or"):
        if not operand:
            raise Malformed
        verdicts = [matches(metadata, filter, types) for filter in operand]
        return all(verdicts) if key == "$and" else any(verdicts)
    if key == "$not":
        return not matches(metadata, operand, types)
    conditions = operand if isinstance(operand, dict) else {"$eq": operand}
    verdicts = [
        _holds(_lookup(metadata, key), name, each, types.get(key))
        for name, each in conditions.items()
    ]
    return all(verdicts)


def _lookup(value: Any, property_name: str) -> Any:
    for key in property_name.split("."):
        value = value.get(key, MISSING) if isinstance(value, dict) else MISSING
    return value


def _holds(value: Any, name: str, operand: Any, index_type: str | None) -> bool:
    if name in ("$ne", "$nin"):
        return not _holds(value, {"$ne": "$eq", "$nin": "$in"}[name], operand, index_type)
    if name in ("$eq", "$in"):
        wanted = [_operand(each, index_type) for each in (operand if name == "$in" else [operand])]
        return _comparable(value, index_type) in [each for each in wanted if each]
    if name == "$exists":
        return (value is not MISSING) is operand
    if name == "$is_null":
        return (value is None) is operand
    if name.startswith("$contains"):
        wanted = [_operand(each, None) for each in ([operand] if name == "$contains" else operand)]
        held_ones = [_comparable(each, None) for each in value] if isinstance(value, list) else []
        verdicts = [each is not None and each in held_ones for each in wanted]
        if name == "$contains_any":
            return any(verdicts)
        return isinstance(value, list) and all(verdicts)
    if name == "$prefix":
        if not isinstance(operand, str) or index_type in ("number", "boolean"):
            raise Malformed
        text = _comparable(value, index_type)
        return text is not None and text[0] == "string" and text[1].startswith(operand)
    if isinstance(operand, bool) or operand is None or index_type == "boolean":
        raise Malformed
    bound, held = _operand(operand, index_type), _comparable(value, index_type)
    return held is not None and held[0] == bound[0] and bool(RANGES[name](held[1], bound[1]))


def _comparable(value: Any, index_type: str | None) -> tuple[str, Any] | None:
    """A stored value with its type, as the index holds it; None matches nothing."""
    if isinstance(value, bool):
        typed: tuple[str, Any] = ("boolean", value)
    elif isinstance(value, (int, float)):
        typed = ("number", Decimal(repr(value)))
    elif isinstance(value, str):
        typed = ("string", value)
    else:
        return None
    if index_type == "string":
        return ("string", _text(typed[1]))
    return typed if index_type in (None, typed[0]) else None


def _operand(operand: Any, index_type: str | None) -> Any:
    """An operand, coerced to the type of the index."""
    if index_type == "number" and isinstance(operand, str) and NUMBER.fullmatch(operand):
        return ("number", Decimal(operand.strip()))
    if index_type == "boolean" and operand in ("true", "false"):
        return ("boolean", operand == "true")
    typed = _comparable(operand, index_type)
    if typed is None and operand is not None:
        raise Malformed
    return typed


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text
    return str(value)


def nearest(
    rows: Iterable[tuple[str, Sequence[float] | npt.NDArray[Any]]],
    query: Any,
    metric: str,
    top_k: int,
) -> list[tuple[str, float]]:
    """The ids and scores of an exact search: best first, equal scores by id."""
    ids, values = zip(*rows, strict=True)
    stored = np.asarray(values, dtype=np.float32).astype(np.float64)
    wanted = np.asarray(query, dtype=np.float32).astype(np.float64)
    if metric == "cosine":
        norms = np.sqrt((stored**2).sum(axis=1) * (wanted**2).sum())
        distances = 1 - np.clip(stored @ wanted / norms, -1, 1)
    elif metric == "euclidean":
        distances = np.sqrt(((stored - wanted) ** 2).sum(axis=1))
    else:
        distances = -(stored @ wanted)
    scores = 1 - distances if metric == "cosine" else distances
    best = sorted(zip(distances, ids, scores, strict=True))[:top_k]
    return [(id, float(score)) for _, id, score in best]
