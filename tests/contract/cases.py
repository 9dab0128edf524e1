"""Filters that are kept, each with documents and what it finds among them: `corpus/*.json`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from pgvectorize import InvalidFilter
from tests.contract.faces import Face

FOLDER = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Case:
    """A filter on documents, of which `types` are the metadata indexes.

    `found` are the documents that match, counted from 0; None where it is refused.
    """

    name: str
    documents: list[Any]
    types: dict[str, str]
    filter: Any
    found: list[int] | None

    @classmethod
    def read(cls, path: Path) -> Case:
        return cls(path.stem, **json.loads(path.read_text(encoding="utf-8")))

    def write(self) -> None:
        members = {key: value for key, value in asdict(self).items() if key != "name"}
        lines = ",\n".join(
            f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
            for key, value in members.items()
        )
        FOLDER.joinpath(f"{self.name}.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")

    def replay(self, face: Face, index: str) -> None:
        """Ask an index that holds the documents as v00, v01, … at [0], [1], …."""
        if self.found is None:
            with pytest.raises(InvalidFilter):
                face.query(index, [0], filter=self.filter)
            with pytest.raises(InvalidFilter):
                face.count(index, filter=self.filter)
            return
        expected = [f"v{row:02}" for row in self.found]
        for exact in (False, True):
            matches = face.query(index, [0], top_k=1_000, filter=self.filter, exact=exact)
            assert [match.id for match in matches] == expected, (self.filter, self.types)
        assert face.count(index, filter=self.filter) == len(expected)


CASES = [Case.read(path) for path in sorted(FOLDER.glob("*.json"))]
