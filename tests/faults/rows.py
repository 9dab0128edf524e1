"""The vectors that the tests of faults write: each tells by itself which write it is of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pgvectorize import Vector

DIMENSIONS = 16
BIG = "big"  # the namespace of two rows in three
PATCH = {"color": "patched"}
_BASE: npt.NDArray[np.float32] = (
    np.random.default_rng(5).normal(size=(40_000, DIMENSIONS)).astype(np.float32)
)


def row(number: int, version: int) -> Vector:
    """The vector of id `v{number}` as the write `version` has it, in every column."""
    return Vector(
        f"v{number:05}",
        values(number, version),
        BIG if number % 3 else None,
        {"number": number, "version": version, "color": ("red", "green", "blue")[version % 3]},
    )


def values(number: int, version: int) -> npt.NDArray[np.float32]:
    """Far from any other number's, a little off any other version's."""
    moved: npt.NDArray[np.float32] = _BASE[number].copy()
    moved[0] += version % 1_000 / 1_000
    return moved


def rows(start: int, stop: int, version: int) -> list[Vector]:
    return [row(number, version) for number in range(start, stop)]


def version_of(vector: Vector) -> int:
    """The write that a stored vector is of, negative if patched; it fails for a mixture of two."""
    assert vector.metadata is not None, vector
    number, version = int(vector.id[1:]), int(vector.metadata["version"])
    wanted = row(number, version)
    is_patched = vector.metadata["color"] == "patched"
    assert vector.metadata == {**(wanted.metadata or {}), **(PATCH if is_patched else {})}, vector
    assert vector.namespace == wanted.namespace, vector
    assert np.array_equal(np.asarray(vector.values, np.float32), np.asarray(wanted.values)), vector
    return -version - 1 if is_patched else version
