"""How things are measured: interleaved rounds in random order, medians, recall."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Ask = Callable[[int], Any]

DIFFERENT = 500  # inputs that the throughput is measured with


@dataclass(frozen=True)
class Contestant:
    """One way of doing the work: `ask(n)` does it with the n-th input and gives the answer.

    `settings` are the Postgres settings that it wants on the connection it shares. Where
    the work takes long, it is asked only in `every` so many rounds.
    """

    ask: Ask
    settings: Mapping[str, str] = field(default_factory=dict)
    every: int = 1


@dataclass
class Outcome:
    """The times of one contestant in seconds, and its answers, by the number of the input.

    `cpu_seconds` are those in which this process worked.
    """

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        return float(np.percentile(self.seconds, share))

    @property
    def median(self) -> float:
        return self.percentile(50)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Do the work once; return the seconds it took, and its answer."""
    start = time.perf_counter()
    answer = work()
    return time.perf_counter() - start, answer


def compare(
    contestants: Mapping[str, Contestant],
    inputs: Sequence[int],
    prepare: Callable[[Contestant], None] = lambda contestant: None,
) -> dict[str, Outcome]:
    """Give every contestant each input, in random order; `prepare` runs before, unmeasured.

    Each round begins with the first contestant once more, unmeasured: the pages that the
    input needs are then in memory for all of them alike.
    """
    outcomes = {name: Outcome() for name in contestants}
    first = next(iter(contestants.values()))
    for turn, number in enumerate(inputs):
        prepare(first)
        first.ask(number)
        present = [name for name, contestant in contestants.items() if turn % contestant.every == 0]
        for name in random.sample(present, len(present)):
            contestant = contestants[name]
            prepare(contestant)
            cpu_start, start = time.process_time(), time.perf_counter()
            answer = contestant.ask(number)
            outcomes[name].seconds.append(time.perf_counter() - start)
            outcomes[name].cpu_seconds.append(time.process_time() - cpu_start)
            outcomes[name].answers.append((number, answer))
    return outcomes


def rounds(
    contestants: Mapping[str, Callable[[], Any]],
    count: int,
    prepare: Callable[[], object] = lambda: None,
) -> dict[str, Outcome]:
    """Let each do the whole work `count` times, in random order; `prepare` is not measured."""
    outcomes = {name: Outcome() for name in contestants}
    for number in range(count):
        for name in random.sample(list(contestants), len(contestants)):
            prepare()
            seconds, answer = timed(contestants[name])
            outcomes[name].seconds.append(seconds)
            outcomes[name].answers.append((number, answer))
    return outcomes


def throughput(
    workers: Sequence[Callable[[], AbstractContextManager[Ask]]], seconds: float
) -> float:
    """Return how many answers a second the workers give together, each in a thread of its own.

    A worker opens what it needs, waits for the others, and asks one input after another.
    """
    ready = threading.Barrier(len(workers) + 1)
    stop = threading.Event()
    counts: list[int] = []

    def work(opened: Callable[[], AbstractContextManager[Ask]], number: int) -> None:
        with opened() as ask:
            for warming in range(3):
                ask(warming)
            ready.wait()
            count = 0
            while not stop.is_set():
                ask((number * 97 + count) % DIFFERENT)
                count += 1
            counts.append(count)

    threads = [
        threading.Thread(target=work, args=(opened, number), daemon=True)
        for number, opened in enumerate(workers)
    ]
    for thread in threads:
        thread.start()
    ready.wait()
    start = time.perf_counter()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - start)
