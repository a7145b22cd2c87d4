"""Several ways to do the same work, a little of each in turn: a busy machine is busy for all of them."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

# Rows from the first to before the second, given to one way.
Insert = Callable[[int, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Way:
    """``insert`` writes rows from one number to before another; ``rows`` is how many it gets in all."""

    insert: Insert
    rows: int


async def in_turn(ways: Mapping[str, Way], slice_rows: int) -> dict[str, float]:
    """Rows a second of each way; every round begins with another one, so that none is always first."""
    names = list(ways)
    spent = dict.fromkeys(names, 0.0)
    rounds = -(-max(way.rows for way in ways.values()) // slice_rows)
    for number in range(rounds):
        turn = number % len(names)
        first = number * slice_rows
        for name in (*names[turn:], *names[:turn]):
            way = ways[name]
            if first < way.rows:
                began = time.perf_counter()
                await way.insert(first, min(first + slice_rows, way.rows))
                spent[name] += time.perf_counter() - began
    return {name: way.rows / spent[name] for name, way in ways.items()}
