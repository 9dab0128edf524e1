"""A client that may be killed: `python -m tests.faults.worker JOB DSN SEED HOW`.

It writes a line of JSON when it begins a call, and one when the call has returned: what
it has said is done is acknowledged.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pgvectorize
from pgvectorize import Client, Index, Vector, schema
from tests.faults.rows import BIG, PATCH, row

INDEX = "docs"
STORED = 900  # rows 0 to here are in the template, of version 0
ADDED, LOADED = 1_100, 2_200  # and up to here after a long upsert, and after a bulk load
RANGE = 150  # ids of a writer
how = ""  # "stalls" for a load
OTHER: dict[str, Any] = {
    "m": 24,
    "ef_construction": 400,
    "workers": 0,
}  # how a build makes the HNSW index


def say(**fields: object) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def upserts(client: Client, seed: int) -> None:
    """Batches of one row to twenty, in a range of ids that is this writer's alone.

    Its versions begin where `how` says.
    """
    index, lot = client.index(INDEX), random.Random(seed)
    first = seed * RANGE
    version = int(how or 0)
    while True:
        version += 1
        numbers = lot.sample(range(first, first + RANGE), lot.choice((1, 2, 20)))
        say(begins=version, numbers=numbers)
        index.upsert([row(number, version) for number in numbers])
        say(ends=version, numbers=numbers)


def given(start: int, stop: int) -> Iterator[Vector]:
    """The vectors of a load, in no order; a worker that stalls waits near the end for ever."""
    numbers = list(range(start, stop))
    random.Random(3).shuffle(numbers)
    for place, number in enumerate(numbers):
        if how == "stalls" and place == len(numbers) * 9 // 10:
            sys.stdin.readline()
        yield row(number, 1)


def long_upsert(index: Index) -> object:
    """Half of the rows anew, and more, in batches small enough to be copied."""
    return index.upsert(given(STORED // 2, ADDED), batch_size=100)


def bulk_load(index: Index) -> object:
    return index.bulk_load(given(STORED // 2, LOADED), rebuild=True)


def once(call: Callable[[Client], object]) -> Callable[[Client, int], None]:
    """A job of one call."""

    def work(client: Client, seed: int) -> None:
        say(begins=1)
        call(client)
        say(ends=1)

    return work


JOBS: dict[str, Callable[[Client, int], None]] = {
    "upserts": upserts,
    "long upsert": once(lambda client: long_upsert(client.index(INDEX))),
    "load of an empty index": once(
        lambda client: client.index("empty").bulk_load(given(0, LOADED))
    ),
    "first upsert": once(lambda client: client.index("empty").upsert(given(0, LOADED))),
    "load without the HNSW index": once(lambda client: bulk_load(client.index(INDEX))),
    "concurrent build": once(lambda client: client.index(INDEX).build(**OTHER)),
    "build": once(lambda client: client.index(INDEX).build(**OTHER, concurrently=False)),
    "metadata index": once(
        lambda client: client.index(INDEX).create_metadata_index("color", "string")
    ),
    "namespace index": once(lambda client: client.index(INDEX).create_namespace_index(BIG)),
    "patch": once(lambda client: client.index(INDEX).update_metadata(PATCH, namespace=BIG)),
    "delete": once(lambda client: client.index(INDEX).delete_namespace(BIG)),
}


def main(job: str, dsn: str, seed: str, given_how: str) -> None:
    global how
    how = given_how
    if job == "migration":
        say(begins=1)
        schema.migrate(dsn)
        say(ends=1)
        return
    with pgvectorize.connect(dsn, max_size=1) as client:
        JOBS[job](client, int(seed))


if __name__ == "__main__":
    main(*sys.argv[1:])
