"""An event loop in a thread, for coroutines that are called where there is no loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable
from typing import TypeVar

from pgvectorize.concurrency import Place

T = TypeVar("T")


class BackgroundLoop:
    """Runs the coroutines of one library, always in the same loop.

    A loop for each call would not do: a library keeps its connections, and they belong to the
    loop that they were opened in. Nor would a loop in the caller's thread, which may have one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._place = Place()

    def run(self, awaitable: Awaitable[T]) -> T:
        """Return the result of an awaitable; cancel it if the caller is interrupted."""
        future = asyncio.run_coroutine_threadsafe(_await(awaitable), self._running())
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or not self._place.is_this_process():
                self._place = Place()
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=self._loop.run_forever, name="pgvectorize-embedding", daemon=True
                ).start()
            return self._loop


async def _await(awaitable: Awaitable[T]) -> T:
    return await awaitable
