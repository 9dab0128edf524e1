"""Other stores, with the same data, on the same server where they use Postgres."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from benchmarks.bench import Bench
from benchmarks.cache import ROOT, environment, folder
from benchmarks.datasets import DataSet
from benchmarks.measure import Outcome
from benchmarks.truth import Answer, Truth

LONGEST = 1_200  # seconds that one command may take
AT_ONCE = 10  # queries, before it is another's turn


@dataclass(frozen=True)
class Known:
    """A peer: what to install, None where our own environment has it."""

    requirements: tuple[str, ...] | None
    in_postgres: bool = True
    pip_options: tuple[str, ...] = ()


KNOWN: Mapping[str, Known] = {
    "pgvectorize": Known(None),
    "vecs": Known(("vecs==0.4.5",)),
    "langchain_pgvector": Known(("langchain-postgres==0.0.19",)),
    "langchain_pgvectorstore": Known(("langchain-postgres==0.0.19",)),
    "llama_index": Known(("llama-index-vector-stores-postgres==0.9.0",)),
    # its own dependency psycopg2 would have to be compiled
    "timescale_vector": Known(
        ("timescale-vector==0.0.7", "psycopg2-binary>=2.9", "asyncpg", "pgvector", "numpy>=2"),
        pip_options=("--no-deps",),
    ),
    "chromadb": Known(("chromadb==1.5.9",), in_postgres=False),
    "qdrant": Known(("qdrant-client==1.20.0",), in_postgres=False),
    "lancedb": Known(("lancedb==0.40.0",), in_postgres=False),
}


@dataclass(frozen=True)
class Question:
    """A filter of all peers' languages, and what is right under it."""

    name: str
    filter: Mapping[str, Any] | None
    answer: Answer


class PeerFailed(Exception):
    """What a peer could not do, in its own words."""


@dataclass
class Runner:
    """A peer's process, and what it has answered, by the name of the question."""

    name: str
    process: subprocess.Popen[str]
    opened: Mapping[str, Any] = field(default_factory=dict)
    load: float = 0.0
    index: float = 0.0
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def do(self, command: str, **options: Any) -> dict[str, Any]:
        """Have the peer do something; return its answer. Raises `PeerFailed`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps({"do": command, **options}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except OSError as error:
            raise PeerFailed(f"its process ended: {error}") from error
        if not line:
            raise PeerFailed(f"its process ended with {self.process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise PeerFailed(f"{command}: {answer['error']}")
        return answer


def run(bench: Bench) -> None:
    data = bench.data(bench.rows(20_000, 2_000))
    count = bench.options.size(100, 30)
    truth = Truth(data, count)
    asked = questions(data, truth)
    files = write(data)
    failures: dict[str, str] = {}
    runners: list[Runner] = []
    with ExitStack() as stack:
        for name in bench.options.peers or KNOWN:
            try:
                runners.append(opened(bench, name, files, stack))
            except (PeerFailed, RuntimeError, psycopg.Error) as error:
                failures[name] = str(error).splitlines()[0]
        for question in asked:
            for runner, reason in ask(runners, question, count):
                failures[runner.name] = reason
                runners.remove(runner)
        bench.sheet.table("peers", f"beside others, {data}, top_k 10")
        for runner in runners:
            row(bench, runner, len(data), asked, data)
    for name, reason in failures.items():
        print(f"  {name} could not be measured: {reason}")
    bench.sheet.table("settings", "how they were set")
    for runner in runners:
        bench.sheet.row(
            by=runner.name, versions=runner.opened["versions"], settings=runner.opened["settings"]
        )
    for name, reason in failures.items():
        bench.sheet.row(by=name, versions=None, settings=f"could not be measured: {reason}")


def questions(data: DataSet, truth: Truth) -> list[Question]:
    asked = [
        Question("", None, truth.answer()),
        Question(
            "filter",
            {"name": "scattered", "operator": "<", "operand": 0.01},
            truth.answer(data.numbers("scattered") < 0.01),
        ),
    ]
    if "pos" in data.metadata[0]:
        verbs = np.array([row["pos"] == "verb" for row in data.metadata])
        asked.append(
            Question(
                "verb", {"name": "pos", "operator": "=", "operand": "verb"}, truth.answer(verbs)
            )
        )
    return asked


def write(data: DataSet) -> Path:
    """Write what the peers load; return the folder."""
    files = folder("peers") / "data"
    files.mkdir(exist_ok=True)
    np.save(files / "vectors.npy", data.vectors)
    np.save(files / "queries.npy", data.queries)
    (files / "metadata.json").write_text(json.dumps(data.metadata), encoding="utf-8")
    return files


def opened(bench: Bench, name: str, files: Path, stack: ExitStack) -> Runner:
    """Return a peer that has loaded the data and is searchable."""
    print(f"  {name}", flush=True)
    known = KNOWN[name]
    python = (
        Path(sys.executable)
        if known.requirements is None
        else environment(
            known.requirements[0].split("=")[0], known.requirements, *known.pip_options
        )
    )
    place = folder("peers") / name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    log = stack.enter_context((folder("peers") / f"{name}.log").open("w"))
    process = subprocess.Popen(
        [python, ROOT / "benchmarks" / "peers" / f"run_{name}.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    stack.callback(ended, process)
    runner = Runner(name, process)
    dsn = emptied(bench, f"bench_peer_{name}") if known.in_postgres else ""
    database = {key: str(value) for key, value in conninfo_to_dict(dsn).items()}
    runner.opened = runner.do("open", data=str(files), database=database, folder=str(place))
    runner.load = runner.do("load")["seconds"]
    runner.index = runner.do("index")["seconds"]
    if known.in_postgres:  # as autovacuum would, which the server may have switched off
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("vacuum analyze")
    return runner


def ended(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()


def emptied(bench: Bench, name: str) -> str:
    """Make an empty database with pgvector on the server; return its DSN."""
    bench.connection.execute(
        SQL("drop database if exists {} with (force)").format(Identifier(name))
    )
    bench.connection.execute(SQL("create database {}").format(Identifier(name)))
    dsn = make_conninfo(bench.dsn, dbname=name)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create extension vector")
    return dsn


def ask(runners: Sequence[Runner], question: Question, count: int) -> list[tuple[Runner, str]]:
    """Ask all peers the same in turns, in random order; return those that failed, and why."""
    failed: dict[str, tuple[Runner, str]] = {}
    for start in range(0, count, AT_ONCE):
        numbers = list(range(start, min(start + AT_ONCE, count)))
        for runner in random.sample(runners, len(runners)):
            if runner.name in failed:
                continue
            try:
                answer = runner.do("search", numbers=numbers, filter=question.filter)
            except PeerFailed as error:
                failed[runner.name] = (runner, str(error))
                continue
            outcome = runner.outcomes.setdefault(question.name, Outcome())
            outcome.seconds += answer["seconds"]
            outcome.answers += zip(numbers, answer["rows"], strict=True)
    return list(failed.values())


def row(bench: Bench, runner: Runner, rows: int, asked: Sequence[Question], data: DataSet) -> None:
    cells: dict[str, Any] = {
        "by": runner.name,
        "in": "Postgres" if KNOWN[runner.name].in_postgres else "itself",
        "load rows/s": rows / runner.load,
        "searchable s": runner.load + runner.index,
        "searchable rows/s": rows / (runner.load + runner.index),
    }
    for question in asked:
        outcome = runner.outcomes[question.name]
        answers = [
            (number, [(data.ids[place],) for place in places]) for number, places in outcome.answers
        ]
        cells[f"{question.name} p50 ms".strip()] = outcome.median * 1e3
        cells[f"{question.name} recall".strip()] = question.answer.recall(answers)
        cells[f"{question.name} short".strip()] = question.answer.short(answers)
    bench.sheet.row(**cells)
