"""Coroutines that are called where there is no loop."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from typing import Any

import pytest

from pgvectorize.concurrency import Place
from pgvectorize.embedding.loops import BackgroundLoop


async def running_loop() -> Any:
    return asyncio.get_running_loop()


def test_every_coroutine_has_the_same_loop() -> None:
    loop = BackgroundLoop()
    assert loop.run(running_loop()) is loop.run(running_loop())
    assert loop.run(running_loop()) is not BackgroundLoop().run(running_loop())


def test_any_awaitable_will_do() -> None:
    class Awaitable:
        def __await__(self) -> Any:
            return running_loop().__await__()

    loop = BackgroundLoop()
    assert loop.run(Awaitable()) is loop.run(running_loop())


def test_an_error_is_that_of_the_coroutine() -> None:
    async def fail() -> None:
        raise KeyError("model")

    with pytest.raises(KeyError, match="model"):
        BackgroundLoop().run(fail())


def test_a_fork_has_a_loop_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread of its parent's loop is not there."""
    loop = BackgroundLoop()
    first = loop.run(running_loop())
    elsewhere = Place()
    monkeypatch.setattr(elsewhere, "_pid", -1)
    monkeypatch.setattr(loop, "_place", elsewhere)
    second = loop.run(running_loop())
    assert second is not first
    assert loop.run(running_loop()) is second


@pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(),
    reason="signals are the main thread's",
)
def test_ctrl_c_cancels_the_coroutine() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background has none
    cancelled = threading.Event()
    caller = threading.get_ident()

    async def interrupt() -> None:
        while sys._current_frames()[caller].f_code.co_name != "wait":
            await asyncio.sleep(0.01)
        signal.pthread_kill(caller, signal.SIGINT)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with pytest.raises(KeyboardInterrupt):
        BackgroundLoop().run(interrupt())
    assert cancelled.wait(30)
