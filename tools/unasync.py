"""Make pgvectorize/blocking from pgvectorize/aio, file by file, or check that it is fresh.

usage: python tools/unasync.py [--check]
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent / "pgvectorize"
HEADER = "# Made from aio/{} by `make sync`; edit that one.\n"

REPLACEMENTS = [
    (r"\basync (?=def|with|for)", ""),
    (r"\bawait ", ""),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\bAbstractAsync(?=[A-Z])", "Abstract"),
    (r"\bAsync(?=[A-Z])", ""),
    (r"__aenter__", "__enter__"),
    (r"__aexit__", "__exit__"),
    (r"__aiter__", "__iter__"),
    (r"\basync_(?=(?:gate|gather|as_embedder|identified)\b)", ""),
    (r"\ba(?=embed_queries\b)", ""),
    (r"\bpgvectorize\.aio\b", "pgvectorize.blocking"),
    (r"between tasks", "between threads"),
]


def convert(source: Path, target: Path) -> str:
    text = HEADER.format(source.name) + source.read_text(encoding="utf-8")
    for pattern, replacement in REPLACEMENTS:
        text = re.sub(pattern, replacement, text)
    formatted = text.encode()
    for command in (["check", "--select=I", "--fix-only", "--quiet"], ["format"]):
        formatted = subprocess.run(
            [sys.executable, "-m", "ruff", *command, f"--stdin-filename={target}", "-"],
            input=formatted,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
    return formatted.decode()


def sync(aio: Path, blocking: Path, *, check: bool) -> list[str]:
    """Make the files of `blocking` and delete others; return the names of those that differed."""
    wanted = {path.name: convert(path, blocking / path.name) for path in aio.glob("*.py")}
    found = {path.name: path.read_text(encoding="utf-8") for path in blocking.glob("*.py")}
    differing = sorted(
        name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)
    )
    if not check:
        blocking.mkdir(exist_ok=True)
        for name in differing:
            if name in wanted:
                (blocking / name).write_text(wanted[name], encoding="utf-8")
            else:
                (blocking / name).unlink()
    return differing


def main() -> None:
    check = "--check" in sys.argv
    differing = sync(ROOT / "aio", ROOT / "blocking", check=check)
    if check and differing:
        sys.exit(f"blocking/: {', '.join(differing)} not as aio/ makes them; run: make sync")


if __name__ == "__main__":
    main()
