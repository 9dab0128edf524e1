"""Calls side by side: tasks for `aio`, threads for `blocking`, which is made from it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


async def async_gather(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Return the results in order; when all have ended, raise the first error."""
    results = await asyncio.gather(*(call() for call in calls), return_exceptions=True)
    return [_result(result) for result in results]


def gather(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Return the results in order; when all have ended, raise the first error."""
    with ThreadPoolExecutor(len(calls)) as threads:
        futures = [threads.submit(call) for call in calls]
    return [future.result() for future in futures]


def _result(result: T | BaseException) -> T:
    if isinstance(result, BaseException):
        raise result
    return result
