"""Weekly keys of visits at gates (design 4): random, of one edge, destroyed; what they named is nobody's.

A visit's key is that of the ISO week (UTC) of the scan's time. It is never derived from another key, and is
in no backup and no escrow. When it goes, ``destroyed.jsonl`` keeps that it did: week, key id, when. A file
that is overwritten and removed may survive in a disk's spare blocks: encrypt the disk where that matters.
"""

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from hub.key_file import load_key, load_or_make_key
from hub.pseudonyms import KeyedPseudonyms

KEEP_DAYS = 21
PROOFS = "destroyed.jsonl"
_NAME = re.compile(r"(\d{4}-W\d{2})\.key")
_WEEK = timedelta(days=7)


class Destroyed(NamedTuple):
    """The proof of one key's end; ``key`` is its id, as pseudonyms carried it."""

    week: str
    key: str
    at: str


class VisitKeys:
    """``keep_days``: how long after its week's end a key lives."""

    def __init__(self, directory: Path, keep_days: int = KEEP_DAYS) -> None:
        self.directory = directory
        self.keep_days = keep_days
        self._known: dict[str, KeyedPseudonyms] = {}
        self._absent: set[str] = set()  # asked for at every scan; only this object makes one

    def visit(self, kind: str, value: str, time_ms: int, now_ms: int) -> str | None:
        """The visit's name; None: its week's key has been destroyed, or lies more than a week ahead."""
        keyed = self._of(_week_of(time_ms), now_ms)
        return keyed.visitor(kind, value) if keyed else None

    def names(self, kind: str, value: str, time_ms: int, now_ms: int) -> tuple[str, ...]:
        """Under the key of the scan's week, and of the one before if there is one: nights have two weeks."""
        week = _week_of(time_ms)
        before = week - _WEEK
        keys = [self._of(week, now_ms)]
        if not self._is_over(before, now_ms) and self._is_there(before):
            keys.append(self._of(before, now_ms))
        return tuple(keyed.visitor(kind, value) for keyed in keys if keyed)

    def destroy_due(self, now_ms: int) -> list[Destroyed]:
        """Overwrite and remove what has had its time; the proof is on disk before the key goes."""
        found = []
        for path, week in self._files():
            if self._is_over(week, now_ms):
                proof = Destroyed(
                    _named(week), KeyedPseudonyms(load_key(path), weak=True).key_id, _said(now_ms)
                )
                self._destroy(path, proof)
                self._known.pop(proof.week, None)
                found.append(proof)
        return found

    def proofs(self) -> list[Destroyed]:
        """Every key that was destroyed here, in the order of their ends."""
        path = self.directory / PROOFS
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return [Destroyed(**json.loads(line)) for line in lines]

    def _of(self, week: date, now_ms: int) -> KeyedPseudonyms | None:
        if self._is_over(week, now_ms) or week > _week_of(now_ms) + _WEEK:
            return None
        name = _named(week)
        if name not in self._known:
            self._known[name] = KeyedPseudonyms(load_or_make_key(self._path(week)), weak=False)
        return self._known[name]

    def _is_there(self, week: date) -> bool:
        name = _named(week)
        if name in self._known:
            return True
        if name in self._absent:
            return False
        if not self._path(week).exists():
            self._absent.add(name)
        return name not in self._absent

    def _path(self, week: date) -> Path:
        return self.directory / f"{_named(week)}.key"

    def _is_over(self, week: date, now_ms: int) -> bool:
        end = datetime.combine(week + _WEEK, datetime.min.time(), UTC)
        return _utc(now_ms) >= end + timedelta(days=self.keep_days)

    def _files(self) -> Iterator[tuple[Path, date]]:
        for path in sorted(self.directory.glob("*.key")):
            if found := _NAME.fullmatch(path.name):
                yield path, date.fromisoformat(f"{found[1]}-1")

    def _destroy(self, path: Path, proof: Destroyed) -> None:
        """A proof may stand twice after a crash in between; a key never goes without one."""
        with (self.directory / PROOFS).open("a", encoding="utf-8") as proofs:
            proofs.write(json.dumps(proof._asdict()) + "\n")
            proofs.flush()
            os.fsync(proofs.fileno())
        with path.open("r+b") as key:
            key.write(os.urandom(path.stat().st_size))
            key.flush()
            os.fsync(key.fileno())
        path.unlink()


def _week_of(time_ms: int) -> date:
    """The Monday of the ISO week."""
    day = _utc(time_ms).date()
    return day - timedelta(days=day.weekday())


def _named(week: date) -> str:
    year, number, _ = week.isocalendar()
    return f"{year:04}-W{number:02}"


def _utc(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, UTC)


def _said(time_ms: int) -> str:
    return _utc(time_ms).isoformat(timespec="seconds").replace("+00:00", "Z")
