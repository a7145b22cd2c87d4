"""Notices, incidents and settings for tests."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hub.alarms.incidents.actions import Action
from hub.alarms.incidents.at_edge import EdgeWord, enter_words
from hub.alarms.incidents.book import Book, Finding
from hub.alarms.incidents.entries import Entry
from hub.notify.planning import Told, plan
from hub.notify.settings import (
    Chain,
    Channel,
    NotifySettings,
    Person,
    Place,
    Reach,
    Schedule,
    Shift,
    Step,
)
from storage.notices import NoticeChanges, NoticeRow

MINUTE = 60_000
NOON = 1_764_046_800_000  # 2025-11-25 12:00 in Asia/Ho_Chi_Minh, a Tuesday
AN, BINH, CHI = "u-an", "u-binh", "u-chi"
NUMBER = "0912345678"
SETTINGS = NotifySettings(
    channels=(
        Channel("sms", "webhook", url="https://sms.example/send"),
        Channel("mail", "smtp", "en", host="mail.example", port=25, sender="epihub@cdc.example"),
        Channel("room", "webhook", url="https://room.example/"),
    ),
    persons=(
        Person(AN, "vi", (Reach("sms", NUMBER), Reach("mail", "an@cdc.example"))),
        Person(BINH, "vi", (Reach("sms", "+84 98 765 43 21"),)),
        Person(CHI, "en", (Reach("sms", "0900000001"),)),
    ),
    schedules=(Schedule("night", CHI, (Shift(tuple(range(7)), 17 * 60, 7 * 60, BINH),)),),
    chains=(Chain("fridges", (Step(0, (AN,)), Step(15, (AN,), ("night",)), Step(60, channels=("room",)))),),
    places={"kho-vac-xin": Place("Kho vắc-xin tỉnh Đồng Nai", "vaccine-store")},
    reminders=2,
)


def row(key: str = "1", **changes: Any) -> NoticeRow:
    """A notice that is due."""
    body = {
        "device": changes.pop("device", "fridge-01"),
        "rule": changes.pop("rule", "HEAT"),
        "metric": changes.pop("metric", "temp.vaccine"),
        "severity": changes.pop("severity", "critical"),
        "start": NOON,
        "cleared": None,
        "worst": changes.pop("worst", 9125),
    }
    made = NoticeRow(
        key,
        f"incident-{key}",
        "kho-vac-xin",
        "RAISED",
        0,
        AN,
        "sms",
        0,
        NOON,
        "WAITING",
        0,
        "",
        "",
        "",
        NOON,
        NOON,
        json.dumps(body).encode(),
    )
    return made._replace(**changes)


@dataclass
class Planned:
    """A book whose entries are planned as a hub does it; ``changes`` of the last step."""

    settings: NotifySettings = SETTINGS
    book: Book = field(default_factory=Book)
    changes: NoticeChanges = field(default_factory=NoticeChanges)
    held_until_ms: int = 0
    _told: list[Told] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.book.told = lambda entry, after, state, before: self._told.append(
            Told(entry, before, after, state)
        )

    def assess(self, *findings: Finding, at_ms: int = NOON) -> list[Entry]:
        return self._step(self.book.assess(findings, at_ms))

    def act(self, incident: str, action: Action, at_ms: int = NOON) -> list[Entry]:
        return self._step(self.book.act(incident, action, at_ms))

    def act_on_device(self, device: str, action: Action, at_ms: int = NOON) -> list[Entry]:
        return self._step(self.book.act_on_device("kho-vac-xin", device, action, at_ms))

    def tick(self, at_ms: int) -> list[Entry]:
        return self._step(self.book.tick(at_ms))

    def hear(self, words: Iterable[EdgeWord], at_ms: int = NOON, *findings: Finding) -> list[Entry]:
        """An edge's words in the commit of what the data say."""
        return self._step([*self.book.assess(findings, at_ms), *enter_words(self.book, words, at_ms)])

    def _step(self, made: list[Entry]) -> list[Entry]:
        self.changes = plan(self._told, self.book, self.settings, lambda incident: self.held_until_ms)
        self._told.clear()
        return made
