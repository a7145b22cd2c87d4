"""Reports are put into words beside the event loop: a few at a time, whatever is asked for."""

import asyncio
from collections.abc import Callable

from api.problems import Problem

MOST_AT_ONCE = 2
MOST_WAITING = 8


class Press:
    """Runs what makes a document in a thread of its own."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)
        self._waiting = 0

    async def run(self, make: Callable[[], bytes]) -> bytes:
        """Raises Problem 429 when too many wait, 501 when the extra that it needs is not installed."""
        if self._waiting >= MOST_WAITING:
            retry = {"Retry-After": "10"}
            raise Problem(429, "report.busy", "Other reports are being made; ask again.", headers=retry)
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(make)
        except ImportError as error:
            form = "xlsx" if (error.name or "").startswith("openpyxl") else "pdf"
            detail = f"That needs the extra: pip install 'epihub[{form}]'. JSON and CSV need nothing more."
            raise Problem(501, f"report.no_{form}", detail) from error
        finally:
            self._waiting -= 1
