"""Clients in processes of their own, and what they acknowledged."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

_ROOT = Path(__file__).parents[2]


class Worker:
    """A running `tests.faults.worker`; `said` grows as it speaks."""

    def __init__(self, job: str, dsn: str, seed: int = 0, how: str = "") -> None:
        self.said: list[dict[str, Any]] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker", job, dsn, str(seed), how],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("\n"):  # else it was killed in the middle of it
                self.said.append(json.loads(line))

    @property
    def acknowledged(self) -> list[dict[str, Any]]:
        return [line for line in self.said if "ends" in line]

    @property
    def in_doubt(self) -> dict[str, Any] | None:
        """The call that had begun and was not acknowledged."""
        return self.said[-1] if self.said and "begins" in self.said[-1] else None

    def wait_until_acknowledged(self, count: int) -> None:
        ends = time.monotonic() + 60
        while len(self.acknowledged) < count:
            assert self.process.poll() is None, self.error()
            assert time.monotonic() < ends
            time.sleep(0.002)

    def kill(self) -> None:
        """Kill -9, and read what it had said before."""
        self.process.kill()
        self.end()

    def end(self) -> None:
        """Wait until it ends by itself: it has succeeded, or lost its server."""
        assert self.process.stdin is not None
        self.process.stdin.close()  # if it stalls, it goes on
        self.process.wait(timeout=60)
        self._reader.join(timeout=60)

    def error(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def close(self) -> None:
        self.kill()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


@contextmanager
def workers(job: str, dsn: str, count: int = 1, how: str = "") -> Iterator[list[Worker]]:
    started = [Worker(job, dsn, seed, how) for seed in range(count)]
    try:
        yield started
    finally:
        for worker in started:
            worker.close()
