"""Calibrations of sensors as people issue them: versioned, never deleted, the later one counts.

The offset is added to what a series said, in whole thousandths; the raw value is kept (docs/alarm_rules.md).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from hub.alarms.readings import Calibration
from hub.events import format_time

CALIBRATION = "calibration/"


class Issued(msgspec.Struct, frozen=True):
    """One of them: ``offset`` in thousandths of a kelvin for values of ``[from_ms, to_ms)``; None: open.

    ``by`` is a user's id, ``certificate`` names the paper: it stays where it was issued.
    """

    device: str
    metric: str
    offset: int
    from_ms: int
    to_ms: int | None
    issued_ms: int
    by: str
    certificate: str = ""

    @property
    def name(self) -> str:
        """Of the setting in the store."""
        return f"{CALIBRATION}{self.device}/{self.metric}/{self.issued_ms}"

    @property
    def counted(self) -> Calibration:
        """As rules take it."""
        return Calibration(self.offset, self.from_ms, self.to_ms, self.issued_ms)


encode = msgspec.json.Encoder(order="deterministic").encode
decode = msgspec.json.Decoder(Issued).decode


class Calibrations:
    """All that were issued, by device and metric."""

    def __init__(self, issued: Iterable[Issued] = ()) -> None:
        self._by_series: defaultdict[tuple[str, str], list[Issued]] = defaultdict(list)
        for each in issued:
            self.add(each)

    @classmethod
    def of(cls, bodies: Iterable[bytes]) -> "Calibrations":
        """Of settings of the store whose names begin with ``CALIBRATION``; raises msgspec.DecodeError."""
        return cls(map(decode, bodies))

    def add(self, issued: Issued) -> None:
        self._by_series[issued.device, issued.metric].append(issued)

    def __contains__(self, issued: Issued) -> bool:
        return any(
            each.name == issued.name for each in self._by_series.get((issued.device, issued.metric), ())
        )

    def free_ms(self, device: str, metric: str, now_ms: int) -> int:
        """When the next one of a series is issued: now, and after all that are there."""
        return max([now_ms, *(each.issued_ms + 1 for each in self._by_series.get((device, metric), ()))])

    def issued_of(self, device: str) -> list[Issued]:
        """Those of a device, issued first first."""
        found = [each for (name, _), of in self._by_series.items() if name == device for each in of]
        return sorted(found, key=lambda each: (each.issued_ms, each.metric))

    def counted_of(self, device: str) -> Mapping[str, tuple[Calibration, ...]]:
        """By metric, as rules take them."""
        return {
            metric: tuple(each.counted for each in of)
            for (name, metric), of in self._by_series.items()
            if name == device
        }

    def counting(self, device: str, metric: str, time_ms: int) -> Issued | None:
        """The one that corrects a value of this time; None: nothing does."""
        valid = [
            each
            for each in self._by_series.get((device, metric), ())
            if each.from_ms <= time_ms and (each.to_ms is None or time_ms < each.to_ms)
        ]
        return max(valid, key=lambda each: (each.issued_ms, each.offset), default=None)

    def offset_at(self, device: str, metric: str, time_ms: int) -> int:
        """What is added to a value of this time; 0 where nothing was issued."""
        found = self.counting(device, metric, time_ms)
        return found.offset if found else 0

    def corrected(self, device: str, metric: str, time_ms: int, value: float | None) -> float | None:
        """The value in whole thousandths with an offset that is in force; None: as it is."""
        offset = self.offset_at(device, metric, time_ms) if value is not None else 0
        return None if value is None or not offset else (round(value * 1000) + offset) / 1000


def told(issued: Issued, known: Calibrations, at_ms: int) -> dict[str, Any]:
    """A calibration as API and command give it; ``counts``: a value of now is corrected by it."""
    return {
        "metric": issued.metric,
        "offset": issued.offset / 1000,
        "from": format_time(issued.from_ms),
        "to": None if issued.to_ms is None else format_time(issued.to_ms),
        "issued": format_time(issued.issued_ms),
        "by": issued.by,
        "certificate": issued.certificate,
        "counts": known.counting(issued.device, issued.metric, at_ms) is issued,
    }
