"""How long a reader takes to answer, warm, one question after the other."""

import time
from collections.abc import Awaitable, Callable, Mapping
from statistics import median
from typing import Any

ASKED = 20

Question = Callable[[], Awaitable[Any]]


async def ask(questions: Mapping[str, Question], times: int = ASKED) -> list[dict[str, float | str]]:
    rows: list[dict[str, float | str]] = []
    for name, question in questions.items():
        took = []
        for _ in range(times):
            began = time.perf_counter()
            await question()
            took.append((time.perf_counter() - began) * 1000)
        rows.append({"question": name, "median_ms": median(took), "worst_ms": max(took)})
    return rows
