"""The revisions never change once they are released: their hashes are kept."""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).parents[2]
VERSIONS = ROOT / "migrations" / "versions"
LISTED = ROOT / "migrations" / "released.txt"

ADVICE = """
migrations/released.txt and migrations/versions differ. Before the first release, change both. After
it, leave a released revision as it was and add another. To write the list again:
    (cd migrations/versions && sha256sum [0-9]*.py) > migrations/released.txt
"""


def test_the_revisions_are_those_that_were_released() -> None:
    listed = LISTED.read_text(encoding="utf-8").splitlines()
    assert listed == [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}"
        for path in sorted(VERSIONS.glob("*.py"))
    ], ADVICE
