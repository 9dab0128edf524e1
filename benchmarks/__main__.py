"""`python -m benchmarks PART …`: run parts of the benchmark."""

from __future__ import annotations

from benchmarks.cli import main

main()
