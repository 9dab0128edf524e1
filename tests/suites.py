"""The contract suite wherever we promise that it passes: `python -m tests.suites [NAME ...]`.

Prints a line for each suite in the end; fails if one fails.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence

COMMAND = (sys.executable, "-m", "pytest", "-n", "auto", "--dist", "worksteal", "tests/contract")

CONTAINER = {
    "PGVECTORIZE_TEST_SERVER": "container",
    "PGVECTORIZE_TEST_POSTGRES": "17",
    "PGVECTORIZE_TEST_IMAGE": os.environ.get("PGVECTORIZE_TEST_IMAGE") or "pgvector/pgvector:pg17",
}
EMBEDDED = {"PGVECTORIZE_TEST_SERVER": "embedded", "PGVECTORIZE_TEST_POSTGRES": "18"}
EMBEDDED_16 = {"PGVECTORIZE_TEST_SERVER": "embedded-16", "PGVECTORIZE_TEST_POSTGRES": "16"}
FEWER = {"PGVECTORIZE_TEST_EXAMPLES": "10"}  # `make test` has made more of them
# What a suite adds to the environment: the server of tests/servers.py, and variants of
# tests/variants.py.
SUITES = {
    "18": FEWER | EMBEDDED,
    "17": FEWER | CONTAINER,
    "16": FEWER | EMBEDDED_16,
    "17-database": FEWER | CONTAINER | {"PGVECTORIZE_TEST_VARIANT": "collation,extensions,role"},
    "18-settings": FEWER | EMBEDDED | {"PGVECTORIZE_TEST_VARIANT": "settings"},
    "18-pgbouncer": FEWER | EMBEDDED | {"PGVECTORIZE_TEST_VARIANT": "pgbouncer"},
    "17-pgbouncer-prepared": FEWER | CONTAINER | {"PGVECTORIZE_TEST_VARIANT": "pgbouncer-prepared"},
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.suites", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SUITES)}")
    names = parser.parse_args(arguments).names or [*SUITES]
    if unknown := [name for name in names if name not in SUITES]:
        parser.error(f"no such suite: {', '.join(unknown)}; there are {', '.join(SUITES)}")

    lines = []
    failed = False
    for name in names:
        print(f"\n=== {name}: {SUITES[name]}", flush=True)
        started = time.monotonic()
        passed = _passes(SUITES[name])
        failed |= not passed
        minutes, seconds = divmod(round(time.monotonic() - started), 60)
        lines.append(f"{name:24} {'passed' if passed else 'FAILED'}  {minutes:2}:{seconds:02}")
    print("", *lines, sep="\n")
    sys.exit(failed)


def _passes(settings: dict[str, str]) -> bool:
    return subprocess.run(COMMAND, env=os.environ | settings).returncode == 0


if __name__ == "__main__":
    main()
