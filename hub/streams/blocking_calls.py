"""Blocking calls of one sender, each with a deadline in a daemon thread of its own.

Not the loop's executor: it has a handful of threads for the whole process, and the end of the process waits
for them. What hangs holds up its own sender and nothing else.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


class BlockingCalls:
    """At most ``most`` calls at a time; those whose deadline has passed count until their thread ends."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._running = 0

    async def call(self, seconds: float, work: Callable[[], T]) -> T:
        """What ``work`` gives or raises; TimeoutError after ``seconds``, or when all of them hang; OSError on
        a machine that has no thread left.
        """
        if self._running >= self._most:
            raise TimeoutError
        self._running += 1
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        try:
            Thread(target=self._run, args=(loop, done, work), name=self._name, daemon=True).start()
        except RuntimeError as error:
            self._running -= 1
            raise OSError("no thread can be had") from error
        async with asyncio.timeout(seconds):
            return await done

    def _run(self, loop: asyncio.AbstractEventLoop, done: "asyncio.Future[T]", work: Callable[[], T]) -> None:
        result: object = None
        failure: BaseException | None = None
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - it is raised where the call is awaited
            failure = error
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(self._ended, done, result, failure)

    def _ended(self, done: "asyncio.Future[Any]", result: object, failure: BaseException | None) -> None:
        self._running -= 1
        if done.done():  # nobody waits for it any more
            return
        if failure is None:
            done.set_result(result)
        else:
            done.set_exception(failure)
