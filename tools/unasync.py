"""Make pgvectorize/client.py from pgvectorize/aio.py, or check that it is fresh.

usage: python tools/unasync.py [--check]
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "pgvectorize" / "aio.py"
TARGET = SOURCE.with_name("client.py")
HEADER = '"""The blocking client. Made from `aio.py` by `make sync`; edit that one."""'

REPLACEMENTS = [
    (r'\A""".*?"""', HEADER),
    (r"\basync (?=def|with|for)", ""),
    (r"\bawait ", ""),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\bAsync(?=[A-Z])", ""),
    (r"__aenter__", "__enter__"),
    (r"__aexit__", "__exit__"),
    (r"__aiter__", "__iter__"),
    (r"\basync_gather\b", "gather"),
    (r"between tasks", "between threads"),
]


def convert(text: str) -> str:
    for pattern, replacement in REPLACEMENTS:
        text = re.sub(pattern, replacement, text, flags=re.DOTALL)
    formatted = text.encode()
    for command in (["check", "--select=I", "--fix-only", "--quiet"], ["format"]):
        formatted = subprocess.run(
            [sys.executable, "-m", "ruff", *command, f"--stdin-filename={TARGET}", "-"],
            input=formatted,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
    return formatted.decode()


def main() -> None:
    wanted = convert(SOURCE.read_text(encoding="utf-8"))
    if "--check" not in sys.argv:
        TARGET.write_text(wanted, encoding="utf-8")
    elif not TARGET.exists() or TARGET.read_text(encoding="utf-8") != wanted:
        sys.exit(f"{TARGET.name} is not what aio.py makes; run: make sync")


if __name__ == "__main__":
    main()
