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


def found(documents: Sequence[Any], filter: Any, types: Mapping[str, str]) -> list[int] | None:
    """Say which documents a filter finds, counted from 0; None where it must be refused."""
    try:
        check(filter, types)
        return [
            row
            for row, metadata in enumerate(documents)
            if filter is None or matches(metadata, filter, types)
        ]
    except Malformed:
        return None


# Which filters are well-formed

OPERATORS = {
    *("$eq", "$ne", "$in", "$nin", "$lt", "$lte", "$gt", "$gte", "$exists", "$is_null"),
    *("$prefix", "$contains", "$contains_any", "$contains_all"),
}
LISTS = {"$in", "$nin", "$contains_any", "$contains_all"}
MOST_DEEP = 32


def check(filter: Any, types: Mapping[str, str]) -> None:
    """Raise `Malformed` where a filter must be refused; None is no filter."""
    if filter is not None:
        _check_filter(filter, types, 1)


def _check_filter(filter: Any, types: Mapping[str, str], depth: int) -> None:
    if filter == {}:
        return
    _require(isinstance(filter, dict) and depth <= MOST_DEEP)
    for member, operand in filter.items():
        if member in ("$and", "$or"):
            _require(isinstance(operand, list) and operand != [])
            for inner in operand:
                _check_filter(inner, types, depth + 1)
        elif member == "$not":
            _check_filter(operand, types, depth + 1)
        else:
            _require(not member.startswith("$") and '"' not in member and len(member) <= 512)
            _require(all(member.split(".")))
            _check_condition(operand, types.get(member))


def _check_condition(condition: Any, index_type: str | None) -> None:
    conditions = condition if isinstance(condition, dict) else {"$eq": condition}
    names = set(conditions)
    _require(bool(names) and names <= OPERATORS)
    is_range = len(names & {"$gt", "$gte"}) == len(names & {"$lt", "$lte"}) == 1
    _require(len(names) == 1 or (len(names) == 2 and is_range))
    for name, operand in conditions.items():
        if name in LISTS:
            _require(isinstance(operand, list))
        if name in ("$exists", "$is_null"):
            _require(isinstance(operand, bool))
        elif name == "$prefix":
            _require(isinstance(operand, str) and index_type not in ("number", "boolean"))
        elif name in RANGES:
            _require(isinstance(operand, (str, int, float)) and not isinstance(operand, bool))
            _require(index_type != "boolean")
            _operand(operand, index_type)
        else:
            for each in operand if name in LISTS else [operand]:
                _require(not isinstance(each, (list, dict)))
                _operand(each, None if name.startswith("$contains") else index_type)


def _require(is_so: bool) -> None:
    if not is_so:
        raise Malformed


# What they mean


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
