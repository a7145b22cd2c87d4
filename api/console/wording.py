"""Words, numbers and times as people here write them: dd/MM/yyyy, and 1.856 or 4,5 °C in Vietnamese."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from operator import attrgetter
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from hub.events import parse_time

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
_FUTURE_MS = -120_000
_AGE_STEPS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"))


@cache
def texts(language: Language) -> dict[str, str]:
    """All texts of ``texts/*.<language>.toml`` by dotted key; several files may add to a group."""
    named = (file for file in files("api.console.texts").iterdir() if file.name.endswith(f"{language}.toml"))
    tables = [tomllib.loads(file.read_text("utf-8")) for file in sorted(named, key=attrgetter("name"))]
    return {
        f"{group}.{key}": text
        for table in tables
        for group, entries in table.items()
        for key, text in entries.items()
    }


def as_language(text: str) -> Language:
    return next((language for language in LANGUAGES if language == text), "vi")


def ms_of(time: object) -> int | None:
    """Unix ms of a row's RFC 3339 time; None where it has none."""
    return parse_time(time) if isinstance(time, str) and time else None


@dataclass(frozen=True, slots=True)
class Wording:
    """One language in the hub's time zone."""

    language: Language
    zone: ZoneInfo

    def __call__(self, key: str, **values: object) -> str:
        """The text of ``key``; raises KeyError, which a test rules out.

        A text like ``{count} try|{count} tries`` has a form for one; ``count``, number or text, decides.
        """
        one, _, more = texts(self.language)[key].partition("|")
        alone = not more or str(values.get("count")) == "1"
        return (one if alone else more).format(**values)

    def reason(self, code: str | None) -> str:
        """A reason code in words, the code itself where it has none."""
        if not code:
            return ""
        known = texts(self.language)
        return known.get(f"reason.{code}") or known.get(f"reason.{code.partition(':')[0]}") or code

    def trouble(self, code: str) -> str:
        """Why an entry waits in quarantine, in words; in general words for a code without its own."""
        told = self.reason(code)
        return self("reason.other") if told == code else told

    def named(self, group: str, name: str) -> str:
        """The word for one of our codes, the code itself where there is none."""
        return texts(self.language).get(f"{group}.{name}", name)

    def count(self, number: int) -> str:
        grouped = f"{number:,}"
        return grouped.replace(",", ".") if self.language == "vi" else grouped

    def decimal(self, value: float, digits: int = 1) -> str:
        text = f"{value:,.{digits}f}".replace("-", "−")
        return text.translate(str.maketrans(",.", ".,")) if self.language == "vi" else text

    def degrees(self, value: float | None) -> str:
        return "—" if value is None else f"{self.decimal(value)} °C"

    def moment(self, ms: int | None) -> str:
        """dd/MM/yyyy HH:mm:ss in the hub's time zone."""
        if ms is None:
            return "—"
        return datetime.fromtimestamp(ms / 1000, self.zone).strftime("%d/%m/%Y %H:%M:%S")

    def read_moment(self, text: str) -> int | None:
        """Unix ms of what a person typed: dd/MM/yyyy, with or without HH:mm; None for anything else."""
        for form in ("%d/%m/%Y %H:%M", "%d/%m/%Y"):
            try:
                typed = datetime.strptime(text.strip()[:40], form).replace(tzinfo=self.zone)
            except ValueError:
                continue
            return int(typed.timestamp()) * 1000
        return None

    def age(self, ms: int | None, now_ms: int) -> str:
        """How long ago, in its largest unit."""
        if ms is None:
            return self("age.never")
        gone = now_ms - ms
        if gone < _FUTURE_MS:
            return self("age.future")
        for size, unit in _AGE_STEPS:
            if gone >= size:
                return self(f"age.{unit}", n=gone // size)
        return self("age.s", n=0)

    def span(self, length_ms: int) -> str:
        """How long, in its largest unit."""
        size, unit = next((step for step in _AGE_STEPS if length_ms >= step[0]), _AGE_STEPS[-1])
        return self(f"span.{unit}", n=length_ms // size)
