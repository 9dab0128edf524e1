"""What differs between tasks and threads: `Async…` for `aio`, the rest for `blocking`.

`blocking` is made from `aio`, so each name is here twice.
"""

from __future__ import annotations

import asyncio
import select
import sys
import threading
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from os import getpid
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection, Connection
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from pgvectorize.errors import InvalidRequest

T = TypeVar("T")


class AsyncWorkers:
    """A pool's workers that end when they are cancelled, also amid a task.

    A worker of psycopg's takes a cancellation for a failure of its task, such as to connect, and
    goes on. `asyncio.run` cancels it once and would wait for ever.
    """

    @classmethod
    async def worker(cls, q: Any) -> None:
        await super().worker(_UntilCancelled(q))  # type: ignore[misc]


class _UntilCancelled:
    def __init__(self, tasks: Any) -> None:
        self._tasks = tasks

    async def get(self) -> Any:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError
        return await self._tasks.get()


class Workers:
    """A pool's workers, threads of psycopg's."""


class Place:
    """The process in which something was opened that is of no use in another."""

    def __init__(self) -> None:
        self._pid = getpid()

    def is_this_process(self) -> bool:
        return self._pid == getpid()

    def is_here(self) -> bool:
        return self._pid == getpid()

    def check_left(self) -> None:
        """Raise if something else may still be used in that place."""


class AsyncPlace(Place):
    """The process and the event loop in which something was opened."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()

    def is_here(self) -> bool:
        return self._pid == getpid() and self._loop is asyncio.get_running_loop()

    def check_left(self) -> None:
        if self._pid == getpid() and not self._loop.is_closed():
            raise InvalidRequest(
                "this client belongs to another event loop, which is not closed",
                hint="Connect a client in each loop: await AsyncClient.connect(dsn)",
            )


class Gate:
    """Lets one call at a time use a borrowed connection; all clients on it share one gate."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.owner: int | None = None
        self.place = Place()

    def enter(self) -> int:
        """Return who calls; refuse whoever is inside already, and another process."""
        caller = threading.get_ident()
        _check_gate(self.place, is_inside=self.owner == caller)
        return caller

    @contextmanager
    def copying(self, connection: Connection[Any]) -> Iterator[None]:
        """Refuse what the caller's rows do with the connection while they are copied.

        psycopg holds the connection's lock for all of a COPY, so a cursor of the same thread
        would wait for itself.
        """
        lock = connection.lock
        connection.lock = _CopyLock(lock, self.enter)  # type: ignore[assignment]
        try:
            yield
        finally:
            connection.lock = lock


class _CopyLock:
    def __init__(self, lock: Any, enter: Callable[[], object]) -> None:
        self._lock = lock
        self._enter = enter

    def __enter__(self) -> None:
        self._enter()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class AsyncGate:
    """As `Gate`, for tasks."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.owner: asyncio.Task[Any] | None = None
        self.place = Place()

    def enter(self) -> asyncio.Task[Any] | None:
        caller = asyncio.current_task()
        _check_gate(self.place, is_inside=caller is not None and self.owner is caller)
        return caller

    @contextmanager
    def copying(self, connection: AsyncConnection[Any]) -> Iterator[None]:
        yield  # an iterator cannot await


def _check_gate(place: Place, *, is_inside: bool) -> None:
    if not place.is_this_process():
        raise InvalidRequest(
            "this process is a fork, and the borrowed connection belongs to its parent",
            hint="Open a connection or a pool in each process, after the fork.",
        )
    if is_inside:
        raise InvalidRequest(
            "the rows that are written are read over the connection that writes them",
            hint="Read them into a list first, or read them over another connection.",
        )


# By connection or pool. Python's dict makes `setdefault` safe between threads.
_gates: WeakKeyDictionary[Any, Gate] = WeakKeyDictionary()
_async_gates: WeakKeyDictionary[Any, AsyncGate] = WeakKeyDictionary()


def gate(source: Connection[Any] | ConnectionPool[Any]) -> Gate:
    """Return the gate of a borrowed connection or pool."""
    return _gates.setdefault(source, Gate())


def async_gate(source: AsyncConnection[Any] | AsyncConnectionPool[Any]) -> AsyncGate:
    return _async_gates.setdefault(source, AsyncGate())


def is_readable(file: int) -> bool:
    """Return whether something has arrived on a socket, or its end."""
    if sys.platform == "win32":
        return bool(select.select([file], [], [], 0)[0])
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(0))


async def async_gather(
    calls: Sequence[Callable[[], Awaitable[T]]], running: Collection[AsyncConnection[Any]]
) -> list[T]:
    """Return the results in order; when all have ended, raise the first error.

    A cancellation reaches each task, which ends its statement.
    """
    results = await asyncio.gather(*(call() for call in calls), return_exceptions=True)
    return [_result(result) for result in results]


def gather(calls: Sequence[Callable[[], T]], running: Collection[Connection[Any]]) -> list[T]:
    """Return the results in order; when all have ended, raise the first error.

    Ctrl-C reaches only the caller's thread; that ends the statements `running` in the others.
    """
    with ThreadPoolExecutor(len(calls)) as threads:
        futures = [threads.submit(call) for call in calls]
        try:
            wait(futures)
        except BaseException:
            while True:
                for connection in list(running):
                    connection.cancel_safe()
                if not wait(futures, timeout=0.1).not_done:
                    raise
    return [future.result() for future in futures]


def _result(result: T | BaseException) -> T:
    if isinstance(result, BaseException):
        raise result
    return result
