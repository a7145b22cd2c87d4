"""./dev bench gate-pictures: 250 degraded pictures of codes, read by us and by OpenCV, in turns in one run.

640 × 480 in grey: five codes (a card, a personal code, a place, a certificate of 601 letters in two sizes),
ten kinds of harm, five times each, always the same (tests/qr_gates/pictures/degraded.py). A picture is read
when the bytes of its code and nothing else were found; any other bytes are a wrong text. Time is that of one
call on decoded pixels; what a gate does besides, decoding PNG or JPEG, is told apart.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from statistics import median, quantiles
from typing import NamedTuple

import cv2
from PIL import Image

from adapters.qr_gates.pictures.code_pictures import code_in, codes_in, opened
from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.verdict import BenchFailed, Target, conclude, print_table
from tests.qr_gates.pictures.degraded import HARMS, Grey, Picture, pictures

LEAST_SHARE, MOST_WRONG, MOST_MEDIAN_MS = 0.94, 0, 2.0
Reader = Callable[[Grey], list[bytes]]


class Found(NamedTuple):
    """Of one reader: pictures read by harm, how many were wrong, and ms of each call."""

    read: Counter[str]
    wrong: int
    ms: list[float]

    @property
    def median_ms(self) -> float:
        return median(self.ms)


def ours(image: Grey) -> list[bytes]:
    return codes_in(Image.fromarray(image))


def opencv(detector: cv2.QRCodeDetector, image: Grey) -> list[bytes]:
    text, *_ = detector.detectAndDecode(image)
    return [text.encode()] if text else []


def measure(shown: Sequence[Picture], readers: dict[str, Reader]) -> dict[str, Found]:
    """All readers on each picture, one after the other, so that the machine's moods hit them alike."""
    found = {name: Found(Counter(), 0, []) for name in readers}
    for picture in shown:
        for name, read in readers.items():
            began = time.perf_counter()
            codes = read(picture.image)
            found[name].ms.append((time.perf_counter() - began) * 1e3)
            right = codes == [picture.printed.text.encode()]
            found[name].read[picture.harm] += right
            found[name] = found[name]._replace(wrong=found[name].wrong + (bool(codes) and not right))
    return found


def row(name: str, found: Found, total: int) -> dict[str, float | str]:
    by_harm = {harm: 100 * found.read[harm] / (total / len(HARMS)) for harm in HARMS}
    return {
        "reader": name,
        "all %": 100 * found.read.total() / total,
        "wrong": found.wrong,
        "median ms": found.median_ms,
        "p95 ms": quantiles(found.ms, n=20)[-1],
        **{f"{harm} %": share for harm, share in by_harm.items()},
    }


def decoding(shown: Sequence[Picture], kind: str) -> float:
    """Median ms of a posted picture, from its bytes to grey pixels."""
    spent = []
    for picture in shown[::10]:
        made = BytesIO()
        Image.fromarray(picture.image).save(made, kind)
        began = time.perf_counter()
        opened(made.getvalue())
        spent.append((time.perf_counter() - began) * 1e3)
    return median(spent)


async def bench() -> bool:
    """Whether all targets were met."""
    shown = list(pictures())
    made = BytesIO()
    Image.fromarray(shown[0].image).save(made, "PNG")
    if code_in(made.getvalue()) != shown[0].printed.text.encode():
        raise BenchFailed("a clean picture is not read")
    found = measure(shown, {"ours": ours, "OpenCV": partial(opencv, cv2.QRCodeDetector())})
    rows = [row(name, each, len(shown)) for name, each in found.items()]
    print_table(rows)
    decoded = {f"{kind} to pixels, median ms": decoding(shown, kind) for kind in ("PNG", "JPEG")}
    print_table([{**decoded}])
    mine, peer = found["ours"], found["OpenCV"]
    targets = [
        Target("share read", mine.read.total() / len(shown), LEAST_SHARE, at_least=True),
        Target("wrong texts", mine.wrong, MOST_WRONG, at_least=False),
        Target("median ms", mine.median_ms, MOST_MEDIAN_MS, at_least=False),
        Target("times as fast as OpenCV, median", peer.median_ms / mine.median_ms, 1, at_least=True),
    ]
    return conclude(targets, {"readers": rows, "decoding": decoded})


def main() -> int:
    asked = options_of(__doc__ or "").parse_args()
    return status_of(bench, check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
