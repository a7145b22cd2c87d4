"""A system that reports over HTTP: ``POST /api/v1/intake/{type}``, again until the hub has taken it."""

import asyncio
import json
import random
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPException

from simulators.intake.plan import Body
from simulators.lab.mllp_client import RetryPolicy

ANSWER_SECONDS = 60.0
MOST_OF_A_POST = 500  # bodies; the hub takes 1000, but others wait meanwhile


class Refused(Exception):
    """The hub does not want this: the text is its answer."""


@dataclass(slots=True)
class IntakeCounts:
    """``told``: bodies that the hub has; ``posts``: answers that said so."""

    told: int = 0
    posts: int = 0
    refused: int = 0


@dataclass(slots=True)
class IntakeLine:
    """``url`` is the hub's; ``key`` of the role admin, where it asks for one."""

    url: str
    key: str = ""
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    rng: random.Random = field(default_factory=random.Random)
    counts: IntakeCounts = field(default_factory=IntakeCounts)

    async def tell(self, type_: str, bodies: Sequence[Body]) -> None:
        """In their order, until the hub has all of them; raises Refused."""
        for begin in range(0, len(bodies), MOST_OF_A_POST):
            part = bodies[begin : begin + MOST_OF_A_POST]
            attempt = 0
            while not await asyncio.to_thread(self._post, type_, json.dumps(part).encode()):
                await asyncio.sleep(self.policy.pause(attempt, self.rng))
                attempt += 1
            self.counts.posts += 1
            self.counts.told += len(part)

    def _post(self, type_: str, body: bytes) -> bool:
        """Whether it was taken; False: not now."""
        headers = {"Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(f"{self.url}/api/v1/intake/{type_}", body, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                answer.read()
                return True
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != 429:
                self.counts.refused += 1
                raise Refused(
                    f"{type_}: {error.code}: {error.read(500).decode('utf-8', 'replace')}"
                ) from error
        except (OSError, HTTPException):
            pass  # nobody is there
        return False
