"""The hospital's own system, as far as it places orders: ``PUT /api/v1/orders``, until the hub has them."""

import asyncio
import json
import random
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPException

from simulators.lab.mllp_client import RetryPolicy

ANSWER_SECONDS = 10.0


class Refused(Exception):
    """The hub does not want this order: the text is its answer."""


@dataclass(slots=True)
class Lis:
    """``url`` is the hub's, or the edge's own; ``key`` of the role operator, where it asks for one."""

    url: str
    key: str = ""
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    rng: random.Random = field(default_factory=random.Random)

    async def place(self, order: str, specimen: str, tests: Sequence[str], device: str) -> None:
        """Until it is on the edge's disk; raises Refused."""
        body = {"order": order, "specimen": specimen, "tests": list(tests), "device": device}
        attempt = 0
        while not await asyncio.to_thread(self._put, json.dumps([body]).encode()):
            await asyncio.sleep(self.policy.pause(attempt, self.rng))
            attempt += 1

    def _put(self, body: bytes) -> bool:
        """Whether it was taken; False: not now."""
        headers = {"Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(f"{self.url}/api/v1/orders", body, headers, method="PUT")
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS):
                return True
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise Refused(f"{error.code}: {error.read(500).decode('utf-8', 'replace')}") from error
        except (OSError, HTTPException):
            pass  # nobody is there
        return False
