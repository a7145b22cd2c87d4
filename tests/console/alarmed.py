"""A province with alarms: a real ledger over the store of the console's process, in the fake hub's place."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from api.keys import Role, add_key
from hub.alarms.episodes import Episode
from hub.alarms.incidents.actions import Acknowledge, PutBack
from hub.alarms.incidents.book import Book, Finding
from hub.alarms.incidents.entries import Entry
from hub.alarms.profiles import load_profile
from hub.alarms.rules import Rule
from hub.payloads import Reading
from hub.runtime.alarm_desk import AlarmDesk
from hub.runtime.alarm_ledger import AlarmLedger
from hub.streams.clock import now_ms
from storage.incidents import AlarmSetting
from storage.open import open_reader
from tests.api.province import FRIDGES, MINUTE_MS
from tests.console.conftest import Running, province_at

FRIDGE = load_profile("fridge")
RULES: dict[str, Rule] = {rule.code: rule for rule in FRIDGE.rules if rule.metric == "temp.vaccine"}
SITES = {name: site for name, site, _ in FRIDGES}
WARM, FROZEN, COOL, SILENT = "tu-lanh-01", "tu-lanh-02", "tu-lanh-08", "tu-lanh-03"


@dataclass
class Alarmed:
    """What runs, its ledger, and the keys of those who look."""

    running: Running
    ledger: AlarmLedger

    @property
    def url(self) -> str:
        return self.running.url

    def key(self, role: Role) -> str:
        return add_key(self.running.data_dir / "keys.json", role)

    def find(self, *findings: Finding) -> list[Entry]:
        """What the evaluator found, entered now; gives the entries."""
        return self.enter(lambda book: book.assess(list(findings), now_ms()))

    def enter(self, do: object) -> list[Entry]:
        entries: list[Entry] = self.running.background.run(self.ledger.enter(do))  # type: ignore[arg-type]
        return entries

    def two_that_are_one(self, device: str, code: str) -> tuple[str, str]:
        """The ids of two incidents that late data join: the alias and the one that stands."""
        early, late = finding(device, code, 400, 300, 1.2), finding(device, code, 250, 150, 1.1)
        entries = self.find(replace(early, episodes=early.episodes + late.episodes))
        whole, apart = dict.fromkeys(entry.incident for entry in entries)
        joined = replace(early.episodes[0], cleared_at_ms=late.episodes[0].cleared_at_ms)
        self.find(replace(early, episodes=(joined,)))
        return apart, whole

    def put_back(self, device: str) -> None:
        """In service again."""
        self.running.background.run(self.ledger.act_on_device(SITES[device], device, PutBack("b2")))

    def id_of(self, device: str, code: str) -> str:
        """Of the incident of this unit and rule."""
        page = self.running.background.run(_incidents(self))
        return next(str(row["id"]) for row in page if (row["device"], row["kind"]) == (device, code))


async def _incidents(alarmed: Alarmed) -> list[dict[str, object]]:
    book: list[dict[str, object]] = []

    def read(known: Book) -> list[Entry]:
        book.extend(
            {"id": each.incident, "device": each.known.device, "kind": each.known.rule}
            for each in known.incidents.values()
        )
        return []

    await alarmed.ledger.enter(read)
    return book


def finding(
    device: str,
    code: str,
    started: int,
    cleared: int | None = None,
    worst: float | None = None,
    *,
    inferred: bool = False,
) -> Finding:
    """Of a unit of the province: when it began and was cleared, in minutes ago."""
    rule, now = RULES[code], now_ms()
    start = now - started * MINUTE_MS
    told = Episode(
        device,
        rule.metric,
        code,
        FRIDGE.label,
        start,
        start + rule.for_ms,
        None if cleared is None else now - cleared * MINUTE_MS,
        rule.severity,
        inferred,
        None if worst is None else round(worst * 1000),
    )
    return Finding(SITES[device], device, rule, (told,))


def edge_away(edge: str, started: int, cleared: int | None = None) -> Finding:
    """Of an edge beside the province: since when, and until when, in minutes ago."""
    (rule,) = [each for each in load_profile("edge").rules if each.code == "OFFLINE"]
    start = now_ms() - started * MINUTE_MS
    end = None if cleared is None else now_ms() - cleared * MINUTE_MS
    raised = start + rule.for_ms
    told = Episode(edge, rule.metric, rule.code, rule.version, start, raised, end, rule.severity, False, 0)
    return Finding(SITES[WARM], edge, rule, (told,))


def nothing(device: str, code: str) -> Finding:
    """Data take back whatever there was of this unit and rule."""
    return Finding(SITES[device], device, RULES[code])


@contextmanager
def alarmed_at(folder: Path) -> Iterator[Alarmed]:
    """Four units with an incident each: too warm, frozen (awaits a decision), once too cold, silent."""
    with province_at(folder) as running:
        store = running.writer.store
        ledger = AlarmLedger(store, lambda: open_reader(None, folder), lambda _: None)
        alarmed = Alarmed(running, ledger)
        running.background.run(_judged_by(ledger))
        alarmed.find(
            finding(WARM, "HEAT", 660, None, 9.25),
            finding(COOL, "LOW", 300, 180, 1.4, inferred=True),
            finding(SILENT, "NODATA", 75),
        )
        alarmed.find(finding(FROZEN, "FRZE", 62, None, -1.5))
        alarmed.find(finding(FROZEN, "FRZE", 62, 1, -1.5))
        frozen = alarmed.id_of(FROZEN, "FRZE")
        alarmed.enter(lambda book: book.act(frozen, Acknowledge("b2", "đã chuyển sang tủ khác"), now_ms()))
        _measure(running)
        running.background.run(_desk(running, ledger))
        yield alarmed


async def _judged_by(ledger: AlarmLedger) -> None:
    told = AlarmSetting(f"profile/{FRIDGE.label}/0", 0, msgspec.json.encode(FRIDGE))
    await ledger.enter(lambda _: [], settings=[told])


async def _desk(running: Running, ledger: AlarmLedger) -> None:
    await running.hub.stop()
    running.hub.desk = AlarmDesk(ledger).calls()
    await running.hub.start()


def _measure(running: Running) -> None:
    """The warm unit: twelve hours, an hour of them unseen."""
    now, writer, made = now_ms(), running.writer, []
    for minutes in range(720, 0, -5):
        if 240 < minutes < 300:
            continue
        value = 4.5 if minutes > 660 else min(9.25, 8.1 + (660 - minutes) / 200)
        payload = Reading(metric="temp.vaccine", value=round(value, 2), unit="Cel")
        made.append((writer.event(payload, WARM, SITES[WARM], now - minutes * MINUTE_MS), payload))
    running.background.run(writer.write(*made))
