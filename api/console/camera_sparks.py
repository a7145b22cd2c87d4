"""Small curves of a camera's figures: least, greatest and mean, a gap where nothing was told. Pure."""

from typing import NamedTuple

from storage.contract import Row

WIDTH, HEIGHT = 240, 36
_PAD = 3


class Spark(NamedTuple):
    """``runs``: what was told without a gap, as (x, y) on the picture; the rest as it was measured."""

    runs: tuple[tuple[tuple[float, float], ...], ...]
    low: float
    high: float
    last: float


def spark(curve: Row, from_ms: int, to_ms: int, step_ms: int) -> Spark | None:
    """A curve of a timeline (api/cameras.py), from zero on: a fall looks like one. None: there is none."""
    steps = zip(curve["start_ms"], curve["mean"], strict=True)
    told = [(int(time_ms) + step_ms // 2, float(mean)) for time_ms, mean in steps if mean is not None]
    if not told:
        return None
    values = [value for _, value in told]
    top = max(*values, 0.0) or 1.0
    runs: list[list[tuple[float, float]]] = []
    before_ms: int | None = None
    for time_ms, value in told:
        if before_ms is None or time_ms - before_ms > 2.5 * step_ms:
            runs.append([])
        x = (time_ms - from_ms) / (to_ms - from_ms) * WIDTH
        y = HEIGHT - _PAD - max(0.0, value) / top * (HEIGHT - 2 * _PAD)
        runs[-1].append((round(min(max(x, 0.0), float(WIDTH)), 1), round(y, 1)))
        before_ms = time_ms
    return Spark(tuple(tuple(run) for run in runs), min(values), max(values), values[-1])


def spark_svg(drawn: Spark) -> str:
    """Numbers only; its words stand beside it."""
    paths = "".join(
        f'<polyline points="{" ".join(f"{x},{y}" for x, y in run)}"/>'
        if len(run) > 1
        else f'<circle cx="{run[0][0]}" cy="{run[0][1]}" r="1.6"/>'
        for run in drawn.runs
    )
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">{paths}</svg>'
