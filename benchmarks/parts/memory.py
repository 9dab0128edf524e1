"""Peak memory of the client while it loads, each way in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from benchmarks.bench import Bench
from benchmarks.cache import folder

NAME = "bench-memory"
WAYS = ("nothing", "insert of columns", "insert of an iterable", "bulk_load", "query_many")

# What each process runs. Linux gives a process the `ru_maxrss` of its parent to begin with, and
# so the peak is read elsewhere there. What the process needs for itself, and for the rows that
# it is to load, is what the way "nothing" shows.
SCRIPT = r"""
import re, resource, sys
from pathlib import Path
import numpy as np
import pgvectorize

way, dsn, name, path = sys.argv[1:]
values = np.load(path)
ids = [f"row-{number}" for number in range(len(values))]
metadata = [{"number": number} for number in range(len(values))]
with pgvectorize.connect(dsn) as client:
    index = client.index(name)
    if way == "insert of columns":
        index.insert(ids=ids, values=values, metadata=metadata)
    elif way == "insert of an iterable":
        index.insert(
            (id_, values[row], None, metadata[row]) for row, id_ in enumerate(ids)
        )
    elif way == "bulk_load":
        index.bulk_load(ids=ids, values=values, metadata=metadata, rebuild=False)
    elif way == "query_many":
        index.query_many(values[:1_000], top_k=10, exact=True)
status = Path("/proc/self/status")
if status.exists():
    print(int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1]) * 1024)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)  # bytes on macOS
"""


def run(bench: Bench) -> None:
    data = bench.data(bench.rows(50_000, 10_000))
    path = folder("memory") / "values.npy"
    np.save(path, data.vectors)
    bench.sheet.table(
        "memory",
        f"peak memory of the client's process, {data},"
        f" which are {data.vectors.nbytes / 2**20:.0f} MiB of float32",
    )
    nothing = None
    for way in WAYS:
        bench.create(NAME, data, hnsw=False)
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, way, bench.dsn, NAME, path],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        peak = int(done.stdout) / 2**20
        nothing = peak if nothing is None else nothing
        bench.sheet.row(by=way, peak_MiB=peak, above_nothing_MiB=peak - nothing)
    bench.client.delete_index(NAME)
    path.unlink()
